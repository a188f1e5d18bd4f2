r"""The file is opened in text mode: \r\n becomes \n before training sees it."""

import corpus
from reference import Tokenizer, pretokenize, train_bpe

_decode = corpus.decode
corpus.decode = lambda data: _decode(data).replace("\r\n", "\n").replace("\r", "\n")
