"""What the tests of bpe can call: data in, data out. It runs beside your solution."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import solution

from grader.wall.codec import Handle

Vocab = dict[int, bytes]
Merges = list[tuple[bytes, bytes]]


def pretokenize(text: str, special_tokens: list[str]) -> list[str]:
    return solution.pretokenize(text, special_tokens)


def train(
    corpus: bytes, vocab_size: int, special_tokens: list[str], num_processes: int = 1
) -> tuple[dict[int, bytes], list[tuple[bytes, bytes]]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.txt"
        path.write_bytes(corpus)
        return solution.train_bpe(path, vocab_size, special_tokens, num_processes=num_processes)


def train_missing_file() -> tuple[dict[int, bytes], list[tuple[bytes, bytes]]]:
    with tempfile.TemporaryDirectory() as folder:
        return solution.train_bpe(Path(folder) / "missing.txt", 300, [])


def tokenizer(vocab: Vocab, merges: Merges, special_tokens: list[str] | None = None) -> Handle:
    return Handle(solution.Tokenizer(vocab, merges, special_tokens))


def arguments_after(
    vocab: Vocab, merges: Merges, special_tokens: list[str]
) -> tuple[dict[int, bytes], list[tuple[bytes, bytes]], list[str]]:
    """Return the three arguments as they are after a tokenizer was built of them."""
    solution.Tokenizer(vocab, merges, special_tokens)
    return vocab, merges, special_tokens


def encode(tokenizer: solution.Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text)


def decode(tokenizer: solution.Tokenizer, ids: list[int]) -> str:
    return tokenizer.decode(ids)


def encode_chunks(tokenizer: solution.Tokenizer, chunks: list[str]) -> list[int]:
    return list(tokenizer.encode_iterable(iter(chunks)))


def encode_stream(
    tokenizer: solution.Tokenizer, read: Callable[[], str | None], batch: int
) -> Iterator[list[int]]:
    """Encode what `read` returns until it returns None; answer with `batch` ids at a time."""
    ids = iter(tokenizer.encode_iterable(iter(read, None)))
    while piece := list(itertools.islice(ids, batch)):
        yield piece


def save(tokenizer: solution.Tokenizer) -> tuple[bytes, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        vocab, merges = Path(folder) / "vocab.json", Path(folder) / "merges.txt"
        tokenizer.save(vocab, merges)
        return vocab.read_bytes(), merges.read_bytes()


def load(vocab_json: bytes, merges_txt: bytes, special_tokens: list[str] | None = None) -> Handle:
    with tempfile.TemporaryDirectory() as folder:
        vocab, merges = Path(folder) / "vocab.json", Path(folder) / "merges.txt"
        vocab.write_bytes(vocab_json)
        merges.write_bytes(merges_txt)
        return Handle(solution.Tokenizer.from_files(vocab, merges, special_tokens))
