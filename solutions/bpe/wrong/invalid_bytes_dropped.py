"""Bytes that are not valid UTF-8 are dropped (errors="ignore") instead of becoming U+FFFD."""

import corpus
from reference import Tokenizer, pretokenize, train_bpe

corpus.decode = lambda data: data.decode("utf-8", errors="ignore")
