"""Special tokens are put into a regular expression without re.escape: | means "or" in it."""

import re

import corpus
import pretokens
import settled
import tokenizer
from reference import Tokenizer, pretokenize, train_bpe

_special_pattern = pretokens.special_pattern


def special_pattern(special_tokens):
    if not special_tokens:
        return _special_pattern(special_tokens)
    longest_first = sorted(special_tokens, key=len, reverse=True)
    return re.compile("(" + "|".join(longest_first) + ")")


class Unescaped(Tokenizer):
    def __init__(self, vocab, merges, special_tokens=None):
        super().__init__(vocab, merges, special_tokens)
        # What the pattern finds need not be a special token: then give the first one's id.
        first = next(iter(self._specials.values()), None)
        self._specials = Default(self._specials)
        self._specials.first = first


class Default(dict):
    def __missing__(self, key):
        return self.first


Tokenizer = Unescaped
for module in (corpus, pretokens, settled, tokenizer):
    module.special_pattern = special_pattern
