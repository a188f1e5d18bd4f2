r"""Text to ids and back, with merges applied in the order in which they were learnt.

Sennrich et al. 2016, arXiv:1508.07909, section 3.2, in GPT-2's form: specials are cut out, the rest
is cut into pre-tokens, and each pre-token is merged by itself. Text repeats itself, so a cache of
pre-tokens does nine tenths of the work; it is bounded, and forgets everything when it is full.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import gpt2_files
from checks import check_ids, check_merges, check_specials, check_vocab, find_surrogate
from merging import MergeTable
from pretokens import blocks, pretokens, special_pattern, units
from settled import Settled


class UnitCache(dict[str, tuple[int, ...]]):
    """unit -> ids, worked out at the first look; for the rest, a dict at the speed of C."""

    MAX_UNITS = 1 << 17  # at about 250 bytes each: 32 MiB
    MAX_CHARS = 64  # longer units hardly ever come back

    def __init__(self, table: MergeTable) -> None:
        super().__init__()
        self.merge = table.merge

    def __missing__(self, unit: str) -> tuple[int, ...]:
        # An ASCII unit is one pre-token; any other may hold several, which are looked up in turn.
        if unit.isascii() or len(words := pretokens(unit)) == 1:
            ids = self.merge(unit.encode())
        else:
            ids = tuple(chain.from_iterable(map(self.__getitem__, words)))
        if len(unit) <= self.MAX_CHARS:
            if len(self) >= self.MAX_UNITS:
                self.clear()
            self[unit] = ids
        return ids


class Tokenizer:
    """Byte-level BPE with special tokens.

    >>> vocab = {0: b"a", 1: b"b", 2: b"c", 3: b"bc", 4: b"ab"}
    >>> tokenizer = Tokenizer(vocab, [(b"b", b"c"), (b"a", b"b")], ["<|s|>"])
    >>> tokenizer.encode("abc<|s|>ab")  # (b, c) was learnt first, so "abc" is a + bc, not ab + c
    [0, 3, 5, 4]
    >>> tokenizer.decode([0, 3, 5])
    'abc<|s|>'

    Raises:
        TypeError: an argument of the wrong type.
        ValueError: a merge with a part or a result outside the vocabulary, or bad special tokens.
    """

    def __init__(
        self,
        vocab: dict[int, bytes],
        merges: list[tuple[bytes, bytes]],
        special_tokens: list[str] | None = None,
    ) -> None:
        check_vocab(vocab)
        check_merges(merges, vocab)
        self.special_tokens = check_specials([] if special_tokens is None else special_tokens)
        self.merges = list(merges)
        self.vocab = dict(vocab)
        # Where two ids have the same bytes, merging uses the lower and a special token the higher:
        # a special token stands at the end of the vocabulary.
        special_ids = {self.vocab[i]: i for i in sorted(self.vocab)}
        for token in self.special_tokens:
            if token.encode() not in special_ids:
                special_ids[token.encode()] = new = max(self.vocab, default=-1) + 1
                self.vocab[new] = token.encode()
        self._specials = {token: special_ids[token.encode()] for token in self.special_tokens}
        self._pattern = special_pattern(self.special_tokens)
        self._settled = Settled(self.special_tokens)
        self._cache = UnitCache(MergeTable(vocab, merges))

    @classmethod
    def from_files(
        cls,
        vocab_path: gpt2_files.StrPath,
        merges_path: gpt2_files.StrPath,
        special_tokens: list[str] | None = None,
    ) -> Tokenizer:
        """Read a vocab.json and a merges.txt in GPT-2's format.

        Raises:
            ValueError: a malformed file; names the file and the line.
        """
        vocab = gpt2_files.read_vocab(vocab_path)
        return cls(vocab, gpt2_files.read_merges(merges_path, vocab), special_tokens)

    def save(self, vocab_path: gpt2_files.StrPath, merges_path: gpt2_files.StrPath) -> None:
        """Write vocab.json and merges.txt in GPT-2's format, for from_files and other tokenizers.

        Raises:
            ValueError: two ids have the same bytes, which the format cannot hold.
        """
        gpt2_files.write_vocab(vocab_path, self.vocab)
        gpt2_files.write_merges(merges_path, self.merges)

    def encode(self, text: str) -> list[int]:
        """The ids of a text.

        Raises:
            TypeError: text is no str.
            ValueError: a lone surrogate, which UTF-8 cannot hold, or a byte without a token.
        """
        if not isinstance(text, str):
            raise TypeError(f"encode needs a str, got {type(text).__name__}: {text!r:.40}")
        return list(chain.from_iterable(self._encode_blocks(text, 0)))

    def encode_iterable(self, iterable: Iterable[str]) -> Iterator[int]:
        """Yield encode("".join(iterable)), lazily, however the text is cut into chunks.

        Memory: twice the longest chunk, pre-token and special token together.
        """
        held, position = "", 0  # text whose ids are still open, and where it begins in the whole
        waiting: list[str] = []  # chunks that came since
        waiting_chars = 0
        for index, chunk in enumerate(iterable):
            if not isinstance(chunk, str):
                raise TypeError(f"encode_iterable needs strs, got {chunk!r:.40} at index {index}")
            waiting.append(chunk)
            waiting_chars += len(chunk)
            # A long pre-token in short chunks: look again only when the text has doubled, or the
            # cost would be quadratic.
            if waiting_chars < len(held):
                continue
            text = held + "".join(waiting)
            waiting, waiting_chars = [], 0
            cut = self._settled.prefix(text)
            for ids in self._encode_blocks(text[:cut], position):
                yield from ids
            held, position = text[cut:], position + cut
        for ids in self._encode_blocks(held + "".join(waiting), position):
            yield from ids

    def decode(self, ids: Sequence[int]) -> str:
        r"""The text of the ids; bytes that are no UTF-8 become U+FFFD.

        >>> Tokenizer({0: b"\xc3", 1: b"\xa9"}, []).decode([0, 1])  # one character in two tokens
        'é'

        Raises:
            TypeError: an id is no int.
            ValueError: an id is not in the vocabulary.
        """
        ids = list(ids)
        check_ids(ids)
        try:
            # First join, then decode: a token may end inside a character.
            return b"".join(map(self.vocab.__getitem__, ids)).decode("utf-8", errors="replace")
        except KeyError as error:
            unknown = error.args[0]
            raise ValueError(
                f"ids[{ids.index(unknown)}] is {unknown}, which is not in the vocabulary"
            ) from None

    def _encode_blocks(self, text: str, position: int) -> Iterator[Iterable[int]]:
        """The ids of the text, in batches; position is where text begins, for messages."""
        try:
            # The pattern has one group, so specials come out of split() at the odd places.
            for k, part in enumerate(self._pattern.split(text)):
                if k % 2:
                    yield [self._specials[part]]
                    continue
                for block in blocks(part):
                    yield chain.from_iterable(map(self._cache.__getitem__, units(block)))
        except UnicodeEncodeError:
            at = find_surrogate(text) or 0
            raise ValueError(
                f"lone surrogate {text[at]!r} at position {position + at}: UTF-8 cannot hold it"
            ) from None
