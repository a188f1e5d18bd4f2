"""Ties between equally frequent pairs are broken by the ids of the tokens, not by their bytes."""

import heapq

import training
from reference import Tokenizer, pretokenize, train_bpe


def push(self, pair, count):
    key = "".join(chr(0x10FFFF - ord(side)) for side in pair)
    heapq.heappush(self.heap, (-count, key, pair))


training.PairTable.push = push
