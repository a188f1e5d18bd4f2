"""Hidden tests of task 5: GPT-2's two files, written and read, and malformed ones."""

from __future__ import annotations

import json
import random
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

from grader.grading.expect import expect, expect_equal, raises
from grader.grading.marks import task

oracle = SimpleNamespace(**run_path(str(Path(__file__).with_name("oracle.py"))))

EOT = "<|eot|>"
TABLE = oracle.characters()
HEADER = "#version: 0.2\n"


def written(token: bytes) -> str:
    """One character for each byte."""
    return "".join(TABLE[byte] for byte in token)


def vocab_json(vocab: dict[int, bytes]) -> dict[str, int]:
    """What vocab.json holds."""
    return {written(token): i for i, token in vocab.items()}


def read_json(data: bytes) -> dict[str, int]:
    """Read what the submission wrote."""
    try:
        value: dict[str, int] = json.loads(data.decode("utf-8"))
    except ValueError:
        expect(False, "vocab.json must be UTF-8 and JSON", repr(data[:100]))
        raise
    return value


def random_tokenizer(rng: random.Random) -> tuple[dict[int, bytes], list[tuple[bytes, bytes]]]:
    """A vocab with shuffled ids, and merges of any bytes: spaces, newlines, half characters."""
    tokens = list(oracle.BYTES.values())
    merges = []
    while len(merges) < 120:
        pair = rng.choice(tokens), rng.choice(tokens[:256])
        if pair[0] + pair[1] not in tokens:
            merges.append(pair)
            tokens.append(pair[0] + pair[1])
    ids = rng.sample(range(1000), len(tokens))
    return dict(zip(ids, tokens, strict=True)), merges


@task(
    "files",
    hint="Print your table beside that of the spec: 256 entries, none twice, the 68 in order.",
)
def test_each_byte_has_its_character(solution: Any) -> None:
    """Each of the 256 bytes stands in vocab.json as the character of the table."""
    data, merges_txt = solution.save(solution.tokenizer(oracle.BYTES, [], []))
    expect_equal(read_json(data), vocab_json(oracle.BYTES), "the object in vocab.json")
    expect_equal(merges_txt, HEADER.encode(), "the bytes of merges.txt without merges")


@task(
    "files",
    hint="One line a merge, two tokens with one space between, each byte through the table.",
)
def test_merges_of_any_bytes_are_written(solution: Any, rng: random.Random) -> None:
    """Merges of any bytes are written in order, one a line, and the vocab with its ids."""
    vocab, merges = random_tokenizer(rng)
    data, merges_txt = solution.save(solution.tokenizer(vocab, merges, []))
    lines = [f"{written(left)} {written(right)}\n" for left, right in merges]
    expect_equal(merges_txt.decode("utf-8", "replace"), HEADER + "".join(lines), "merges.txt")
    expect_equal(read_json(data), vocab_json(vocab), "the object in vocab.json")


@task("files", hint="The special tokens that the constructor added belong into vocab.json as well.")
def test_special_tokens_are_in_the_vocab_file(solution: Any) -> None:
    """Special tokens stand in vocab.json through the table, also those that were added."""
    handle = solution.tokenizer(oracle.BYTES | {500: b"<x>"}, [], ["<x>", "< é\n>"])
    data, _ = solution.save(handle)
    expected = vocab_json(oracle.BYTES | {500: b"<x>", 501: "< é\n>".encode()})
    expect_equal(read_json(data), expected, "the object in vocab.json")
    expect_equal(expected["<ĠÃ©Ċ>"], 501, "the id")


@task("files", hint="JSON may be written in many ways: leave the reading to json.loads.")
def test_files_of_another_writer_can_be_read(solution: Any) -> None:
    """Files as other libraries write them, with escapes and merges of '#', can be read."""
    merges = [(b"#", b"#"), (b" ", b"\xc3"), (b" \xc3", b"\xa9"), (b"##", b"v"), (b"\n", b"\n")]
    vocab = {511 - i: token for i, token in oracle.vocab_of(merges, [EOT]).items()}
    lines = "# #\nĠ Ã\nĠÃ ©\n## v\nĊ Ċ\n"
    text = "## é###v\n\n" + EOT
    for options in (
        {"indent": 2},
        {"ensure_ascii": False},
        {"separators": (",", ":"), "sort_keys": True},
    ):
        data = json.dumps(vocab_json(vocab), **options).encode()
        handle = solution.load(data, (HEADER + lines).encode(), [EOT])
        # "##" | " é" | "###v": "###" "v" | "\n\n"
        expected = [511 - i for i in (256, 258, 256, 35, 118, 260, 261)]
        expect_equal(solution.encode(handle, text), expected, "the ids")
        expect_equal(solution.decode(handle, expected), text, "the text")


@task("files", hint="Save, load, save again: the files must say the same.")
def test_saved_and_loaded_is_the_same(solution: Any, rng: random.Random) -> None:
    """A tokenizer of any bytes that was saved and loaded gives the same ids, text and files."""
    vocab, merges = random_tokenizer(rng)
    specials = ["<\n>", EOT]
    files = solution.save(solution.tokenizer(vocab, merges, specials))
    handle = solution.load(*files, specials)
    text = oracle.wild_text(rng, 150, specials)
    first = max(vocab) + 1
    full = vocab | {first: b"<\n>", first + 1: EOT.encode()}
    ids = oracle.encode(text, full, merges, specials)
    expect_equal(solution.encode(handle, text), ids, "the ids")
    expect_equal(solution.decode(handle, ids), text, "the text")
    again = solution.save(handle)
    expect_equal(read_json(again[0]), vocab_json(full), "the object in vocab.json")
    expect_equal(again[1], files[1], "merges.txt")
    # The files don't say which tokens are special.
    plain = solution.load(*files)
    expect_equal(
        solution.encode(plain, EOT), oracle.encode(EOT, full, merges), "the ids of ordinary text"
    )


GOOD = vocab_json(oracle.BYTES | {256: b"ab", 257: b"abc"})
GOOD_MERGES = HEADER + "a b\nab c\n"


@task("files", hint="json.loads tells you of broken JSON. What of good JSON that is no vocab?")
def test_malformed_vocab_files_are_refused(solution: Any) -> None:
    """A vocab.json that is no object from tokens to distinct integers is a ValueError."""
    merges = GOOD_MERGES.encode()
    handle = solution.load(json.dumps(GOOD).encode(), merges, [])
    expect_equal(solution.encode(handle, "abcab"), [257, 256], "the ids")
    for wrong, what in [
        (b"\xff" + json.dumps(GOOD).encode(), "a vocab.json that is not UTF-8"),
        (json.dumps(GOOD).encode()[:-1], "a vocab.json that is not JSON"),
        (b"", "an empty vocab.json"),
        (json.dumps(list(GOOD)).encode(), "a vocab.json with a list"),
        (b"258", "a vocab.json with a number"),
        (json.dumps(GOOD | {"ab": "256"}).encode(), "an id that is a string"),
        (json.dumps(GOOD | {"ab": 256.5}).encode(), "an id that is a float"),
        (json.dumps(GOOD | {"ab": None}).encode(), "an id that is null"),
        (json.dumps(GOOD | {"ab": [256]}).encode(), "an id that is a list"),
        (json.dumps(GOOD | {"a b": 300}).encode(), "a token with a space"),
        (
            json.dumps(GOOD | {"日本": 300}).encode(),
            "a token with a character that is not in the table",
        ),
        (
            json.dumps(GOOD | {"x\u0144": 300}).encode(),
            "a token with U+0144, one after the table's last",
        ),
        (
            json.dumps(GOOD | {"x\u00ad": 300}).encode(),
            "a token with U+00AD, which the table leaves out",
        ),
        (json.dumps(GOOD | {"xy": 97}).encode(), "the same id twice"),
    ]:
        with raises(ValueError, what):
            solution.load(wrong, merges, [])


@task(
    "files",
    hint="Each line after the header is two tokens with one space between: check just that.",
)
def test_malformed_merge_files_are_refused(solution: Any) -> None:
    """A merges.txt with a line that is not two tokens with one space between is a ValueError."""
    vocab = json.dumps(GOOD).encode()
    handle = solution.load(vocab, GOOD_MERGES.encode(), [])
    expect_equal(solution.encode(handle, "abcc"), [257, 99], "the ids")
    for wrong, what in [
        (GOOD_MERGES.encode() + b"\xff x\n", "a merges.txt that is not UTF-8"),
        (HEADER + "a b\nabc\n", "a line with one token"),
        (HEADER + "a b c\n", "a line with three tokens"),
        (HEADER + "a  b\n", "a line with two spaces"),
        (HEADER + "a b \n", "a line with a space at its end"),
        (HEADER + " a b\n", "a line with a space at its beginning"),
        (HEADER + "a b\n\nab c\n", "an empty line between two merges"),
        (HEADER + "a\tb\n", "a line with a tab"),
        (HEADER + "a b\r\nab c\r\n", "lines that end with \\r\\n"),
        (HEADER + "a b\nab 日\n", "a character that is not in the table"),
        (HEADER + "a b\nb c\n", "a merge whose joined bytes are not in the vocab"),
        (HEADER + "a b\na bc\n", "a merge whose right token is not in the vocab"),
    ]:
        with raises(ValueError, what):
            solution.load(vocab, wrong if isinstance(wrong, bytes) else wrong.encode(), [])


@task("files", hint="from_files ends in the constructor, which checks special tokens.")
def test_special_tokens_of_loading_are_checked(solution: Any) -> None:
    """An empty special token and the same one twice are a ValueError when files are loaded."""
    files = json.dumps(GOOD).encode(), GOOD_MERGES.encode()
    handle = solution.load(*files, ["<x>", "abc"])
    expect_equal(solution.encode(handle, "<x>abcab"), [258, 257, 256], "the ids")
    with raises(ValueError, "an empty special token"):
        solution.load(*files, ["<x>", ""])
    with raises(ValueError, "the same special token twice", naming="<x>"):
        solution.load(*files, ["<x>", "<y>", "<x>"])
