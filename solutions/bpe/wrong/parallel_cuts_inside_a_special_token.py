"""With several processes the file is cut at a newline although it is inside a special token."""

import os

import corpus
import reference
from reference import Tokenizer, pretokenize, train_bpe

_count_file, _is_safe_cut = corpus.count_file, corpus.is_safe_cut


def count_file(path, special_tokens, num_processes):
    if num_processes == 1:
        return _count_file(path, special_tokens, 1)
    kept = corpus.PIECE_BYTES, corpus.is_safe_cut
    corpus.PIECE_BYTES = max(1, os.path.getsize(path) // num_processes)
    corpus.is_safe_cut = lambda before, after, special_tokens: _is_safe_cut(before, after, [])
    try:
        return _count_file(path, special_tokens, num_processes)
    finally:
        corpus.PIECE_BYTES, corpus.is_safe_cut = kept


reference.count_file = count_file
