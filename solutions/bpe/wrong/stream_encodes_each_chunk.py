"""encode_iterable encodes each chunk by itself: words that are cut in two come out as two words."""

from reference import Tokenizer as _Tokenizer
from reference import pretokenize, train_bpe


class Tokenizer(_Tokenizer):
    def encode_iterable(self, iterable):
        for chunk in iterable:
            yield from self.encode(chunk)
