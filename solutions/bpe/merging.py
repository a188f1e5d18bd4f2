r"""Merge the bytes of one pre-token: always the adjacent pair that was learnt first.

Two ways with the same result. `_merge_short` looks at all pairs for each merge: n^2 steps, each in
C, and unbeatable for a word. `_merge_long` keeps the pairs in a heap: n log n steps, for the rare
pre-token of thousands of bytes (a line of dashes, a base64 blob, a text without spaces).
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

NEVER = 1 << 60  # the rank of a pair that is no merge: above all others
LONG = 64  # bytes; about where the two ways take the same time


class MergeTable:
    r"""The merges as rank[left id][right id]: ids are looked up, and no pair has to be built.

    >>> table = MergeTable({0: b"a", 1: b"aa", 2: b"aaa"}, [(b"a", b"a"), (b"aa", b"a")])
    >>> table.merge(b"aaaaa")  # left to right
    (1, 2)
    """

    def __init__(self, vocab: Mapping[int, bytes], merges: Sequence[tuple[bytes, bytes]]) -> None:
        id_of: dict[bytes, int] = {}
        for i in sorted(vocab):
            id_of.setdefault(vocab[i], i)
        self.byte_ids = {token[0]: i for token, i in id_of.items() if len(token) == 1}
        self.rank: dict[int, dict[int, int]] = {i: {} for i in vocab}
        # rank -> id of the result: in an arbitrary vocabulary ids need not follow ranks.
        self.merged: list[int] = []
        for rank, (left, right) in enumerate(merges):
            self.rank[id_of[left]].setdefault(id_of[right], rank)
            self.merged.append(id_of[left + right])

    def merge(self, word: bytes) -> tuple[int, ...]:
        """The ids of one pre-token.

        Raises:
            ValueError: the vocabulary has no token for a byte of the word.
        """
        try:
            ids = list(map(self.byte_ids.__getitem__, word))
        except KeyError as error:
            raise ValueError(f"no token for the byte {error.args[0]:#04x} in vocab") from None
        # A tuple of ints is small, and no work for the garbage collector.
        return tuple(self._merge_long(ids) if len(ids) > LONG else self._merge_short(ids))

    def _merge_short(self, ids: list[int]) -> list[int]:
        """Merge the leftmost pair of the lowest rank, until no pair is a merge."""
        rank, merged = self.rank, self.merged
        ranks = []  # ranks[i] is the rank of the pair (ids[i], ids[i + 1])
        row = rank[ids[0]]
        for right in ids[1:]:
            ranks.append(row.get(right, NEVER))
            row = rank[right]
        last = 0
        while ranks:
            lowest = min(ranks)
            if lowest == NEVER:
                break
            # All places of one pair come first. (No training makes a new pair that ranks below.)
            if lowest < last and last in ranks:
                lowest = last
            last = lowest
            i = ranks.index(lowest)
            # One pair is gone, and its two neighbours have a new side.
            ids[i] = new = merged[lowest]
            del ids[i + 1], ranks[i]
            if i:
                ranks[i - 1] = rank[ids[i - 1]].get(new, NEVER)
            if i < len(ranks):
                ranks[i] = rank[new].get(ids[i + 1], NEVER)
        return ids

    def _merge_long(self, ids: list[int]) -> list[int]:
        """The same with a heap of (rank, position, left id, right id), and links to neighbours."""
        size = len(ids)
        before, after = list(range(-1, size - 1)), list(range(1, size + 1))
        heap: list[tuple[int, int, int, int]] = []

        def push(i: int) -> None:
            if i < 0 or (j := after[i]) == size:
                return  # nothing on the other side
            if (rank := self.rank[ids[i]].get(ids[j], NEVER)) < NEVER:
                heapq.heappush(heap, (rank, i, ids[i], ids[j]))

        for i in range(size):
            push(i)
        while heap:
            places = [heapq.heappop(heap)]
            while heap and heap[0][0] == places[0][0]:
                places.append(heapq.heappop(heap))  # all places of one pair, from the left
            for rank, i, left, right in places:
                j = after[i]
                # Out of date: one of the two was merged since. -1 marks a place that is used up.
                if j >= size or ids[i] != left or ids[j] != right:
                    continue
                ids[i], ids[j] = self.merged[rank], -1
                after[i] = after[j]
                if after[i] < size:
                    before[after[i]] = i
                push(before[i])
                push(i)
        return [i for i in ids if i >= 0]
