"""Hidden tests of task 7: the same result for any number of processes."""

from __future__ import annotations

import random
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

from grader.grading.expect import expect_equal, raises
from grader.grading.marks import task

oracle = SimpleNamespace(**run_path(str(Path(__file__).with_name("oracle.py"))))

EOT = "<|eot|>"


def check(
    solution: Any,
    corpus: str | bytes,
    specials: list[str],
    processes: tuple[int, ...],
    size: int = 700,
) -> None:
    """Compare with the full recount of the whole corpus.

    With room for all merges, each distinct pre-token becomes one token: a wrong cut shows.
    """
    data = corpus.encode() if isinstance(corpus, str) else corpus
    expected_vocab, expected_merges = oracle.train(data, size, specials)
    for n in processes:
        vocab, merges = solution.train(data, size, specials, n)
        expect_equal(merges, expected_merges, f"the ordered merges with num_processes={n}")
        expect_equal(vocab, expected_vocab, f"the vocab with num_processes={n}")


@task(
    "parallel", hint="Fewer safe cuts than processes: use fewer chunks. One byte is a corpus, too."
)
def test_corpora_smaller_than_the_number_of_processes(solution: Any) -> None:
    """Corpora of a few bytes give the right result with four processes."""
    _, merges = solution.train(b"ab", 300, [], 4)
    expect_equal(merges, [(b"a", b"b")], "the merges of 'ab'")
    _, merges = solution.train(b"ab\nab", 300, [EOT], 4)
    expect_equal(merges, [(b"a", b"b")], "the merges of two lines")
    vocab, merges = solution.train("é".encode(), 300, [], 4)
    expect_equal(merges, [(b"\xc3", b"\xa9")], "the merges of 'é'")
    vocab, merges = solution.train(b"\n", 300, [], 3)
    expect_equal((vocab, merges), (oracle.BYTES, []), "vocab and merges of a newline")


@task("parallel", weight=2, hint="Do the counts of the chunks add up to those of the whole text?")
def test_a_text_like_a_book(solution: Any, rng: random.Random) -> None:
    """A text like a book gives the result of one process, with special tokens and without."""
    book = oracle.prose(rng, 1200)
    check(solution, book, [], (2, 3), 400)
    check(solution, book.replace("?\n\n", EOT), [EOT], (2, 4), 400)


@task(
    "parallel",
    weight=2,
    hint="Before a newline look at the whole character in front of it: is it whitespace for regex?",
)
def test_runs_of_whitespace_are_not_cut(solution: Any, rng: random.Random) -> None:
    """Corpora with runs of whitespace of all kinds, \\r\\n among them, give the right result."""
    # Hardly a cut is safe here; the longer the runs, the more so.
    for n, blanks in [(2, " \n\r"), (3, oracle.SPACES), (4, "\u00a0\u2028\u3000\x85\n"), (2, "\n")]:
        runs = ["".join(rng.choices(blanks + "\n\n", k=rng.randint(2, 9))) for _ in range(40)]
        corpus = "".join(rng.choice(["xy", "no", "日本", ""]) + run for run in runs)
        check(solution, corpus, [], (n,))
    # The only newlines stand in one run that fills the middle of the file.
    check(solution, "ab" * 5 + " \n" * 100 + "\u3000\n" * 100 + "ba" * 5, [], (2, 3))


@task("parallel", hint="A byte of 128 to 191 goes on with a character: no cut before it.")
def test_characters_are_not_cut(solution: Any, rng: random.Random) -> None:
    """Corpora in scripts of several bytes, hardly with a line end, give the right result."""
    text = "".join(rng.choices("日本語漢字 éüжщ😀한", k=300))
    check(solution, text, [], (2, 3))
    check(solution, text + "\n" + text[:200] + EOT + text[:100], [EOT], (3,))
    # Broken UTF-8: a cut must not change what errors="replace" makes of it.
    parts = [b"\xe2\x82", b"\xc3", b"\xff", b"\xf0\x9f\x98", b"ab", b"\n", b" ", "é\n".encode()]
    check(solution, b"".join(rng.choices(parts, k=200)), [], (2, 4))


@task(
    "parallel",
    weight=2,
    hint="Cut at special tokens that the scan from the left finds, not at what looks like one.",
)
def test_special_tokens_are_not_cut(solution: Any, rng: random.Random) -> None:
    """Special tokens that overlap, repeat, or hold a newline are not cut in two."""
    # x·x taken from the left: an odd run leaves its last x to what follows, wherever one cuts.
    run = "ab" + "x" * 401 + "cd"
    check(solution, run, ["xx"], (2, 3))
    check(solution, run * 3 + "\n" + run, ["xxx", "xxxx"], (4,))
    # What looks special lies inside a longer special token, and nothing else could be cut.
    check(solution, "ab<<|>>" * 80, ["<<|>>", "|"], (2, 3))
    check(solution, "<|a|><|b|>ab" * 60 + "<|b|>", ["<|a|>", "<|a|><|b|>", "|><|"], (3,))
    # Newlines inside special tokens, and whitespace around them.
    check(solution, "<<\n>>ab  <<\n>>\n" * 60, ["<<\n>>"], (2, 4))
    check(solution, "ab<<\n" * 40 + "ab\n\nab" * 10, ["b<<\na", "\n\n"], (3,))
    pieces = ["ab", "a\n", "\nb", " ", "\n", "  \n", "b"]
    for _ in range(3):
        specials = list({"".join(rng.choices("ab\n", k=rng.randint(2, 4))) for _ in range(3)})
        check(solution, "".join(rng.choices(pieces, k=300)), specials, (rng.choice([2, 3, 4]),))


@task(
    "parallel",
    hint="Chunks of real size are cut as small ones are: nothing counted twice, nothing left out.",
)
def test_a_corpus_of_megabytes(solution: Any, rng: random.Random) -> None:
    """A corpus of 2 MB gives the right result with two processes."""
    part = oracle.prose(rng, 3000, 60)
    corpus = "".join(
        part + f"word{i}'ll \r\n\r\n{' ' * (i % 5)}" for i in range(2_200_000 // len(part))
    )
    check(solution, corpus, [], (2,), 330)


@task("parallel", hint="num_processes is checked as vocab_size is: its type, then its value.")
def test_the_number_of_processes_is_checked(solution: Any) -> None:
    """num_processes below 1 is a ValueError; a bool, a string or a float is a TypeError."""
    for good in (1, 2):
        _, merges = solution.train(b"ab\nab\nab", 300, [], good)
        expect_equal(merges, [(b"a", b"b")], f"the ordered merges with num_processes={good}")
    for wrong in (0, -3):
        with raises(ValueError, f"num_processes={wrong}", naming=str(wrong)):
            solution.train(b"ab\nab\nab", 300, [], wrong)
    for wrong_type in (True, "2", 2.0):
        with raises(TypeError, f"num_processes of type {type(wrong_type).__name__}"):
            solution.train(b"ab\nab\nab", 300, [], wrong_type)
