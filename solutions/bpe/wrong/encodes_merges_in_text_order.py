"""Encoding merges the first pair from the left that is a merge, not the one that was learnt first."""

import tokenizer
from merging import NEVER, MergeTable
from reference import Tokenizer, pretokenize, train_bpe


class FromTheLeft(MergeTable):
    def merge(self, word):
        ids = [self.byte_ids[byte] for byte in word]
        i = 0
        while i < len(ids) - 1:
            rank = self.rank[ids[i]].get(ids[i + 1], NEVER)
            if rank == NEVER:
                i += 1
                continue
            ids[i : i + 2] = [self.merged[rank]]
            i = max(0, i - 1)
        return tuple(ids)


tokenizer.MergeTable = FromTheLeft
