"""encode_iterable takes a special token at the end of a chunk, though a longer one may be coming."""

import settled
from reference import Tokenizer, pretokenize, train_bpe

_init = settled.Settled.__init__


def __init__(self, special_tokens):
    _init(self, special_tokens)
    self.openings -= set(special_tokens)


settled.Settled.__init__ = __init__
