r"""Count the pre-tokens of a file, in pieces and in parallel, with the same counts however it is
cut.

A count of pre-tokens is a sum over pieces of the file if no pre-token and no special token spans a
cut. So all that has to be right is where to cut. Each process reads its own byte ranges; only
counts travel.

Left out on purpose: formats other than plain text, and sampling, which large corpora need.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import BinaryIO

from pretokens import pretokens, special_pattern, units

StrPath = str | os.PathLike[str]
Range = tuple[int, int]  # bytes [start, end) of the file

# A piece costs about 20 times its bytes while it is counted: its text and the list of its units.
PIECE_BYTES = 1 << 20
WINDOW_BYTES = 1 << 12  # read at a time in search of a cut


def count_text(text: str, special_tokens: Sequence[str]) -> Counter[str]:
    """How often each pre-token occurs between the special tokens.

    >>> count_text("a b b<|s|> b", ["<|s|>"])
    Counter({' b': 3, 'a': 1})
    """
    found: Counter[str] = Counter()
    # Special tokens are hard borders and contribute nothing: with one group in the pattern, the odd
    # parts of split() are the specials. Segment by segment, or \s+(?!\S) would look across a
    # border.
    for segment in special_pattern(special_tokens).split(text)[::2]:
        found.update(units(segment))
    # The costly pattern sees each distinct unit once, and ASCII units not at all.
    mixed = [unit for unit in found if not unit.isascii()]
    for unit, times in [(unit, found.pop(unit)) for unit in mixed]:
        for word in pretokens(unit):
            found[word] += times
    return found


def decode(data: bytes) -> str:
    r"""UTF-8 with invalid bytes as U+FFFD, and newlines as they are (open() in text mode translates
    \r\n).

    >>> decode(b"a\r\n\xff")
    'a\r\n\ufffd'
    """
    return data.decode("utf-8", errors="replace")


def is_safe_cut(before: bytes, after: bytes, special_tokens: Sequence[str]) -> bool:
    r"""Whether text may be cut between before and after (see THE SAFE CUT in pretokens.py).

    >>> is_safe_cut(b"one", b"\ntwo", []), is_safe_cut(b"one\n", b"\ntwo", [])
    (True, False)
    >>> is_safe_cut(b"one<", b"\n>two", ["<\n>"])
    False
    """
    # UTF-8 is intact: after begins with an ASCII byte, and those are never part of a longer
    # sequence.
    if after[:1] not in {b" ", b"\n"}:
        return False
    # before may begin inside a character; its last ones are right, as UTF-8 finds its feet at each
    # lead byte. isspace() is wider than PAT's \s: at worst a good cut is refused.
    left, right = decode(before), decode(after)
    if not left or left[-1].isspace():
        return False
    # No special token lies across the cut, not even one that an earlier match would overlap: so
    # matches left of the cut see all their candidates, and the next match starts right of it in any
    # case.
    return not any(
        left.endswith(token[:k]) and right.startswith(token[k:])
        for token in special_tokens
        for k in range(1, len(token))
    )


def next_cut(file: BinaryIO, position: int, size: int, special_tokens: Sequence[str]) -> int:
    """The first safe cut after position, or the file's size if there is none."""
    # A character has at most 4 bytes; one more character than the longest special on each side.
    margin = 4 * (1 + max(map(len, special_tokens), default=1))
    while position < size:
        start = max(0, position - margin)
        file.seek(start)
        data = file.read(position - start + WINDOW_BYTES + margin)
        for i in range(position - start, min(len(data), position - start + WINDOW_BYTES)):
            # The byte is looked at first, as the whole test costs a hundred times more.
            if data[i] in b" \n" and is_safe_cut(
                data[max(0, i - margin) : i], data[i : i + margin], special_tokens
            ):
                return start + i
        position += WINDOW_BYTES
    return size


def cut_file(path: StrPath, special_tokens: Sequence[str]) -> list[Range]:
    """Byte ranges of about PIECE_BYTES that cover the file and meet at safe cuts only."""
    size = Path(path).stat().st_size
    cuts = [0]
    with Path(path).open("rb") as file:
        while cuts[-1] < size:
            cuts.append(next_cut(file, cuts[-1] + PIECE_BYTES, size, special_tokens))
    return list(zip(cuts, cuts[1:], strict=False))


def count_ranges(
    path: StrPath, ranges: Sequence[Range], special_tokens: Sequence[str]
) -> Counter[str]:
    """The counts of some ranges of the file, one range in memory at a time."""
    counts: Counter[str] = Counter()
    with Path(path).open("rb") as file:
        for start, end in ranges:
            file.seek(start)
            counts.update(count_text(decode(file.read(end - start)), special_tokens))
    return counts


def count_file(path: StrPath, special_tokens: Sequence[str], num_processes: int) -> Counter[str]:
    """The counts of the whole file; a sum, so the number of processes cannot show in it."""
    ranges = cut_file(path, special_tokens)
    # Dealt out like cards, so that a stretch of dense text does not burden one process alone.
    hands = [ranges[k::num_processes] for k in range(min(num_processes, len(ranges)))]
    if len(hands) == 1:
        return count_ranges(path, hands[0], special_tokens)
    # fork: a child needs no import of __main__, so train_bpe works from any script. An executor
    # rather than a Pool: it raises when a worker is killed, where a Pool would wait for ever.
    context = multiprocessing.get_context("fork")
    counts: Counter[str] = Counter()
    with ProcessPoolExecutor(len(hands), mp_context=context) as workers:
        jobs = [workers.submit(count_ranges, path, hand, special_tokens) for hand in hands]
        for job in jobs:
            counts.update(job.result())
    return counts
