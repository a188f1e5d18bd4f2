"""encode turns a lone surrogate into U+FFFD without a word instead of refusing it."""

from reference import Tokenizer as _Tokenizer
from reference import pretokenize, train_bpe


def clean(text):
    if not isinstance(text, str):
        return text  # refused by the reference
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


class Tokenizer(_Tokenizer):
    def encode(self, text):
        return super().encode(clean(text))

    def encode_iterable(self, iterable):
        return super().encode_iterable(map(clean, iterable))
