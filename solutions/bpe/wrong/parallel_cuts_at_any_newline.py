"""With several processes the file is cut before any newline, also inside a run of white space."""

import os

import corpus
import reference
from reference import Tokenizer, pretokenize, train_bpe

_count_file = corpus.count_file


def count_file(path, special_tokens, num_processes):
    if num_processes == 1:
        return _count_file(path, special_tokens, 1)
    kept = corpus.PIECE_BYTES, corpus.is_safe_cut
    corpus.PIECE_BYTES = max(1, os.path.getsize(path) // num_processes)
    corpus.is_safe_cut = lambda before, after, special_tokens: after[:1] == b"\n"
    try:
        return _count_file(path, special_tokens, num_processes)
    finally:
        corpus.PIECE_BYTES, corpus.is_safe_cut = kept


reference.count_file = count_file
