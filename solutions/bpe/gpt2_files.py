r"""GPT-2's two files: vocab.json (token -> id) and merges.txt (a merge a line, in order).

Tokens are bytes, and the files are text, so each byte is written as one printable character. Bytes
that are printable in latin-1 stand for themselves: "a" is a. The other 68 (controls, the space,
0x7F to 0xA0, 0xAD) become the characters from U+0100 on, in order: the space is U+0120, written
"Ġ", the newline "Ċ". So no token has white space in it, and a merge can be written "left right".
(latin-1 or UTF-8 would not do: with them, tokens hold spaces and newlines, or are no text at all.)
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

StrPath = str | os.PathLike[str]
VERSION = "#version: 0.2"


def byte_characters() -> list[str]:
    """The character for each byte.

    >>> characters = byte_characters()
    >>> characters[ord("a")], characters[ord(" ")], characters[0xE9], characters[0]
    ('a', 'Ġ', 'é', 'Ā')
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = (byte for byte in range(256) if byte not in printable)
    stand_in = {byte: chr(0x100 + n) for n, byte in enumerate(others)}
    return [stand_in.get(byte, chr(byte)) for byte in range(256)]


_CHARACTERS = byte_characters()
_BYTES = {character: byte for byte, character in enumerate(_CHARACTERS)}


def to_text(token: bytes) -> str:
    return "".join(_CHARACTERS[byte] for byte in token)


def to_bytes(text: str) -> bytes:
    """The bytes of a written token.

    Raises:
        ValueError: a character that stands for no byte.
    """
    try:
        return bytes(_BYTES[character] for character in text)
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} in {text!r} stands for no byte") from None


def write_vocab(path: StrPath, vocab: Mapping[int, bytes]) -> None:
    """Write vocab.json.

    Raises:
        ValueError: two ids with the same bytes: a JSON object has each key once.
    """
    ids: dict[str, int] = {}
    for i, token in sorted(vocab.items()):
        if (other := ids.setdefault(to_text(token), i)) != i:
            raise ValueError(f"ids {other} and {i} are both {token!r}: vocab.json holds only one")
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        json.dump(ids, file, ensure_ascii=False)


def write_merges(path: StrPath, merges: Sequence[tuple[bytes, bytes]]) -> None:
    """Write merges.txt."""
    lines = [VERSION, *(f"{to_text(left)} {to_text(right)}" for left, right in merges)]
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(lines) + "\n")


def read_vocab(path: StrPath) -> dict[int, bytes]:
    """Read vocab.json.

    Raises:
        ValueError: malformed; names the file and the line.
    """
    text = _read(path)
    try:
        # Pairs, not a dict: a dict would silently keep the last of two equal tokens.
        pairs = json.loads(text, object_pairs_hook=_Pairs)
    except (
        ValueError,
        RecursionError,
    ) as error:  # a JSONDecodeError, or a number or nesting too large
        line, reason = getattr(error, "lineno", 1), getattr(error, "msg", error)
        raise ValueError(f"{path}, line {line}: no JSON that can be read: {reason}") from error
    if not isinstance(pairs, _Pairs):
        # A ValueError: the argument has the right type, the file is what is wrong
        raise ValueError(f"{path}, line 1: expected an object of token to id")  # noqa: TRY004
    vocab: dict[int, bytes] = {}
    seen: set[str] = set()
    for token, i in pairs:
        try:
            _add(vocab, seen, token, i)
        except ValueError as error:
            raise ValueError(f"{path}, line {_line_of(text, token)}: {error}") from None
    return vocab


class _Pairs(list[tuple[str, object]]):
    """The pairs of a JSON object, told apart from a JSON array."""


def _add(vocab: dict[int, bytes], seen: set[str], token: str, i: object) -> None:
    if not isinstance(i, int) or isinstance(i, bool) or i < 0:
        raise ValueError(f"the id of {token!r} is {i!r}, not an int from 0 on")
    if token in seen:
        raise ValueError(f"token {token!r} stands there twice")
    if i in vocab:
        raise ValueError(f"id {i} is given to {to_text(vocab[i])!r} and to {token!r}")
    vocab[i] = to_bytes(token)
    seen.add(token)


def _line_of(text: str, token: str) -> int:
    # The last place: of a duplicate, the second is the surprise. A token in escapes is not found:
    # line 1.
    return text.count("\n", 0, max(0, text.rfind(json.dumps(token, ensure_ascii=False)))) + 1


def read_merges(path: StrPath, vocab: Mapping[int, bytes]) -> list[tuple[bytes, bytes]]:
    """Read merges.txt; its merges must be in the vocabulary.

    Raises:
        ValueError: malformed; names the file and the line.
    """
    known = set(vocab.values())
    merges: list[tuple[bytes, bytes]] = []
    # Not splitlines(), which knows ten kinds of line ends. After the last "\n" comes an empty
    # piece.
    lines = _read(path).removesuffix("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        # Only the first line may be a header: "# #" is a good merge.
        if number == 1 and line.startswith("#version"):
            continue
        try:
            left, right = map(to_bytes, _halves(line))
            for token in (left, right, left + right):
                if token not in known:
                    raise ValueError(f"{to_text(token)!r} is not in the vocabulary")
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
        merges.append((left, right))
    return merges


def _halves(line: str) -> list[str]:
    halves = line.split(" ")
    if len(halves) != 2 or not all(halves):
        raise ValueError(f"expected two tokens with a space between them, got {line!r}")
    return halves


def _read(path: StrPath) -> str:
    data = Path(path).read_bytes()
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}, line {line}: no UTF-8: byte {data[error.start]:#04x}") from error
