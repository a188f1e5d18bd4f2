"""Ties between equally frequent pairs go to the lexicographically smaller pair."""

import training
from reference import Tokenizer, pretokenize, train_bpe

# As bytes sort: each byte one up, so that the end of a token (0) is smaller than all of them.
training.tie_key = lambda token: "".join(chr(byte + 1) for byte in token) + "\0"
