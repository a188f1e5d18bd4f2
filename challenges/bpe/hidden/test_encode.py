"""Hidden tests of task 4: agreement with tiktoken, special tokens, order of ids, round trips."""

from __future__ import annotations

import random
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

import tiktoken

from grader.grading.expect import expect_equal, raises
from grader.grading.marks import task

oracle = SimpleNamespace(**run_path(str(Path(__file__).with_name("oracle.py"))))

EOT, PAD = "<|eot|>", "<|pad|>"
TRICKY = " \n\t'sldvertmaL1½é日😀!<|\u00a0\u3000\x00\U0010ffff"


def peer(vocab: dict[int, bytes], specials: dict[str, int]) -> tiktoken.Encoding:
    """Return tiktoken's encoding for a vocab in which ids follow ranks, as training makes it."""
    ranks = {token: i for i, token in vocab.items() if i not in specials.values()}
    return tiktoken.Encoding(
        "bpe", pat_str=oracle.PAT, mergeable_ranks=ranks, special_tokens=specials
    )


@task(
    "encode",
    hint="Of all adjacent pairs the one that comes first in merges goes first, wherever it stands.",
)
def test_ranks_decide_not_places_and_not_lengths(solution: Any) -> None:
    """The pair of lowest rank goes first, not the leftmost, not the longest, in worked examples."""
    merges = [(b"b", b"c"), (b"a", b"b"), (b"c", b"d"), (b"ab", b"cd"), (b"a", b"bc")]
    vocab = oracle.BYTES | {256: b"bc", 257: b"ab", 258: b"cd", 259: b"abcd", 260: b"abc"}
    handle = solution.tokenizer(vocab, merges, [])
    # a·b·c·d: rank 0 gives a·bc·d, and only (a, bc) is left.
    expect_equal(solution.encode(handle, "abcd"), [260, 100], "the ids of 'abcd'")
    expect_equal(solution.encode(handle, "abdcd"), [257, 100, 258], "the ids of 'abdcd'")
    expect_equal(solution.encode(handle, ""), [], "the ids of an empty text")
    handle = solution.tokenizer(
        oracle.BYTES | {256: b"aa", 257: b"aaa"}, [(b"a", b"a"), (b"a", b"aa")], []
    )
    # a·a·a → aa·a: (a, aa) never stands there, except behind another letter that took an a.
    expect_equal(solution.encode(handle, "aaaaa"), [256, 256, 97], "the ids of 'aaaaa'")


@task(
    "encode",
    hint="That the joined bytes of a pair are in the vocab is not enough: is it a merge?",
)
def test_a_pair_must_be_a_merge(solution: Any) -> None:
    """A token of the vocab that no merge leads to does not come out, whatever its length."""
    vocab = oracle.BYTES | {256: b"ab", 257: b"abc", 258: b"cd", 259: b"hello", 260: b"bc"}
    handle = solution.tokenizer(vocab, [(b"b", b"c"), (b"a", b"b"), (b"ab", b"c")], [])
    expect_equal(solution.encode(handle, "abc hello"), [97, 260, 32, *b"hello"], "the ids")


@task(
    "encode",
    hint="Does your order of ids stand for the order of merges? Keep a rank for each pair.",
)
def test_ids_in_any_order(solution: Any, rng: random.Random) -> None:
    """Ids that are shuffled change the answer in name only: merges still go by rank."""
    _, merges = oracle.train(oracle.prose(rng, 1500).encode(), 256 + 150, [])
    tokens = [*oracle.BYTES.values(), *(a + b for a, b in merges), EOT.encode()]
    ids = rng.sample(range(100_000), len(tokens))
    vocab = dict(zip(ids, tokens, strict=True))
    handle = solution.tokenizer(vocab, merges, [EOT])
    text = oracle.prose(rng, 200) + EOT + oracle.wild_text(rng, 100)
    expect_equal(
        solution.encode(handle, text), oracle.encode(text, vocab, merges, [EOT]), "the ids"
    )


@task(
    "encode",
    weight=3,
    hint="tiktoken gives the ids that training would have given: replay the merges by rank.",
)
def test_ids_of_a_book_are_those_of_tiktoken(solution: Any, rng: random.Random) -> None:
    """Text like a book gives the ids of tiktoken, with special tokens and without."""
    vocab, merges = oracle.train(oracle.prose(rng, 2500).encode(), 256 + 250, [])
    specials = {EOT: len(vocab), PAD: len(vocab) + 1}
    book = f"{EOT} {EOT}{PAD}\n".join(oracle.prose(rng, 400) for _ in range(4))
    handle = solution.tokenizer(vocab, merges, [EOT, PAD])
    expected = peer(vocab, specials).encode(book, allowed_special="all")
    expect_equal(solution.encode(handle, book), expected, "the ids with special tokens")
    handle = solution.tokenizer(vocab, merges, None)
    expected = peer(vocab, {}).encode(book, disallowed_special=())
    expect_equal(solution.encode(handle, book), expected, "the ids without special tokens")


@task(
    "encode",
    weight=2,
    hint="Pre-tokens are cut as text, and merged as UTF-8 bytes: try letters of several bytes.",
)
def test_ids_of_text_in_many_scripts_are_those_of_tiktoken(
    solution: Any, rng: random.Random
) -> None:
    """Text in many scripts, with all sorts of whitespace, gives the ids of tiktoken.

    Without the rare characters: tiktoken and regex may know different versions of Unicode.
    """
    text = oracle.wild_text(rng, 1500, rare=False)
    vocab, merges = oracle.train(text.encode(), 256 + 150, [])
    encoding = peer(vocab, {EOT: len(vocab)})
    handle = solution.tokenizer(vocab, merges, [EOT])
    for _ in range(3):
        text = oracle.wild_text(rng, 500, [EOT, " the", "日本"], rare=False)
        expected = encoding.encode(text, allowed_special="all")
        expect_equal(solution.encode(handle, text), expected, "the ids")


@task(
    "encode",
    hint="Words of few letters can be merged in many ways, but only one follows the ranks.",
)
def test_long_words_of_few_letters(solution: Any, rng: random.Random) -> None:
    """Long words of few letters give the ids of tiktoken."""
    for letters in ("a", "ab", "aab", "abc"):
        corpus = " ".join("".join(rng.choices(letters, k=rng.randint(1, 30))) for _ in range(40))
        vocab, merges = oracle.train(corpus.encode(), 256 + 40, [])
        text = " ".join("".join(rng.choices(letters, k=rng.randint(1, 200))) for _ in range(15))
        handle = solution.tokenizer(vocab, merges, [])
        expected = peer(vocab, {}).encode(text, disallowed_special=())
        expect_equal(solution.encode(handle, text), expected, "the ids")


@task(
    "encode",
    weight=2,
    hint="Longest first, from the left, as in task 1. What lies between is pre-tokenised alone.",
)
def test_special_tokens_that_overlap(solution: Any, rng: random.Random) -> None:
    """Special tokens that begin alike or overlap become the ids that the scan of task 1 finds."""
    vocab, merges = oracle.train(b"ab abab  \n aab <|a|>", 300, [])
    for _ in range(8):
        specials = list(
            {
                "".join(rng.choices(["ab", "a", "<|", "|>", " ", "é"], k=rng.randint(2, 4)))
                for _ in range(5)
            }
        )
        specials = [s for s in specials if s.encode() not in vocab.values() and len(s) > 1]
        full = vocab | {len(vocab) + i: s.encode() for i, s in enumerate(specials)}
        handle = solution.tokenizer(vocab, merges, specials)
        text = "".join(rng.choices([*specials, "ab", "a", "b", "<|", "|>", " ", "  ", "'ll"], k=80))
        expect_equal(
            solution.encode(handle, text), oracle.encode(text, full, merges, specials), "the ids"
        )


@task(
    "encode",
    hint="The argument alone says which strings are special; the vocab says their ids.",
)
def test_special_tokens_are_those_given(solution: Any) -> None:
    """Special tokens not given are ordinary text; those that the vocab lacks get the next ids."""
    vocab = oracle.BYTES | {300: EOT.encode(), 400: b"ab"}
    merges = [(b"a", b"b")]
    for specials in (None, []):
        handle = solution.tokenizer(vocab, merges, specials)
        expect_equal(
            solution.encode(handle, "ab" + EOT),
            [400, *EOT.encode()],
            "the ids without special tokens",
        )
    handle = solution.tokenizer(vocab, merges, ["<z>", EOT, "<a>"])
    got = solution.encode(handle, f"ab<a>{EOT}<z><b>")
    expect_equal(got, [400, 402, 300, 401, *b"<b>"], "the ids with special tokens")
    # A special token that is also a merged token is special first: it cuts the word.
    handle = solution.tokenizer(vocab, merges, ["ab"])
    expect_equal(
        solution.encode(handle, "aabb ab"), [97, 400, 98, 32, 400], "the ids with 'ab' special"
    )


@task("encode", hint="A cache that all tokenizers share must not mix up their answers.")
def test_two_tokenizers_at_once(solution: Any, rng: random.Random) -> None:
    """Two tokenizers with other merges, used in turn, each give their own ids, every time."""
    text = oracle.prose(rng, 60)
    made = []
    for _ in range(2):
        vocab, merges = oracle.train(oracle.prose(rng, 500).encode(), 256 + 40, [])
        expected = oracle.encode(text, vocab, merges)
        made.append((solution.tokenizer(vocab, merges, []), expected))
    for _ in range(2):
        for handle, expected in made:
            expect_equal(solution.encode(handle, text), expected, "the ids")


@task("encode", hint="Every character must come back: encode as UTF-8, and drop or strip nothing.")
def test_short_texts_come_back(solution: Any, rng: random.Random) -> None:
    """Many short texts with all kinds of whitespace come back from their ids, which are right."""
    merges = [
        (b"a", b"r"),
        (b"'", b"l"),
        (b" ", b" "),
        (b"\xe6", b"\x97"),
        (b"l", b"l"),
        (b" ", b"ar"),
    ]
    vocab = oracle.vocab_of(merges, [EOT])
    handle = solution.tokenizer(vocab, merges, [EOT])
    for _ in range(100):
        text = "".join(rng.choices(TRICKY, k=rng.randint(0, 40)))
        ids = solution.encode(handle, text)
        expect_equal(ids, oracle.encode(text, vocab, merges, [EOT]), "the ids")
        expect_equal(solution.decode(handle, ids), text, "the text that came back")


@task("encode", hint="All of Unicode has UTF-8, and all of UTF-8 has ids.")
def test_all_of_unicode_comes_back(solution: Any, rng: random.Random) -> None:
    """Texts with characters of all of Unicode come back from their ids, and the ids are right."""
    vocab, merges = oracle.train(oracle.wild_text(rng, 600).encode(), 256 + 80, [EOT])
    handle = solution.tokenizer(vocab, merges, [EOT])
    for _ in range(3):
        text = oracle.wild_text(rng, 500, [EOT, "<|eot|", "eot|>"])
        ids = solution.encode(handle, text)
        expect_equal(ids, oracle.encode(text, vocab, merges, [EOT]), "the ids")
        expect_equal(solution.decode(handle, ids), text, "the text that came back")


@task(
    "encode", hint="Give the vocab and the merges of your train_bpe to your Tokenizer: do they fit?"
)
def test_train_then_encode(solution: Any, rng: random.Random) -> None:
    """What train_bpe learns, Tokenizer can use, on the corpus and on another text."""
    corpus, other = oracle.prose(rng, 600), oracle.prose(rng, 100)
    vocab, merges = solution.train((corpus + EOT).encode(), 380, [EOT])
    handle = solution.tokenizer(vocab, merges, [EOT])
    expected = oracle.train((corpus + EOT).encode(), 380, [EOT])
    for text in (corpus, other + EOT + other):
        ids = solution.encode(handle, text)
        expect_equal(ids, oracle.encode(text, *expected, [EOT]), "the ids")
        expect_equal(solution.decode(handle, ids), text, "the text that came back")


@task("encode", hint="str.encode() raises for a surrogate. Does every text of yours reach it?")
def test_lone_surrogates_are_refused(solution: Any) -> None:
    """A lone surrogate has no UTF-8, and is a ValueError; its neighbours are fine."""
    handle = solution.tokenizer(oracle.BYTES, [], [EOT])
    text = "ban \ud7ff\ue000😀"
    expect_equal(solution.encode(handle, text), list(text.encode()), "the ids of the neighbours")
    for wrong in ("\ud800", "ban \udfff ana", "\ud83d\ude00", f"x{EOT}\udc80"):
        with raises(ValueError, "a text with a lone surrogate"):
            solution.encode(handle, wrong)


@task("encode", hint="Iterating over bytes works, and so does a list: check the type yourself.")
def test_only_text_can_be_encoded(solution: Any) -> None:
    """Bytes, None, numbers and lists instead of text are a TypeError."""
    for specials in ([], [EOT]):
        handle = solution.tokenizer(oracle.BYTES, [], specials)
        expect_equal(solution.encode(handle, "ban"), [98, 97, 110], "the ids of 'ban'")
        for wrong in (b"ban", b"", None, 7, ["ban"]):
            with raises(TypeError, f"a text of type {type(wrong).__name__}"):
                solution.encode(handle, wrong)
