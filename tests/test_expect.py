"""Comparisons: exact in type, shape, dtype and finiteness, and their messages explain."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from grader.grading.expect import Mismatch, expect, expect_close, expect_equal, raises
from grader.wall.errors import SubmissionRaised, TimeLimit

CLOSE = {"atol": 1e-6, "rtol": 0.0, "because": "a test"}


@pytest.mark.parametrize(
    ("got", "expected", "told"),
    [
        (1, True, "int instead of bool"),
        (1.0, 1, "float instead of int"),
        ([1], (1,), "list instead of tuple"),
        ([1, 2], [1, 3], "at [1]"),
        ([1, 2], [1, 2, 3], "2 items instead of 3"),
        ([1, 2, 3, 4], [1, 2], "4 items instead of 2"),
        ({"a": 1}, {"a": 2}, "['a']"),
        ({"a": 1}, {"b": 1}, "1 keys are missing"),
        ([(b"a", b"b")], [(b"a", b"c")], "[0][1]"),
        (float("nan"), 1.0, "the float is wrong"),
        (None, [], "NoneType instead of list"),
    ],
)
def test_a_difference_is_found_and_named(got, expected, told):
    with pytest.raises(Mismatch) as caught:
        expect_equal(got, expected, "the answer")
    assert told in caught.value.public


def test_equal_values_pass():
    for value in (1, "a", [1, (2, b"x")], {"a": [None]}, math.nan, {1, 2}):
        expect_equal(value, value, "it")
    expect_equal(torch.ones(2), torch.ones(2), "it")


def test_values_are_kept_out_of_what_a_hidden_test_shows():
    with pytest.raises(Mismatch) as caught:
        expect_equal(["secret one"], ["secret two"], "the words")
    assert "secret" not in caught.value.public
    assert "secret one" in caught.value.values


@pytest.mark.parametrize("make", [torch.tensor, np.array])
def test_tensors_and_arrays_are_compared_with_a_reasoned_tolerance(make):
    good = make([1.0, 2.0, math.inf, math.nan])
    expect_close(make([1.0, 2.0 + 5e-7, math.inf, math.nan]), good, "it", **CLOSE)
    for bad, told in [
        ([1.0, 2.1, math.inf, math.nan], "the worst at (1,)"),
        ([1.0, math.nan, math.inf, math.nan], "1 of them not finite"),
        ([1.0, 2.0, -math.inf, math.nan], "(2,)"),
        ([1.0, 2.0, math.inf, 0.0], "(3,)"),
    ]:
        with pytest.raises(Mismatch) as caught:
            expect_close(make(bad), good, "it", **CLOSE)
        assert told in caught.value.public
        assert "a test" in caught.value.public


def test_dtype_and_shape_are_exact():
    with pytest.raises(Mismatch, match="dtype"):
        expect_close(torch.ones(2).double(), torch.ones(2), "it", **CLOSE)
    with pytest.raises(Mismatch, match="shape"):
        expect_close(torch.ones(2, 1), torch.ones(2), "it", **CLOSE)
    with pytest.raises(Mismatch, match="ndarray instead of Tensor"):
        expect_close(np.ones(2), torch.ones(2), "it", **CLOSE)


def test_floats_are_compared_and_nan_is_no_wildcard():
    expect_close(1.0, 1.0 + 1e-7, "it", **CLOSE)
    for bad in (math.nan, math.inf, 1.1):
        with pytest.raises(Mismatch):
            expect_close(bad, 1.0, "it", **CLOSE)


def test_raises_takes_subtypes_and_names_the_value():
    with raises(ValueError, "the call", naming="7"):
        raise SubmissionRaised(
            "UnicodeDecodeError", ["UnicodeDecodeError", "ValueError"], "bad 7", ""
        )
    with raises(ValueError, "the call"):
        raise UnicodeError("in-process")


@pytest.mark.parametrize(
    "error", [None, KeyError("x"), SubmissionRaised("KeyError", ["KeyError"], "", "")]
)
def test_raises_refuses_other_errors_and_none(error):
    with pytest.raises(Mismatch), raises(ValueError, "the call"):
        if error:
            raise error


def test_raises_lets_limits_and_stubs_through():
    with pytest.raises(TimeLimit), raises(ValueError, "the call"):
        raise TimeLimit("late")
    with pytest.raises(SubmissionRaised), raises(ValueError, "the call"):
        raise SubmissionRaised(
            "NotImplementedError", ["NotImplementedError", "RuntimeError"], "", ""
        )


def test_a_condition_that_does_not_hold_is_told():
    expect(True, "fine")
    with pytest.raises(Mismatch, match="the sum is one"):
        expect(False, "the sum is one")
