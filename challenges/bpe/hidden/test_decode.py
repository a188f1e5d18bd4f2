"""Hidden tests of task 3: construction, any vocab, broken UTF-8, bad input."""

from __future__ import annotations

import random
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

from grader.grading.expect import expect_equal, raises
from grader.grading.marks import task

oracle = SimpleNamespace(**run_path(str(Path(__file__).with_name("oracle.py"))))


@task("decode", hint="Look each id up in the vocab given; nothing follows from the number itself.")
def test_ids_are_looked_up_in_the_vocab(solution: Any) -> None:
    """A vocab in which no byte has its value as id decodes by its own ids."""
    vocab = {1000 - i: bytes([i]) for i in range(256)} | {7: b"\xc3\xa9t", 2**40: b" \xe2"}
    handle = solution.tokenizer(vocab, [], [])
    expect_equal(solution.decode(handle, [903, 7, 2**40, 870, 828]), "aét €", "the text")
    expect_equal(solution.decode(handle, []), "", "the text of no ids")


@task(
    "decode",
    hint="A special token that the vocab doesn't hold gets the largest id + 1, not len(vocab).",
)
def test_special_tokens_get_ids(solution: Any) -> None:
    """Special tokens keep the id that they have; the others follow the largest id in order."""
    vocab = oracle.BYTES | {900: b"<b>", 700: b"xy"}
    handle = solution.tokenizer(vocab, [], ["<ü>", "<b>", "<a>"])
    got = solution.decode(handle, [901, 900, 902, 700])
    expect_equal(got, "<ü><b><a>xy", "the text of the ids 901, 900, 902, 700")
    with raises(ValueError, "the id 903, one too far", naming="903"):
        solution.decode(handle, [903])


@task("decode", hint="Join all bytes first. Then decode once, with errors='replace'.")
def test_any_bytes_decode_as_utf8_with_replacement(solution: Any, rng: random.Random) -> None:
    """Any bytes, valid UTF-8 or not, decode as a whole with U+FFFD for what is broken."""
    handle = solution.tokenizer(oracle.BYTES, [], [])
    for size in range(40):
        data = rng.randbytes(size) + b"\xe2\x82" + rng.choice(["", "\xac", "é", "😀"]).encode()[:3]
        got = solution.decode(handle, list(data))
        expect_equal(got, data.decode("utf-8", "replace"), "the text of bytes")


@task("decode", hint="Tokens may begin and end inside a character.")
def test_random_ids_of_random_tokens(solution: Any, rng: random.Random) -> None:
    """Random ids of a random vocab decode to the text of their joined bytes."""
    pieces = list(range(256)) + list("é€😀日".encode()) * 20
    tokens = {bytes(rng.choices(pieces, k=rng.randint(2, 6))) for _ in range(300)}
    ids = rng.sample(range(5000), 256 + len(tokens))
    vocab = dict(zip(ids, [*oracle.BYTES.values(), *sorted(tokens)], strict=True))
    handle = solution.tokenizer(vocab, [], [])
    for size in (1, 2, 10, 2000):
        chosen = rng.choices(ids, k=size)
        expected = b"".join(vocab[i] for i in chosen).decode("utf-8", "replace")
        expect_equal(solution.decode(handle, chosen), expected, f"the text of {size} ids")


@task(
    "decode",
    hint="A dict raises KeyError for an unknown id, and a list takes -1: make both a ValueError.",
)
def test_unknown_ids_are_refused(solution: Any) -> None:
    """An id too large, below zero or in a gap of the vocab is a ValueError that names it."""
    vocab = {i: token for i, token in oracle.BYTES.items() if i != 77} | {300: b"M"}
    handle = solution.tokenizer(vocab, [], [])
    expect_equal(solution.decode(handle, [0, 300, 255]), "\x00M\ufffd", "the text of known ids")
    for wrong in (301, -1, 77, 299, 10**20):
        with raises(ValueError, f"the id {wrong}", naming=str(wrong)):
            solution.decode(handle, [97, wrong, 98])


@task(
    "decode", hint="For a merge three tokens must be in the vocab: left, right, and the two joined."
)
def test_merges_must_be_in_the_vocab(solution: Any) -> None:
    """A merge whose left, right or joined bytes are not in the vocab is a ValueError."""
    vocab = oracle.BYTES | {256: b"ab", 257: b"abc", 258: b"xyz"}
    handle = solution.tokenizer(vocab, [(b"a", b"b"), (b"ab", b"c")], [])
    expect_equal(solution.decode(handle, [257, 256]), "abcab", "the text with good merges")
    for merge, part in [
        ((b"xy", b"z"), "left"),
        ((b"x", b"yz"), "right"),
        ((b"b", b"c"), "joined"),
    ]:
        with raises(ValueError, f"a merge whose {part} token is not in the vocab"):
            solution.tokenizer(vocab, [(b"a", b"b"), merge], [])


@task("decode", hint="The constructor checks special tokens as pretokenize does.")
def test_special_tokens_of_the_constructor_are_checked(solution: Any) -> None:
    """A tokenizer with an empty special token, or the same one twice, is a ValueError."""
    handle = solution.tokenizer(oracle.BYTES, [], ["<x>", "<y>"])
    expect_equal(solution.decode(handle, [257, 256]), "<y><x>", "the text of two special tokens")
    with raises(ValueError, "an empty special token"):
        solution.tokenizer(oracle.BYTES, [], ["<x>", ""])
    with raises(ValueError, "the same special token twice", naming="<x>"):
        solution.tokenizer(oracle.BYTES, [], ["<x>", "<y>", "<x>"])


@task("decode", hint="Does your tokenizer add its special tokens to a dict of its own?")
def test_the_arguments_stay_as_they_are(solution: Any) -> None:
    """Building a tokenizer changes neither the vocab nor the lists that it was given."""
    vocab = {i: bytes([i]) for i in range(256)} | {256: b"ab"}
    given = (vocab, [(b"a", b"b")], ["<|end|>"])
    expect_equal(solution.arguments_after(*given), given, "the arguments afterwards")
    # The tokenizer itself knows the special token all the same.
    tokenizer = solution.tokenizer(*given)
    expect_equal(solution.decode(tokenizer, [256, 257]), "ab<|end|>", "decode([256, 257])")
