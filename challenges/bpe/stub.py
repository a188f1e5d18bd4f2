r"""A byte-level BPE tokenizer, from nothing: train it, encode with it, decode with it.

The spec is README.md of this challenge (`kata read bpe`). The algorithm is byte pair encoding
(Sennrich, Haddow & Birch 2016, arXiv 1508.07909, section 3.2), over bytes and inside pre-tokens as
GPT-2 does it. Left out on purpose: text normalisation, an end-of-word marker, dropout, any other
model's pattern.

Words used below: a *token* is a byte string with an id, a *pre-token* is a piece of text whose
borders no merge crosses, `vocab` maps each id to its token, `merges` lists the merged pairs in the
order in which training made them. The *rank* of a merge is its place in that list, from 0.

Allowed: the standard library and `regex`. Keep these names and signatures, add what else you like.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

# GPT-2's pattern. It needs the module `regex`: the standard `re` doesn't know \p{L} (letter) and
# \p{N} (number).
PAT = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""


# ------------------------------------------------------------------------------------------------
# Task 1: pretokenize


def pretokenize(text: str, special_tokens: Sequence[str] = ()) -> list[str]:
    r"""Cut text at its special tokens, then what lies between into the matches of PAT, in order.

    The special tokens themselves are not in the result. Scan from the left. Where several special
    tokens start at the same place, the longest one counts.

    >>> pretokenize("They'll pay  $300!")
    ['They', "'ll", ' pay', ' ', ' $', '300', '!']
    >>> pretokenize("end.  <|eot|>  Start", ["<|eot|>"])
    ['end', '.', '  ', ' ', ' Start']

    Raises:
        ValueError: a special token is empty or given twice.
        TypeError: text is not a str.
    """
    raise NotImplementedError("bpe, task 1 (pretokenize): see the spec, kata read bpe")


# ------------------------------------------------------------------------------------------------
# Tasks 2 and 7: train, parallel


def train_bpe(
    input_path: str | os.PathLike[str],
    vocab_size: int,
    special_tokens: list[str],
    *,
    num_processes: int = 1,
) -> tuple[dict[int, bytes], list[tuple[bytes, bytes]]]:
    r"""Learn (vocab, merges) from a text file by merging the most frequent pair again and again.

    count(x, y) = sum over distinct pre-tokens p of  frequency(p) * |{i : p[i] = x and p[i+1] = y}|
    next merge  = the pair with the greatest (count, (x, y)), compared as Python compares tuples

    Ids: 0..255 the single bytes, then one id a merge, then special_tokens in the order given.
    vocab_size counts them all; the vocab is smaller when no pair is left to merge.
    The result is the same for every num_processes (task 7).

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "corpus.txt"
    >>> _ = path.write_bytes(b"ban bandana banana banana bandana")
    >>> vocab, merges = train_bpe(path, 261, ["<|eot|>"])
    >>> merges
    [(b'a', b'n'), (b'b', b'an'), (b'an', b'a'), (b' ', b'ban')]
    >>> len(vocab), vocab[97], vocab[256], vocab[260]
    (261, b'a', b'an', b'<|eot|>')

    Raises:
        ValueError: vocab_size < 256 + len(special_tokens), num_processes < 1, an empty file, or a
            special token that is empty or given twice.
        TypeError: vocab_size or num_processes is not an int (True is not one either).
        FileNotFoundError: there is no file at input_path.
    """
    raise NotImplementedError("bpe, task 2 (train): see the spec, kata read bpe")


# ------------------------------------------------------------------------------------------------
# Tasks 3 to 6: decode, encode, files, stream


class Tokenizer:
    r"""Text to ids and back, for a given vocab, merges and special tokens.

    The vocab is the only source of ids: they need not follow the order of the merges, and the id of
    a single byte need not be its value.

    >>> vocab = {i: bytes([i]) for i in range(256)} | {256: b"an", 257: b"ban"}
    >>> tokenizer = Tokenizer(vocab, [(b"a", b"n"), (b"b", b"an")], ["<|eot|>"])
    >>> tokenizer.encode("ban an<|eot|>")
    [257, 32, 256, 258]
    """

    def __init__(
        self,
        vocab: dict[int, bytes],
        merges: list[tuple[bytes, bytes]],
        special_tokens: list[str] | None = None,
    ) -> None:
        """Keep what encode and decode need; the arguments themselves stay as they are.

        A special token whose UTF-8 bytes are in vocab has that id. The others get max(vocab) + 1,
        max(vocab) + 2, ... in the order given.

        Raises:
            ValueError: a merge whose left part, right part or joined result is not in vocab, or a
                special token that is empty or given twice.
        """
        raise NotImplementedError("bpe, task 3 (decode): see the spec, kata read bpe")

    @classmethod
    def from_files(
        cls,
        vocab_path: str | os.PathLike[str],
        merges_path: str | os.PathLike[str],
        special_tokens: list[str] | None = None,
    ) -> Tokenizer:
        """Build a Tokenizer from two files in GPT-2's format, as `save` writes them.

        Raises:
            ValueError: a file is malformed (task 5 lists how), or `__init__` refuses what it holds.
            FileNotFoundError: there is no file at one of the paths.
        """
        raise NotImplementedError("bpe, task 5 (files): see the spec, kata read bpe")

    def save(self, vocab_path: str | os.PathLike[str], merges_path: str | os.PathLike[str]) -> None:
        r"""Write vocab.json (token -> id) and merges.txt, each byte as one printable character.

        >>> import pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> vocab = {i: bytes([i]) for i in range(256)} | {256: b" a"}
        >>> Tokenizer(vocab, [(b" ", b"a")]).save(folder / "vocab.json", folder / "merges.txt")
        >>> (folder / "merges.txt").read_bytes().decode("utf-8")
        '#version: 0.2\nĠ a\n'
        >>> Tokenizer.from_files(folder / "vocab.json", folder / "merges.txt").encode("a a")
        [97, 256]
        """
        raise NotImplementedError("bpe, task 5 (files): see the spec, kata read bpe")

    def encode(self, text: str) -> list[int]:
        """The ids of text: one for each special token, the rest merged inside its pre-tokens.

        In each pre-token: while some adjacent pair is in merges, take the one of lowest rank and
        merge all its occurrences, left to right.

        >>> vocab = {i: bytes([i]) for i in range(256)} | {256: b"an", 257: b"ana"}
        >>> Tokenizer(vocab, [(b"a", b"n"), (b"an", b"a")]).encode("anana")
        [256, 257]

        Raises:
            ValueError: text holds a lone surrogate, which has no UTF-8 bytes.
            TypeError: text is not a str.
        """
        raise NotImplementedError("bpe, task 4 (encode): see the spec, kata read bpe")

    def decode(self, ids: list[int]) -> str:
        r"""The text of ids: join the bytes of all, then read them as UTF-8, errors -> U+FFFD.

        >>> tokenizer = Tokenizer({i: bytes([i]) for i in range(256)}, [])
        >>> tokenizer.decode([195, 169]), tokenizer.decode([195])
        ('é', '�')

        Raises:
            ValueError: an id that is not in the vocab.
        """
        raise NotImplementedError("bpe, task 3 (decode): see the spec, kata read bpe")

    def encode_iterable(self, iterable: Iterable[str]) -> Iterator[int]:
        r"""Yield the ids of "".join(iterable), one chunk at a time, keeping only what is open.

        Exact for every split into chunks. Memory: about the longest chunk and the longest
        pre-token, however long the whole is.

        >>> vocab = {i: bytes([i]) for i in range(256)} | {256: b"ll", 257: b"'ll"}
        >>> tokenizer = Tokenizer(vocab, [(b"l", b"l"), (b"'", b"ll")])
        >>> list(tokenizer.encode_iterable(["I'l", "l"])) == tokenizer.encode("I'll") == [73, 257]
        True

        Raises:
            ValueError: a chunk holds a lone surrogate (raised when that chunk is reached).
            TypeError: a chunk is not a str (likewise).
        """
        raise NotImplementedError("bpe, task 6 (stream): see the spec, kata read bpe")
