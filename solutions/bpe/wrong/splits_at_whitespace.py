"""Training cuts the text with str.split() instead of the pattern: spaces and newlines are lost."""

import corpus
from reference import Tokenizer, pretokenize, train_bpe

corpus.units = str.split
corpus.pretokens = str.split
