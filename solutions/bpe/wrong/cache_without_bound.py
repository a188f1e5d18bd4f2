"""The cache of encode keeps every pre-token it ever saw: on a long stream memory never stops growing."""

import tokenizer
from reference import Tokenizer, pretokenize, train_bpe

tokenizer.UnitCache.MAX_UNITS = 1 << 62
tokenizer.UnitCache.MAX_CHARS = 1 << 62
