"""Hidden tests of task 1: the pattern, special tokens, any Unicode."""

from __future__ import annotations

import random
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

from grader.grading.expect import expect_equal, raises
from grader.grading.marks import task

oracle = SimpleNamespace(**run_path(str(Path(__file__).with_name("oracle.py"))))

# Few characters, so that they meet in many ways: all of Unicode would hardly ever give "'ll".
TRICKY = " \n\t'sldvertmL1½é日!_\u00a0\u3000"


@task("pretokenize", hint="Give PAT to regex.findall as it stands: no re, no flags, no change.")
def test_each_alternative_of_the_pattern(solution: Any) -> None:
    """Endings, letters, digits, punctuation and whitespace, in examples worked by hand."""
    for text, expected in [
        (
            "We've 3 of '80s_x, don't",
            ["We", "'ve", " 3", " of", " '", "80", "s", "_", "x", ",", " don", "'t"],
        ),
        ("DON'T you'll'll", ["DON", "'", "T", " you", "'ll", "'ll"]),
        ("a\t\tb", ["a", "\t", "\t", "b"]),
        ("a \n b", ["a", " \n", " b"]),
        ("x2½Ⅷ日本", ["x", "2½Ⅷ", "日本"]),
        ("  ", ["  "]),
        ("", []),
    ]:
        expect_equal(solution.pretokenize(text, []), expected, "the pre-tokens")


@task(
    "pretokenize",
    hint="Sort the special tokens by length first; their order in the list says nothing.",
)
def test_the_longest_special_token_counts_in_any_order(solution: Any) -> None:
    """Where two special tokens start at one place the longer counts, whatever their order."""
    short, long = "<|a|>", "<|a|><|b|>"
    for specials in ([short, long], [long, short]):
        got = solution.pretokenize(f"x{long}y{short}|b|>{short}{long}", specials)
        expect_equal(got, ["x", "y", "|", "b", "|>"], "the pre-tokens")


@task(
    "pretokenize",
    hint="Special tokens are strings: what do . * + ( [ mean in a regular expression?",
)
def test_special_tokens_are_no_patterns(solution: Any) -> None:
    """Special tokens made of the signs of regular expressions stand for themselves."""
    specials = ["a.c", "x*", "(", "[b]", "^", "$", "\\d", "a|b", "{2}", " ?"]
    got = solution.pretokenize("abc a.c xx* b[b]b 7\\d a|b ab (^$) ?z{2}{2", specials)
    want = ["abc", " ", " x", " b", "b", " 7", " ", " ab", " ", ")", "z", "{", "2"]
    expect_equal(got, want, "the pre-tokens")


@task(
    "pretokenize",
    hint="Compare with regex.findall(PAT, text) for a text of your own in many scripts.",
)
def test_short_texts_are_cut_as_the_pattern_cuts_them(solution: Any, rng: random.Random) -> None:
    """Many short texts of few characters are cut as the pattern cuts them."""
    for _ in range(200):
        text = "".join(rng.choices(TRICKY, k=rng.randint(0, 40)))
        expect_equal(solution.pretokenize(text, []), oracle.pretokens(text), "the pre-tokens")


@task(
    "pretokenize", hint="Is there whitespace beyond ASCII that your code takes for something else?"
)
def test_long_texts_of_all_unicode(solution: Any, rng: random.Random) -> None:
    """Long texts with characters of all of Unicode are cut as the pattern cuts them."""
    for pieces in (300, 3000):
        text = oracle.wild_text(rng, pieces)
        expect_equal(solution.pretokenize(text, []), oracle.pretokens(text), "the pre-tokens")


@task(
    "pretokenize",
    weight=2,
    hint="Cut at special tokens first; each segment then goes to PAT alone.",
)
def test_special_tokens_cut_any_text_into_segments(solution: Any, rng: random.Random) -> None:
    """Special tokens in generated text, with whitespace beside them, cut it into segments."""
    specials = ["<|eot|>", "<|eot|> ", "'l", "é日", "\n\n", "<|"]
    for _ in range(10):
        text = oracle.wild_text(rng, 150, specials)
        chosen = rng.sample(specials, rng.randint(1, len(specials)))
        expect_equal(
            solution.pretokenize(text, chosen), oracle.pretokens(text, chosen), "the pre-tokens"
        )


@task("pretokenize", hint="Scan from the left; after a special token go on behind its end.")
def test_overlapping_special_tokens_are_found_from_the_left(
    solution: Any, rng: random.Random
) -> None:
    """Special tokens that overlap in the text are found from the left, the longest first."""
    for _ in range(25):
        specials = list({"".join(rng.choices("ab-", k=rng.randint(2, 5))) for _ in range(4)})
        text = "".join(rng.choices("ab- ", [5, 5, 5, 2], k=80))
        expect_equal(
            solution.pretokenize(text, specials), oracle.pretokens(text, specials), "the pre-tokens"
        )


@task("pretokenize", hint="Look at the special tokens before you build anything of them.")
def test_special_tokens_must_be_distinct_and_not_empty(solution: Any) -> None:
    """An empty special token and the same one twice can't cut a text: a ValueError."""
    expect_equal(solution.pretokenize("a<x>b", ["<x>", "<y>"]), ["a", "b"], "the pre-tokens")
    with raises(ValueError, "an empty special token"):
        solution.pretokenize("a<x>b", ["<x>", ""])
    with raises(ValueError, "the same special token twice", naming="<x>"):
        solution.pretokenize("a<x>b", ["<x>", "<y>", "<x>"])


@task("pretokenize", hint="Bytes have no pre-tokens: which exception says that the type is wrong?")
def test_bytes_are_not_text(solution: Any) -> None:
    """Bytes instead of text are a TypeError."""
    expect_equal(solution.pretokenize("ban ana", []), ["ban", " ana"], "the pre-tokens")
    for wrong in (b"ban ana", None, 7):
        with raises(TypeError, f"a text of type {type(wrong).__name__}"):
            solution.pretokenize(wrong, [])
