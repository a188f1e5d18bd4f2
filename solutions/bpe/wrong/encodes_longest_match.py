"""Encoding takes the longest token that fits, from the left, instead of replaying the merges."""

import tokenizer
from merging import MergeTable
from reference import Tokenizer, pretokenize, train_bpe


class Greedy(MergeTable):
    def __init__(self, vocab, merges):
        super().__init__(vocab, merges)
        usable = {left + right for left, right in merges}
        self.ids = {token: i for i, token in vocab.items() if token in usable or len(token) == 1}
        self.longest = max(map(len, self.ids), default=1)

    def merge(self, word):
        ids, i = [], 0
        while i < len(word):
            j = min(len(word), i + self.longest)
            while word[i:j] not in self.ids:
                j -= 1
                if i == j:
                    raise ValueError(f"no token for {word[i:]!r}")
            ids.append(self.ids[word[i:j]])
            i = j
        return tuple(ids)


tokenizer.MergeTable = Greedy
