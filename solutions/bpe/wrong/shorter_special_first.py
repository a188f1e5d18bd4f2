"""Where one special token begins with another, the shorter one is matched."""

import re

import corpus
import pretokens
import settled
import tokenizer
from reference import Tokenizer, pretokenize, train_bpe


def special_pattern(special_tokens):
    if not special_tokens:
        return re.compile(r"(?!)")
    return re.compile("(" + "|".join(map(re.escape, sorted(special_tokens, key=len))) + ")")


for module in (corpus, pretokens, settled, tokenizer):
    module.special_pattern = special_pattern
