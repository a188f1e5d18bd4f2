"""Promises: read from an interface without running it, and held against exact types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from grader.wall.codec import Handle, Token
from grader.wall.conform import ITERATOR, Array, Tensor, describe, mismatch, promises

TOKEN = Token(1, None)


def read(folder: Path, text: str) -> dict[str, Any]:
    (folder / "interface.py").write_text(text)
    return promises(folder / "interface.py")


def promise(folder: Path, annotation: str) -> Any:
    return read(folder, f"def f() -> {annotation}: ...\n")["f"]


def test_promises_are_read_without_running_the_interface(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "import nothing_of_this_name\n"
        "from typing import Any\n"
        "open('ran', 'w')\n"
        "raise SystemExit\n"
        "def first(x=1 / 0) -> int: raise SystemExit\n"
        "def _hidden(): ...\n"
        "class Nested:\n    def method(self): ...\n"
        "def second(x: no_name) -> dict[str, list[Tensor | None]]:\n    def inner(): ...\n"
        "def third() -> Any: ...\n",
    )
    assert list(found) == ["first", "second", "third"]
    assert found["first"] is int
    assert found["second"] == dict[str, list[Tensor | None]]
    assert found["third"] is Any


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("None", None),
        ("bool", bool),
        ("Handle", Handle),
        ("Tensor", Tensor),
        ("ndarray", Array),
        ("Iterator[int]", Iterator[int]),
        ("tuple[int, ...]", tuple[int, ...]),
        ("tuple[int, str] | None", tuple[int, str] | None),
        ("set[bytes]", set[bytes]),
        ("frozenset[str]", frozenset[str]),
        ("list[float]", list[float]),
    ],
)
def test_what_an_annotation_may_be(tmp_path: Path, annotation: str, expected: Any) -> None:
    assert promise(tmp_path, annotation) == expected


def test_an_answer_of_no_type_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"interface\.py, encode: say what it returns"):
        read(tmp_path, "def ok() -> int: ...\ndef encode(text): ...\n")


@pytest.mark.parametrize(
    "annotation", ["Tokenizer", "list[object]", "open", "__import__('os')", "int | complex", "np"]
)
def test_an_answer_of_unknown_type_is_named(tmp_path: Path, annotation: str) -> None:
    with pytest.raises(
        ValueError, match=r"interface\.py, encode: .* is not defined; one of \['Any', 'Handle'"
    ):
        read(tmp_path, f"def encode() -> {annotation}: ...\n")


HOLD = [
    *(("Any", value) for value in (None, 1, "a", [object], TOKEN)),
    *(("None", None), ("int", 5), ("bool", True), ("float", 1.0), ("str", ""), ("bytes", b"")),
    *(
        ("list", [1, "a"]),
        ("dict", {1: 2}),
        ("tuple", (1, 2, 3)),
        ("set", {1}),
        ("frozenset", frozenset()),
    ),
    *(
        ("list[int]", []),
        ("list[int]", [1, 2]),
        ("list[list[int]]", [[], [1]]),
        ("list[Any]", [1, None]),
    ),
    *(
        ("list[None]", [None]),
        ("list[int | None]", [1, None]),
        ("list[Handle]", [TOKEN]),
        ("Handle", TOKEN),
    ),
    *(
        ("tuple[int, str]", (1, "a")),
        ("tuple[int, ...]", ()),
        ("tuple[int, ...]", (1, 2)),
        ("tuple[()]", ()),
    ),
    *(
        ("dict[str, int]", {}),
        ("dict[str, int]", {"a": 1}),
        ("dict[bytes, list[float]]", {b"": [1.0]}),
    ),
    *(
        ("dict[tuple[int, int], int]", {(1, 2): 3}),
        ("set[tuple[int, ...]]", {(), (1,)}),
        ("frozenset[str]", frozenset("a")),
    ),
    *(
        ("int | None", None),
        ("int | None", 3),
        ("list[int] | str", "a"),
        ("tuple[int, float] | None", (1, 1.0)),
    ),
    *(("Tensor", torch.ones(1)), ("ndarray", np.ones(1)), ("list[Tensor]", [torch.ones(1)])),
    ("dict[str, Tensor | ndarray | float]", {"a": torch.ones(1), "b": np.ones(1), "c": 1.0}),
]


@pytest.mark.parametrize(("annotation", "value"), HOLD, ids=lambda item: str(item)[:40])
def test_a_promise_is_kept(tmp_path: Path, annotation: str, value: Any) -> None:
    assert mismatch(value, promise(tmp_path, annotation)) is None


BREAK = [
    ("None", 0, "it is int instead of None"),
    ("int", True, "it is bool instead of int"),
    ("int", 1.0, "it is float instead of int"),
    ("int", None, "it is NoneType instead of int"),
    ("bool", 1, "it is int instead of bool"),
    ("float", 1, "it is int instead of float"),
    ("float", torch.ones(()), "it is Tensor instead of float"),
    ("float", np.ones(()), "it is ndarray instead of float"),
    ("str", b"a", "it is bytes instead of str"),
    ("list", (1,), "it is tuple instead of list"),
    ("tuple", [1], "it is list instead of tuple"),
    ("set[int]", frozenset({1}), "it is frozenset instead of set[int]"),
    ("list[int]", [1, True], "[1] is bool instead of int"),
    ("list[bool]", [True, 0], "[1] is int instead of bool"),
    ("list[float]", [1.0, 2], "[1] is int instead of float"),
    ("list[list[int]]", [[1], [2, "a"]], "[1][1] is str instead of int"),
    ("list[None]", [None, 0], "[1] is int instead of None"),
    ("tuple[int, str]", (1,), "it has 1 items instead of 2"),
    ("tuple[int, str]", (1, "a", 2), "it has 3 items instead of 2"),
    ("tuple[int, str]", (), "it has 0 items instead of 2"),
    ("tuple[int, str]", (1, 2), "[1] is int instead of str"),
    ("tuple[int]", (1, 2), "it has 2 items instead of 1"),
    ("tuple[()]", (1,), "it has 1 items instead of 0"),
    ("tuple[int, ...]", (1, 2, "a"), "[2] is str instead of int"),
    ("list[tuple[int, int]]", [(1, 2), (1,)], "[1] has 1 items instead of 2"),
    ("dict[str, int]", {1: 1}, " key 1 is int instead of str"),
    ("dict[str, int]", {"a": "b"}, "['a'] is str instead of int"),
    ("dict[str, list[int]]", {"a": [1], "b": [None]}, "['b'][0] is NoneType instead of int"),
    ("dict[str, int]", {"a" * 100: None}, "['" + "a" * 22 + "…] is NoneType instead of int"),
    ("frozenset[str]", frozenset({1}), "[0] is int instead of str"),
    ("int | None", "a", "it is str instead of int | None"),
    ("int | None", True, "it is bool instead of int | None"),
    ("list[int | None]", [1, "a"], "[1] is str instead of int | None"),
    ("Tensor", np.ones(1), "it is ndarray instead of Tensor"),
    ("ndarray", torch.ones(1), "it is Tensor instead of Array"),
    ("Tensor", torch.nn.Parameter(torch.ones(1)), "it is Parameter instead of Tensor"),
    ("Handle", 1, "it is int instead of Handle"),
    ("int", TOKEN, "it is a handle instead of int"),
    ("list[Handle]", [TOKEN, 1], "[1] is int instead of Handle"),
]


@pytest.mark.parametrize(("annotation", "value", "message"), BREAK, ids=lambda item: str(item)[:40])
def test_a_broken_promise_is_said_with_its_place(
    tmp_path: Path, annotation: str, value: Any, message: str
) -> None:
    assert mismatch(value, promise(tmp_path, annotation)) == message


def test_a_vast_key_can_be_named() -> None:
    # Python refuses to write out an integer of more than 4300 digits.
    for key in (10**5000, (10**5000,)):
        assert "is NoneType instead of int" in str(mismatch({key: None}, dict[Any, int]))


def test_a_broken_promise_far_down_a_long_list_is_found() -> None:
    assert mismatch([0] * 100_000 + [0.0], list[int]) == "[100000] is float instead of int"


def test_an_iterator_is_promised_by_item(tmp_path: Path) -> None:
    found = promise(tmp_path, "Iterator[list[int]]")
    assert found.__origin__ is ITERATOR
    assert found.__args__ == (list[int],)
    assert describe(found) == "collections.abc.Iterator[list[int]]"


def test_a_promise_is_described_as_it_is_written(tmp_path: Path) -> None:
    for text in (
        "None",
        "int",
        "list[int]",
        "tuple[int, ...]",
        "int | None",
        "Tensor",
        "dict[str, list[float]]",
        "Handle",
    ):
        assert describe(promise(tmp_path, text)) == text
    assert describe(Any) == "Any"
