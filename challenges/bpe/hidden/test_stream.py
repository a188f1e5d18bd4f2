"""Hidden tests of task 6: any split, laziness, peak memory."""

from __future__ import annotations

import random
from array import array
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

from grader.grading.expect import expect, expect_equal, raises
from grader.grading.marks import task

oracle = SimpleNamespace(**run_path(str(Path(__file__).with_name("oracle.py"))))

EOT = "<|eot|>"
MIB = 2**20

# Merges that show every border of a pre-token: what belongs together becomes one token.
MERGES = [
    (b"l", b"l"), (b"'", b"ll"), (b"v", b"e"), (b"'", b"ve"), (b"'", b"s"), (b" ", b" "),
    (b"  ", b" "), (b" ", b"\n"), (b"\n", b"\n"),
    (b" ", b"a"), (b"a", b"b"), (b" a", b"b"), (b" ", b"'"),
    (b"1", b"1"), (b"!", b"!"), (b" ", b"!"), (b"\xc2", b"\xa0"), (b" ", b"\xc2\xa0"),
]  # fmt: skip
TRICKY = [*" \n'lvesab1!<|>\u00a0", "'l", "'v", "'l", "l", "  "]


def split(rng: random.Random, text: str, longest: int) -> list[str]:
    """Cut text at random into chunks, some of them empty."""
    chunks: list[str] = []
    while text:
        size = rng.randint(0, longest)
        chunks.append(text[:size])
        text = text[size:]
    return chunks


@task("stream", hint="Which pre-tokens may change when more text comes? Not only the last one.")
def test_endings_and_whitespace_cut_in_two(solution: Any) -> None:
    """Endings and whitespace that are cut in two come out whole, in examples worked by hand."""
    vocab = oracle.vocab_of(MERGES)
    name = {token: i for i, token in vocab.items()}
    handle = solution.tokenizer(vocab, MERGES, [])
    for chunks, tokens in [
        (["I", "'", "l", "l", ""], [b"I", b"'ll"]),
        (["I'v", "", "e!"], [b"I", b"'ve", b"!"]),
        (["I'l", "a"], [b"I", b"'", b"l", b"a"]),
        (["I'l"], [b"I", b"'", b"l"]),
        (["a ", "'s"], [b"a", b" '", b"s"]),
        (["a'", "sa"], [b"a", b"'s", b"a"]),
        ([" ", " ", " ", "ab"], [b"  ", b" ab"]),
        ([" ", " ", " "], [b"   "]),
        (["  ", "\n", "\n", "a"], [b"  ", b"\n", b"\n", b"a"]),
        (["11", "1", "!", "!"], [b"11", b"1", b"!!"]),
        ([], []),
        (["", ""], []),
    ]:
        expect_equal(solution.encode_chunks(handle, chunks), [name[t] for t in tokens], "the ids")


@task("stream", hint="Hold back every ending that might become a special token, or a longer one.")
def test_special_tokens_cut_in_two(solution: Any) -> None:
    """A special token cut anywhere is found, and what only looked like one is text again."""
    specials = ["<|a|>", "<|a|><|b|>", EOT]
    vocab = oracle.vocab_of(MERGES, specials)
    handle = solution.tokenizer(vocab, MERGES, specials)
    for text in (
        "ab  <|a|><|b|>  ab",
        "ab  <|a|><|c",
        "ab  <|a|><|a|><|b|",
        "ab  <|eot|",
        "<|a|><|b|><|eot|><|eot",
        "I'l<|a|>l'<|eot|>ll",
        "<<|eot|>>  <|<|a|>|>",
    ):
        expected = oracle.encode(text, vocab, MERGES, specials)
        expect_equal(
            solution.encode_chunks(handle, list(text)), expected, "the ids, a character a chunk"
        )
        for i in range(len(text) + 1):
            got = solution.encode_chunks(handle, [text[:i], text[i:]])
            expect_equal(got, expected, f"the ids of two chunks, cut at {i}")


@task(
    "stream", weight=2, hint="Try each place to cut a short text; compare with encode of the whole."
)
def test_short_chunks_give_the_ids_of_the_whole(solution: Any, rng: random.Random) -> None:
    """Many short texts of few characters, in short chunks, give the ids of the joined text."""
    specials = ["<|>", "<|><", "ab ", "  \n"]
    vocab = oracle.vocab_of(MERGES, specials)
    handle = solution.tokenizer(vocab, MERGES, specials)
    for _ in range(250):
        sizes = rng.choices(range(5), k=rng.randint(0, 12))
        chunks = ["".join(rng.choices(TRICKY, k=size)) for size in sizes]
        expected = oracle.encode("".join(chunks), vocab, MERGES, specials)
        expect_equal(solution.encode_chunks(handle, chunks), expected, "the ids")


@task(
    "stream",
    weight=2,
    hint="Empty chunks, chunks of one character, chunks with many words: all the same.",
)
def test_texts_in_many_scripts_in_random_chunks(solution: Any, rng: random.Random) -> None:
    """Long texts of all of Unicode, cut at random, give the ids of the joined text."""
    vocab, merges = oracle.train(oracle.wild_text(rng, 500).encode(), 256 + 100, [])
    specials = [EOT, "<|eot|><|x|>", "\n\n", "'l", "é日"]
    added = [s.encode() for s in specials if s.encode() not in vocab.values()]
    full = vocab | {len(vocab) + i: token for i, token in enumerate(added)}
    handle = solution.tokenizer(vocab, merges, specials)
    for longest in (1, 3, 20, 500):
        text = oracle.wild_text(rng, 400, [*specials, "<|eot|>", "<|x"])
        expected = oracle.encode(text, full, merges, specials)
        expect_equal(solution.encode_chunks(handle, split(rng, text, longest)), expected, "the ids")


@task("stream", hint="A special token found from the left may hide one that begins inside it.")
def test_overlapping_special_tokens_in_chunks(solution: Any, rng: random.Random) -> None:
    """Special tokens that overlap are found as in the joined text, however it is cut."""
    merges = [(b"a", b"b"), (b" ", b" ")]
    for _ in range(30):
        specials = sorted(
            {"".join(rng.choices("ab-", k=rng.randint(2, 6))) for _ in range(4)} - {"ab"}
        )
        vocab = oracle.vocab_of(merges, specials)
        handle = solution.tokenizer(vocab, merges, specials)
        text = "".join(rng.choices("ab- ", [5, 5, 5, 2], k=60))
        expected = oracle.encode(text, vocab, merges, specials)
        got = solution.encode_chunks(handle, split(rng, text, rng.randint(1, 6)))
        expect_equal(got, expected, "the ids")


@task("stream", hint="Yield what is settled before you take the next chunk; don't collect first.")
def test_ids_come_before_the_source_is_read(solution: Any, rng: random.Random) -> None:
    """Ids come while the source is read: each chunk is taken only when it is needed."""
    # A line a chunk. What is open at the end of a chunk is settled by the next one at the latest;
    # one chunk more is taken to see that. So ids of chunk n never need more than n + 2 chunks.
    lines = [" ".join(rng.choices(["ab", "abab", "b", "a-b"], k=30)) + "\n" for _ in range(200)]
    vocab = oracle.vocab_of(MERGES, [EOT])
    handle = solution.tokenizer(vocab, MERGES, [EOT])
    taken = 0

    def read() -> str | None:
        nonlocal taken
        taken += 1
        return lines[taken - 1] if taken <= len(lines) else None

    expected = oracle.encode("".join(lines), vocab, MERGES)
    per_line = [len(oracle.encode(line, vocab, MERGES)) for line in lines]
    got: list[int] = []
    settled, line = 0, 0
    for batch in solution.encode_stream(handle, read, 100):
        got += batch
        while line < len(lines) and settled + per_line[line] < len(got):
            settled += per_line[line]
            line += 1
        allowed = line + 3  # chunks are counted from 1, and two more may be open
        expect(
            taken <= allowed,
            f"after {len(got)} ids {taken} chunks were taken, not at most {allowed}",
        )
    expect_equal(got, expected, "the ids")


@task(
    "stream",
    weight=4,
    hint="What grows with the stream? Text held back, ids collected, or a cache without bound.",
)
def test_peak_memory_on_100_megabytes(solution: Any, rng: random.Random) -> None:
    """A stream of 100 MB gives the right ids, and peak memory grows by at most 64 MiB.

    Most of it are 650 words of 49 letters, a token each, so that a cache answers for most of the
    text. But 480,000 numbers occur once, and what a cache without bound keeps of each (key, ids,
    entry: over 200 bytes) is about 100 MB together, as is text that is kept to the end.
    """
    letters = [chr(code) for code in range(97, 123)]
    pairs = [(a * 32, b * 16) for a in letters for b in letters if a != b]
    halves = [(a * n, a * n) for n in (1, 2, 4, 8, 16) for a in letters]
    halves += [(" ", a * 32) for a in letters] + [(" " + a, b) for a, b in pairs]
    merges = [(a.encode(), b.encode()) for a, b in halves]
    vocab = oracle.vocab_of(merges, [EOT])
    names = {token.decode("latin-1"): i for i, token in vocab.items()}
    words = [f" {a}{b}" for a, b in pairs]
    due, sent, serial = array("H"), 0, 10**7

    def chunk() -> str:
        """Return 240 KB: 4700 of the words, then 1200 numbers that never come again."""
        nonlocal sent, serial
        text = rng.choices(words, k=4700)
        numbers = "".join([f" {n}" for n in range(serial, serial + 1200)])
        serial += 1200
        due.extend([names[word] for word in text])
        due.extend(numbers.encode())
        out = "".join(text) + numbers
        sent += len(out)
        return out

    def stream(size: int) -> None:
        """Send `size` characters and compare the ids as they come."""
        nonlocal sent
        sent = 0
        for batch in solution.encode_stream(
            handle, lambda: chunk() if sent < size else None, 1 << 16
        ):
            got = array("H", [i if 0 <= i < 1 << 16 else 0xFFFF for i in batch])
            expect(got == due[: len(got)], "the ids of the stream must be those of the joined text")
            del due[: len(got)]
        expect(not due, "the ids of the stream must not stop before its end")

    solution.restart()
    handle = solution.tokenizer(vocab, merges, [EOT])
    stream(2_000_000)
    before = solution.memory_peak()
    stream(100_000_000)
    grown = solution.memory_peak() - before
    expect(grown <= 64 * MIB, f"peak memory grew by {grown / MIB:.0f} MiB, by more than 64 MiB")


@task(
    "stream", hint="Each chunk is checked when it is reached; a generator raises when it is read."
)
def test_bad_chunks_are_refused(solution: Any) -> None:
    """A chunk of bytes is a TypeError, one with a lone surrogate a ValueError."""
    vocab = oracle.vocab_of(MERGES, [EOT])
    handle = solution.tokenizer(vocab, MERGES, [EOT])
    good = ["ab ab", "\ud7ff", "😀", EOT]
    expected = oracle.encode("".join(good), vocab, MERGES, [EOT])
    expect_equal(solution.encode_chunks(handle, good), expected, "the ids of good chunks")
    for wrong in ("\ud800", "ab \udfff ab"):
        for chunks in ([*good, wrong], [wrong, *good]):
            with raises(ValueError, "a chunk with a lone surrogate"):
                solution.encode_chunks(handle, chunks)
    for wrong_type in (b"ab", b"", 7):
        with raises(TypeError, f"a chunk of type {type(wrong_type).__name__}"):
            solution.encode_chunks(handle, [*good, wrong_type])
