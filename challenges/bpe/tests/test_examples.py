"""The worked examples of the spec, as tests. Read them: they show how each function is called.

`solution` offers the functions of interface.py, data in and data out: `train` takes the bytes of a
corpus and writes them to a file for you, `tokenizer` gives a handle which the others take.
"""

from __future__ import annotations

from typing import Any

from grader.grading.expect import expect_equal, raises
from grader.grading.marks import task

EOT = "<|eot|>"

CORPUS = b"ban bandana banana banana bandana"
MERGES = [
    (b"a", b"n"),
    (b"b", b"an"),
    (b"an", b"a"),
    (b" ", b"ban"),
    (b"d", b"ana"),
    (b" ban", b"dana"),
    (b" ban", b"ana"),
]
# Written out, not computed with your train: tasks 3 to 6 can be right while task 2 isn't there yet.
VOCAB = {i: bytes([i]) for i in range(256)} | {
    256: b"an",
    257: b"ban",
    258: b"ana",
    259: b" ban",
    260: b"dana",
    261: b" bandana",
    262: b" banana",
    263: b"<|eot|>",
}

SENNRICH_CORPUS = b"low\n" * 5 + b"lower\n" * 2 + b"newest\n" * 6 + b"widest\n" * 3
SENNRICH_MERGES = [
    (b"s", b"t"),
    (b"e", b"st"),
    (b"o", b"w"),
    (b"l", b"ow"),
    (b"w", b"est"),
    (b"n", b"e"),
    (b"ne", b"west"),
    (b"w", b"i"),
    (b"wi", b"d"),
    (b"wid", b"est"),
    (b"low", b"e"),
    (b"lowe", b"r"),
]


# ---- task 1


@task("pretokenize")
def test_a_sentence_is_cut_into_its_pre_tokens(solution: Any) -> None:
    """The sentence of the spec is cut into its seven pre-tokens."""
    got = solution.pretokenize("They'll pay  $300!", [])
    expect_equal(got, ["They", "'ll", " pay", " ", " $", "300", "!"], "the pre-tokens")


@task("pretokenize")
def test_a_special_token_ends_a_segment_and_is_not_in_the_result(solution: Any) -> None:
    """A special token is cut out, and each segment beside it is pre-tokenised on its own."""
    got = solution.pretokenize("end.  <|eot|>  Start", [EOT])
    expect_equal(got, ["end", ".", "  ", " ", " Start"], "the pre-tokens")


# ---- task 2


@task("train")
def test_the_worked_example_gives_its_merges_in_order(solution: Any) -> None:
    """The worked example of the spec gives exactly its seven merges."""
    _, merges = solution.train(CORPUS, 300, [EOT])
    expect_equal(merges, MERGES, "the ordered merges")


@task("train")
def test_ids_are_bytes_then_merges_then_special_tokens(solution: Any) -> None:
    """The vocab holds the bytes, then the merges, then the special tokens, and stops early."""
    vocab, _ = solution.train(CORPUS, 300, [EOT])
    expect_equal(vocab, VOCAB, "the vocab")


@task("train")
def test_the_words_of_sennrich_give_twelve_merges(solution: Any) -> None:
    """The words of Sennrich et al. (2016), section 3.2, give twelve merges by our rules."""
    _, merges = solution.train(SENNRICH_CORPUS, 256 + 12, [])
    expect_equal(merges, SENNRICH_MERGES, "the ordered merges")


@task("train")
def test_a_vocab_without_room_for_the_bytes_is_refused(solution: Any) -> None:
    """A vocab_size below 256 + the number of special tokens is a ValueError."""
    with raises(ValueError, "a vocab_size of 256 with one special token"):
        solution.train(CORPUS, 256, [EOT])


# ---- task 3


@task("decode")
def test_a_character_may_be_spread_over_several_tokens(solution: Any) -> None:
    """Two ids, a byte each, decode to one character; the first alone decodes to U+FFFD."""
    handle = solution.tokenizer(VOCAB, MERGES, [EOT])
    expect_equal(solution.decode(handle, [98, 195, 169]), "bé", "the text of [98, 195, 169]")
    expect_equal(solution.decode(handle, [195]), "\ufffd", "the text of [195]")


@task("decode")
def test_an_unknown_id_is_refused(solution: Any) -> None:
    """An id that is not in the vocab is a ValueError."""
    handle = solution.tokenizer(VOCAB, MERGES, [EOT])
    with raises(ValueError, "the id 264 with a vocab of 264 entries"):
        solution.decode(handle, [97, 264])


# ---- task 4


@task("encode")
def test_merges_are_applied_by_rank_not_by_length(solution: Any) -> None:
    """The words of the spec are encoded by the rank of the merges, not by the longest token."""
    handle = solution.tokenizer(VOCAB, MERGES, [EOT])
    expect_equal(solution.encode(handle, "bandanas"), [257, 260, 115], "the ids of 'bandanas'")
    expect_equal(solution.encode(handle, "anan"), [256, 256], "the ids of 'anan'")
    got = solution.encode(handle, "banana bandana!")
    expect_equal(got, [257, 258, 261, 33], "the ids of 'banana bandana!'")


@task("encode")
def test_a_special_token_is_one_id(solution: Any) -> None:
    """A special token in the text becomes its one id."""
    handle = solution.tokenizer(VOCAB, MERGES, [EOT])
    got = solution.encode(handle, "ban<|eot|> banana")
    expect_equal(got, [257, 263, 262], "the ids of 'ban<|eot|> banana'")


# ---- task 5


@task("files")
def test_merges_are_saved_in_the_format_of_gpt2(solution: Any) -> None:
    """The merges of the worked example are saved as the spec shows them."""
    _, merges_txt = solution.save(solution.tokenizer(VOCAB, MERGES, [EOT]))
    expected = "#version: 0.2\na n\nb an\nan a\nĠ ban\nd ana\nĠban dana\nĠban ana\n"
    expect_equal(merges_txt, expected.encode(), "the bytes of merges.txt")


@task("files")
def test_a_saved_tokenizer_can_be_loaded(solution: Any) -> None:
    """A tokenizer loaded from its own files gives the ids of the first one."""
    vocab_json, merges_txt = solution.save(solution.tokenizer(VOCAB, MERGES, [EOT]))
    handle = solution.load(vocab_json, merges_txt, [EOT])
    got = solution.encode(handle, "banana bandana!<|eot|>")
    expect_equal(got, [257, 258, 261, 33, 263], "the ids of 'banana bandana!<|eot|>'")


# ---- task 6


@task("stream")
def test_chunks_may_be_cut_anywhere(solution: Any) -> None:
    """Chunks cut in a word, in whitespace and in a special token give the ids of the whole."""
    handle = solution.tokenizer(VOCAB, MERGES, [EOT])
    got = solution.encode_chunks(handle, ["ba", "n  ", "bandana<|e", "ot|>"])
    expect_equal(got, [257, 32, 261, 263], "the ids of the chunks")


@task("stream")
def test_a_contraction_may_be_cut_before_its_last_letter(solution: Any) -> None:
    """A cut inside 'll doesn't show in the ids."""
    vocab = {i: bytes([i]) for i in range(256)} | {256: b"ll", 257: b"'ll"}
    handle = solution.tokenizer(vocab, [(b"l", b"l"), (b"'", b"ll")], [])
    expect_equal(solution.encode_chunks(handle, ["I'l", "l"]), [73, 257], "the ids of the chunks")


# ---- task 7


@task("parallel")
def test_two_processes_give_the_merges_of_one(solution: Any) -> None:
    """Two processes give the twelve merges of the words of Sennrich et al. (2016)."""
    _, merges = solution.train(SENNRICH_CORPUS, 256 + 12, [], 2)
    expect_equal(merges, SENNRICH_MERGES, "the ordered merges")


@task("parallel")
def test_no_cut_inside_a_run_of_whitespace(solution: Any) -> None:
    """Two and three processes don't cut a newline off the space before it."""
    # Pre-tokens: "xy" x 3, "\n" x 3, " no" x 4, " \n" x 4. A cut inside one of the " \n" leaves
    # three of these, no more than "xy" has, and then (x, y) wins the tie and comes too early.
    corpus = b"xy\n" * 3 + b" no \n" * 4
    expected = [(b"n", b"o"), (b" ", b"no"), (b" ", b"\n"), (b"x", b"y")]
    for num_processes in (2, 3):
        _, merges = solution.train(corpus, 300, [], num_processes)
        expect_equal(merges, expected, f"the ordered merges with num_processes={num_processes}")
