"""A vocab_size below 256 + special tokens is taken, and so is True: no merges, no message."""

from reference import Tokenizer, pretokenize
from reference import train_bpe as _train_bpe


def train_bpe(input_path, vocab_size, special_tokens, *, num_processes=1):
    vocab_size = max(int(vocab_size), 256 + len(special_tokens))
    return _train_bpe(input_path, vocab_size, special_tokens, num_processes=num_processes)
