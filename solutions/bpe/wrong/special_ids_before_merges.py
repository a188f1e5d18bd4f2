"""The special tokens get the ids right after the bytes, before the merges."""

from reference import Tokenizer, pretokenize
from reference import train_bpe as _train_bpe


def train_bpe(input_path, vocab_size, special_tokens, *, num_processes=1):
    vocab, merges = _train_bpe(input_path, vocab_size, special_tokens, num_processes=num_processes)
    tokens = list(vocab.values())
    cut = 256 + len(merges)
    tokens = tokens[:256] + tokens[cut:] + tokens[256:cut]
    return dict(enumerate(tokens)), merges
