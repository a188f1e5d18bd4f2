"""After a merge, the pairs around it keep their old counts: only the new pairs are counted."""

import training
from reference import Tokenizer, pretokenize, train_bpe


class Forgets(dict):
    """counts[old] -= count(new), but only the right side happens."""

    def __setitem__(self, pair, count):
        if pair not in self:
            super().__setitem__(pair, count)


_init = training.PairTable.__init__


def __init__(self, counts):
    _init(self, counts)
    self.count = Forgets(self.count)


training.PairTable.__init__ = __init__
