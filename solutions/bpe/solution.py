"""Byte-pair encoding: learn a vocabulary from text, then turn text into ids and back.

Sennrich, Haddow, Birch 2016, arXiv:1508.07909, over bytes as in GPT-2 (Radford et al. 2019, section
2.2). Read in this order: pretokens.py (what may merge at all), training.py (the merge loop),
corpus.py (counting a large file in parallel), tokenizer.py (encode and decode), gpt2_files.py (the
files).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from checks import check_int, check_specials
from corpus import StrPath, count_file
from pretokens import PAT, pretokenize
from tokenizer import Tokenizer
from training import learn_merges

__all__ = ["PAT", "Tokenizer", "pretokenize", "train_bpe"]


def train_bpe(
    input_path: StrPath,
    vocab_size: int,
    special_tokens: list[str],
    *,
    num_processes: int = 1,
) -> tuple[dict[int, bytes], list[tuple[bytes, bytes]]]:
    """Learn a vocabulary of at most vocab_size tokens from a UTF-8 file.

    Ids: the 256 bytes, one id for each merge in order, then the special tokens in the order given.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = file.write(b"low low lower")
    ...     file.flush()
    ...     vocab, merges = train_bpe(file.name, 259, ["<|endoftext|>"])
    >>> merges  # (o, w) and (l, o) both occur 3 times, and (o, w) is the greater
    [(b'o', b'w'), (b'l', b'ow')]
    >>> vocab[257], vocab[258]
    (b'low', b'<|endoftext|>')

    Raises:
        TypeError: an argument of the wrong type.
        ValueError: vocab_size too small, num_processes < 1, bad special tokens, or an empty file.
        FileNotFoundError: there is no such file.
    """
    specials = _check(input_path, vocab_size, special_tokens, num_processes)
    counts = count_file(input_path, specials, num_processes)
    merges = learn_merges(counts, vocab_size - 256 - len(specials))
    tokens = [bytes([byte]) for byte in range(256)]
    tokens += [left + right for left, right in merges]
    tokens += [token.encode() for token in specials]
    # enumerate: ids stay contiguous even if the corpus ran out of pairs.
    return dict(enumerate(tokens)), merges


def _check(
    input_path: StrPath, vocab_size: int, special_tokens: Sequence[str], num_processes: int
) -> list[str]:
    if not isinstance(input_path, str | os.PathLike):
        raise TypeError(f"input_path must be a str or a path, got {input_path!r}")
    check_int("vocab_size", vocab_size)
    check_int("num_processes", num_processes)
    specials = check_specials(special_tokens)
    if vocab_size < (least := 256 + len(specials)):
        raise ValueError(
            f"vocab_size is {vocab_size}: 256 bytes and {len(specials)} special tokens need {least}"
        )
    if num_processes < 1:
        raise ValueError(f"num_processes is {num_processes}, but at least 1 has to do the work")
    if Path(input_path).stat().st_size == 0:
        raise ValueError(f"{os.fspath(input_path)} is empty: there is nothing to learn from")
    return specials
