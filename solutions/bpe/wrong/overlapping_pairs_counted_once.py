"""In "aaa" the pair (a, a) is counted once, as str.count does, not twice."""

import heapq

import training
from reference import Tokenizer, pretokenize, train_bpe


def pop_best(self):
    while self.heap:
        negative, _, pair = heapq.heappop(self.heap)
        count = self.count[pair]
        if pair[0] == pair[1]:
            words = dict.fromkeys(self.where[pair])
            count = sum(self.words[i].count(pair) * self.freqs[i] for i in words)
        if count == -negative:
            return pair
        if count:
            self.push(pair, count)
    return None


training.PairTable.pop_best = pop_best
