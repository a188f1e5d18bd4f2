"""Comparisons that explain themselves. Types are exact, and nothing of the solver compares.

Each failure has two parts: what any learner may read (which value, where it differs, types, shapes,
counts) and the values themselves, which a hidden test keeps to itself.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

from grader.wall import arrays
from grader.wall.errors import ImportFailed, SubmissionRaised

_SHOWN = 120


class Mismatch(AssertionError):
    """A wrong answer. `public` may be read by all; `values` shows what came and what was due."""

    def __init__(self, public: str, values: str = "") -> None:
        super().__init__(f"{public}\n{values}" if values else public)
        self.public = public
        self.values = values


def expect_equal(got: object, expected: object, what: str) -> None:
    """Check for equality, types included, and name the first place that differs.

    Raises: Mismatch.
    """
    if found := _difference(got, expected, ""):
        place, public, values = found
        raise Mismatch(f"{what}{place and ' at ' + place}: {public}", values)


def expect_close(
    got: Any, expected: Any, what: str, *, atol: float, rtol: float, because: str
) -> None:
    """Check numbers, arrays or tensors against |got - expected| <= atol + rtol * |expected|.

    `because` says where the tolerance comes from. NaN and infinity are equal only to themselves.

    Raises: Mismatch, with dtype, shape, the worst index and how many items are out.
    """
    if type(got) is not type(expected):
        raise Mismatch(f"{what}: {_kind(got)} instead of {_kind(expected)}")
    if type(got) is float:
        _close_floats(got, expected, what, atol=atol, rtol=rtol, because=because)
        return
    for name in ("dtype", "shape"):
        left, right = getattr(got, name), getattr(expected, name)
        if left != right:
            raise Mismatch(f"{what}: {name} {_plain(left)} instead of {_plain(right)}")
    numpy: Any = arrays._library("numpy")  # noqa: SLF001
    left, right = _float64(got, numpy), _float64(expected, numpy)
    same = (left == right) | (numpy.isnan(left) & numpy.isnan(right))
    with numpy.errstate(invalid="ignore"):
        excess = numpy.abs(left - right) - (atol + rtol * numpy.abs(right))
    excess = numpy.where(same, -1.0, numpy.where(numpy.isnan(excess), math.inf, excess))
    out = int((excess > 0).sum())
    if out:
        worst = tuple(int(i) for i in numpy.unravel_index(int(excess.argmax()), excess.shape))
        lost = int((~numpy.isfinite(left) & numpy.isfinite(right)).sum())
        more = f", {lost} of them not finite" if lost else ""
        raise Mismatch(
            f"{what}: {out} of {left.size} items are out of tolerance{more}, the worst at {worst} "
            f"(atol {atol:g}, rtol {rtol:g}: {because})",
            f"there it is {left[worst]!r} instead of {right[worst]!r}",
        )


def expect(condition: bool, what: str, values: str = "") -> None:
    """Check a condition; `what` says what should hold.

    Raises: Mismatch.
    """
    if not condition:
        raise Mismatch(what, values)


@contextlib.contextmanager
def raises(kind: type[Exception], what: str, *, naming: str = "") -> Iterator[None]:
    """Check that the calls inside raise `kind` or a subtype, its message with `naming` in it.

    Raises: Mismatch; NotImplementedError of a stub goes through.
    """
    try:
        yield
    except SubmissionRaised as error:
        ancestors, name, message = error.ancestors, error.kind, error.message
        if "NotImplementedError" in ancestors or isinstance(error, ImportFailed):
            raise
    except Exception as error:
        if isinstance(error, NotImplementedError | AssertionError) or not hasattr(
            error, "__traceback__"
        ):
            raise
        if type(error).__module__.startswith("grader."):
            raise  # a time limit and the like has its own verdict
        ancestors = [base.__name__ for base in type(error).__mro__]
        name, message = type(error).__name__, str(error)
    else:
        raise Mismatch(f"{what} must raise {kind.__name__}, and nothing was raised")
    if kind.__name__ not in ancestors:
        raise Mismatch(f"{what} must raise {kind.__name__}, and {name} was raised", message)
    if naming not in message:
        raise Mismatch(f"{what}: the message of {name} must name the value at fault", message)


def _difference(got: Any, expected: Any, place: str) -> tuple[str, str, str] | None:
    """Return where two values first differ, what may be said, and the two values."""
    if type(got) is not type(expected):
        return place, f"{_kind(got)} instead of {_kind(expected)}", ""
    if type(got) in (list, tuple):
        return _sequence_difference(got, expected, place)
    if type(got) is dict:
        return _dict_difference(got, expected, place)
    if arrays.is_tensor(got) or arrays.is_array(got):
        try:
            expect_close(got, expected, "it", atol=0, rtol=0, because="exact")
        except Mismatch as error:
            return place, error.public.removeprefix("it: "), error.values
        return None
    if got == expected or (type(got) is float and math.isnan(got) and math.isnan(expected)):
        return None
    return place, f"the {type(got).__name__} is wrong", _values(got, expected)


def _sequence_difference(got: Any, expected: Any, place: str) -> tuple[str, str, str] | None:
    for i, (left, right) in enumerate(zip(got, expected, strict=False)):
        if left is right or (
            type(left) is type(right) and type(left) in (int, str, bytes) and left == right
        ):
            continue
        if found := _difference(left, right, f"{place}[{i}]"):
            return found
    if len(got) != len(expected):
        i = min(len(got), len(expected))
        more = (
            f"it stops at [{i}]"
            if len(got) < len(expected)
            else f"the rest, from [{i}] on, is too much"
        )
        extra = got[i : i + 3] if len(got) > i else expected[i : i + 3]
        values = f"{'too much' if len(got) > i else 'missing'}: {_short(extra)}"
        return place, f"{len(got)} items instead of {len(expected)}: {more}", values
    return None


def _dict_difference(got: Any, expected: Any, place: str) -> tuple[str, str, str] | None:
    missing = [key for key in expected if key not in got]
    extra = [key for key in got if key not in expected]
    if missing or extra:
        values = f"missing: {_short(missing[:3])}, too much: {_short(extra[:3])}"
        return place, f"{len(missing)} keys are missing, {len(extra)} are too much", values
    for key, right in expected.items():
        if found := _difference(got[key], right, f"{place}[{_short(key)}]"):
            return found
    return None


def _close_floats(
    got: float, expected: float, what: str, *, atol: float, rtol: float, because: str
) -> None:
    same = got == expected or (math.isnan(got) and math.isnan(expected))
    if not same and not abs(got - expected) <= atol + rtol * abs(expected):
        public = f"{what}: out of tolerance (atol {atol:g}, rtol {rtol:g}: {because})"
        raise Mismatch(public, _values(got, expected))


def _float64(value: Any, numpy: Any) -> Any:
    if arrays.is_tensor(value):
        value = value.detach().to("cpu")
        value = (value.double() if not value.is_complex() else value).numpy()
    return numpy.asarray(value, dtype=complex if numpy.iscomplexobj(value) else float)


def _values(got: object, expected: object) -> str:
    return f"got      {_short(got)}\nexpected {_short(expected)}"


def _kind(value: object) -> str:
    return type(value).__name__


def _plain(value: object) -> str:
    return str(tuple(value)) if isinstance(value, tuple) else str(value)


def _short(value: Any) -> str:
    try:
        text = repr(value[:_SHOWN] if type(value) in (str, bytes) else value)
    except ValueError:
        return "an integer too long to write out"
    if type(value) in (str, bytes) and len(value) > _SHOWN:
        return f"{text}… ({len(value)} in all)"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
