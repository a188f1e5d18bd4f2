"""Ties between equally frequent pairs compare the joined token, not the pair (left, right)."""

import heapq

import training
from reference import Tokenizer, pretokenize, train_bpe


def push(self, pair, count):
    joined = b"".join(self.tokens[ord(side)] for side in pair)
    heapq.heappush(self.heap, (-count, training.tie_key(joined), pair))


training.PairTable.push = push
