r"""Learn merges from counted pre-tokens: the most frequent pair becomes a token, again and again.

Sennrich, Haddow, Birch 2016, arXiv:1508.07909, algorithm 1, on bytes as in GPT-2. That algorithm
counts all pairs anew at every merge. Here each merge touches only the words that hold its pair:

    count   pair -> its number of occurrences, weighted by how frequent the words are
    where   pair -> the words that hold it (or once held it: entries are not taken back)
    heap    all pairs, by count (counts in it may be out of date, and are checked when they surface)

A word is a str with one character per token: chr(id). So merging a pair of two characters into one
is what str.split and str.join do, left to right and without overlap, at the speed of C.
"""

from __future__ import annotations

import gc
import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping

Merge = tuple[bytes, bytes]

# Stands at both ends of each word, so that every token has a neighbour. The byte 0xFF is in no
# UTF-8 text.
EDGE = "\xff"
_COMPLEMENT = bytes(range(255, -1, -1))


def tie_key(token: bytes) -> str:
    r"""A string that sorts the other way round than the bytes: heapq hands out its smallest entry
    first.

    Each byte turns into 255 minus itself. The character 256 at the end is greater than all of them,
    so that a prefix, which is smaller as bytes, is greater as a key. It also keeps left and right
    apart when the keys of a pair are joined: pairs compare as tuples, ("a", "b") < ("ab", "a").

    >>> tie_key(b"a") + tie_key(b"b") > tie_key(b"ab") + tie_key(b"a")
    True
    """
    return token.translate(_COMPLEMENT).decode("latin-1") + "\u0100"


class PairTable:
    """The words, their pairs and the counts of these, kept up to date while pairs are merged."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.tokens = [bytes([byte]) for byte in range(256)]  # id -> bytes
        self.keys = [tie_key(token) for token in self.tokens]  # id -> key for ties
        # latin-1 is the map from byte to chr(byte): before the first merge, ids are bytes.
        self.words = [EDGE + word.encode().decode("latin-1") + EDGE for word in counts]
        self.freqs = list(counts.values())
        self.count: dict[str, int] = {}
        self.where: dict[str, list[int]] = {}
        self.heap: list[tuple[int, str, str]] = []
        where: defaultdict[str, list[int]] = defaultdict(list)
        for i, word in enumerate(self.words):
            for pair in map(str.__add__, word[1:-2], word[2:-1]):
                where[pair].append(i)
        for pair, words in where.items():
            self.add(pair, words)

    def add(self, pair: str, words: list[int]) -> int:
        """Enter a new pair; a word is listed once for each occurrence, so its weight adds up."""
        self.where[pair] = words
        count = self.count[pair] = sum(map(self.freqs.__getitem__, words))
        self.push(pair, count)
        return count

    def push(self, pair: str, count: int) -> None:
        left, right = pair
        heapq.heappush(self.heap, (-count, self.keys[ord(left)] + self.keys[ord(right)], pair))

    def pop_best(self) -> str | None:
        """The pair with the highest count, ties to the greater (left, right); None if none is."""
        # A pair has all its occurrences from the start: it is entered when the younger of its
        # tokens is made, and no later merge makes that token again. So counts only fall, and an
        # entry with a count that is out of date is too high: it surfaces too early, never too late.
        while self.heap:
            negative, _, pair = heapq.heappop(self.heap)
            count = self.count[pair]
            if count == -negative:
                return pair
            if count:
                self.push(pair, count)
        return None

    def merge(self, pair: str) -> Merge:
        """Make pair a token everywhere, and count the pairs around it; return its two sides."""
        left, right = (self.tokens[ord(side)] for side in pair)
        self.tokens.append(left + right)
        self.keys.append(tie_key(left + right))
        a, b = pair
        new = chr(len(self.tokens) - 1)
        before, after, twins = self.replace(pair, new)
        # A pair around the merge lost exactly as many occurrences as its successor has now. If
        # a and b are equal, one of the old pairs is pair itself, whose count goes away below.
        for x, words in before.items():  # x a b -> x new
            self.count[x + a] -= self.add(x + new, words)
        for y, words in after.items():  # a b y -> new y
            self.count[b + y] -= self.add(new + y, words)
        if twins:  # a b a b -> new new
            self.count[b + a] -= self.add(new + new, twins)
        del self.count[pair]
        return left, right

    def replace(
        self, pair: str, new: str
    ) -> tuple[dict[str, list[int]], dict[str, list[int]], list[int]]:
        """Replace pair by new in all words; list these words by the token before new, by the token
        after it, and those where two new tokens touch, once for each time.
        """
        words = self.words
        before: defaultdict[str, list[int]] = defaultdict(list)
        after: defaultdict[str, list[int]] = defaultdict(list)
        twins: list[int] = []
        # dict.fromkeys: each word once, in a fixed order.
        for i in dict.fromkeys(self.where.pop(pair)):
            parts = words[i].split(pair)
            # By far the most frequent case first: one occurrence. The EDGEs see to it that the
            # first and the last part are not empty.
            if len(parts) == 2:
                head, tail = parts
                words[i] = f"{head}{new}{tail}"
                before[head[-1]].append(i)
                after[tail[0]].append(i)
            elif len(parts) > 2:
                words[i] = new.join(parts)
                before[parts[0][-1]].append(i)
                after[parts[-1][0]].append(i)
                for middle in parts[1:-1]:
                    if middle:
                        after[middle[0]].append(i)
                        before[middle[-1]].append(i)
                    else:
                        twins.append(i)
            # Else the pair is gone from this word: an earlier merge took one of its sides.
        before.pop(EDGE, None)  # nothing comes before the first token
        after.pop(EDGE, None)
        return before, after, twins


def learn_merges(counts: Mapping[str, int], max_merges: int) -> list[Merge]:
    """The first max_merges merges, or fewer if no pair is left.

    >>> learn_merges({"aaa": 2, "ab": 3}, 9)  # (a, a) occurs 4 times, (a, b) 3 times
    [(b'a', b'a'), (b'a', b'b'), (b'aa', b'a')]
    """
    # The loop makes millions of strings and no cycles: the collector would only walk them in vain.
    collected = gc.isenabled()
    gc.disable()
    try:
        return list(_merges(PairTable(counts), max_merges))
    finally:
        if collected:
            gc.enable()


def _merges(table: PairTable, max_merges: int) -> Iterable[Merge]:
    for _ in range(max_merges):
        pair = table.pop_best()
        if pair is None:
            return
        yield table.merge(pair)
