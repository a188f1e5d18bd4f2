"""Special tokens are deleted before training, so that the texts on both sides grow together."""

import corpus
from pretokens import special_pattern
from reference import Tokenizer, pretokenize, train_bpe

_count_text = corpus.count_text


def count_text(text, special_tokens):
    return _count_text(special_pattern(special_tokens).sub("", text), [])


corpus.count_text = count_text
