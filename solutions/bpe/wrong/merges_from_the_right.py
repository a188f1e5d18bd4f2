"""In "aaa" the last two letters are merged in training, not the first two."""

from collections import defaultdict

import training
from reference import Tokenizer, pretokenize, train_bpe


def replace(self, pair, new):
    before, after, twins = defaultdict(list), defaultdict(list), []
    for i in dict.fromkeys(self.where.pop(pair)):
        parts = self.words[i].rsplit(pair)
        self.words[i] = new.join(parts)
        for left, right in zip(parts, parts[1:]):
            before[left[-1:]].append(i)
            after[right[:1]].append(i)
        twins += [i] * parts[1:-1].count("")
    for side in (before, after):
        side.pop("", None)
        side.pop(training.EDGE, None)
    return before, after, twins


training.PairTable.replace = replace
