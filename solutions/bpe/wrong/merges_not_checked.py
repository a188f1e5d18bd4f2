"""The constructor drops merges whose tokens are not in the vocab instead of refusing them."""

from reference import Tokenizer as _Tokenizer
from reference import pretokenize, train_bpe


class Tokenizer(_Tokenizer):
    def __init__(self, vocab, merges, special_tokens=None):
        known = set(vocab.values())
        merges = [(a, b) for a, b in merges if {a, b, a + b} <= known]
        super().__init__(vocab, merges, special_tokens)
