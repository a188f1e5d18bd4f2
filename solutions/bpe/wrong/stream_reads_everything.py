"""encode_iterable reads the whole stream before it yields the first id."""

from reference import Tokenizer as _Tokenizer
from reference import pretokenize, train_bpe


class Tokenizer(_Tokenizer):
    def encode_iterable(self, iterable):
        chunks = []
        for chunk in iterable:
            if not isinstance(chunk, str):
                raise TypeError(f"expected a str, got {chunk!r:.40}")
            chunks.append(chunk)
        yield from self.encode("".join(chunks))
