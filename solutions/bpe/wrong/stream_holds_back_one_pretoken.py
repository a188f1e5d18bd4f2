"""encode_iterable holds back only the last pre-token: "'l" + "l" gives ' and ll, not 'll."""

import settled
from pretokens import PRETOKEN
from reference import Tokenizer, pretokenize, train_bpe


def pretoken(self, text, start, end):
    begins = [match.start() for match in PRETOKEN.finditer(text, start, end)]
    for begin in reversed(begins[1:]):
        if not settled.SPACE_THEN_WORD.match(text, begin - 1):
            return begin
    return start


settled.Settled.pretoken = pretoken
