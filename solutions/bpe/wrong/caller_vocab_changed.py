"""The constructor adds the special tokens to the caller's own vocab."""

from reference import Tokenizer as _Tokenizer
from reference import pretokenize, train_bpe


class Tokenizer(_Tokenizer):
    def __init__(self, vocab, merges, special_tokens=None):
        super().__init__(vocab, merges, special_tokens)
        vocab.update(self.vocab)
