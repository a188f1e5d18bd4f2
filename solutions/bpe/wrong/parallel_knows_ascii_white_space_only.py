"""With several processes only the byte before a cut is looked at: U+3000 or U+00A0 pass as letters."""

import os

import corpus
import reference
from reference import Tokenizer, pretokenize, train_bpe

_count_file, _is_safe_cut = corpus.count_file, corpus.is_safe_cut


def is_safe_cut(before, after, special_tokens):
    if before and before[-1] >= 0x80 and after[:1] in {b" ", b"\n"}:
        return True
    return _is_safe_cut(before, after, special_tokens)


def count_file(path, special_tokens, num_processes):
    if num_processes == 1:
        return _count_file(path, special_tokens, 1)
    kept = corpus.PIECE_BYTES, corpus.is_safe_cut
    corpus.PIECE_BYTES = max(1, os.path.getsize(path) // num_processes)
    corpus.is_safe_cut = is_safe_cut
    try:
        return _count_file(path, special_tokens, num_processes)
    finally:
        corpus.PIECE_BYTES, corpus.is_safe_cut = kept


reference.count_file = count_file
