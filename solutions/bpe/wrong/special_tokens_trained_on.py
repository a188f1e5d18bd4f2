"""Special tokens are not cut out before training: their letters are counted like any text."""

import corpus
from reference import Tokenizer, pretokenize, train_bpe

_count_text = corpus.count_text
corpus.count_text = lambda text, special_tokens: _count_text(text, [])
