"""The special tokens get the last ids below vocab_size, even when the merges ran out before."""

from reference import Tokenizer, pretokenize
from reference import train_bpe as _train_bpe


def train_bpe(input_path, vocab_size, special_tokens, *, num_processes=1):
    vocab, merges = _train_bpe(input_path, vocab_size, special_tokens, num_processes=num_processes)
    first = len(vocab) - len(special_tokens)
    shift = vocab_size - len(vocab)
    return {i if i < first else i + shift: token for i, token in vocab.items()}, merges
