"""The types that an interface promises, read from interface.py without running it."""

from __future__ import annotations

import ast
import collections.abc
import itertools
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.wall import arrays
from grader.wall.codec import Handle, Token

_Promise = Any
ITERATOR = collections.abc.Iterator


class Tensor:
    """Stands for torch.Tensor in a promise, so that reading one needs no torch."""


class Array:
    """Stands for numpy.ndarray in a promise."""


_NAMES: dict[str, Any] = {
    **{
        kind.__name__: kind
        for kind in (bool, int, float, str, bytes, list, tuple, dict, set, frozenset)
    },
    "None": None,
    "Any": Any,
    "Handle": Handle,
    "Tensor": Tensor,
    "ndarray": Array,
    "Iterator": collections.abc.Iterator,
}


def promises(interface: Path) -> dict[str, _Promise]:
    """Return each public function of an interface with the type of its answer.

    Raises: ValueError, for an answer whose type is missing or none that can cross.
    """
    found: dict[str, _Promise] = {}
    for node in ast.parse(interface.read_text()).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            if node.returns is None:
                raise ValueError(f"{interface}, {node.name}: say what it returns")
            code = compile(ast.Expression(node.returns), str(interface), "eval")
            try:
                found[node.name] = eval(code, {"__builtins__": {}}, _NAMES)  # noqa: S307  (our own file)
            except NameError as error:
                raise ValueError(
                    f"{interface}, {node.name}: {error}; one of {sorted(_NAMES)}"
                ) from error
    return found


def item_of(promise: _Promise) -> _Promise | None:
    """Return what an Iterator promises for each item, or None if the promise is no Iterator."""
    origin: Any = typing.get_origin(promise)
    return typing.get_args(promise)[0] if origin is ITERATOR else None


def mismatch(value: Any, promise: _Promise, place: str = "") -> str | None:
    """Say how a decoded value breaks its promise, or return None. Types are exact."""
    if promise is Any:
        return None
    origin: Any = typing.get_origin(promise)
    args = typing.get_args(promise)
    if origin in (types.UnionType, typing.Union):
        return (
            None if any(mismatch(value, a) is None for a in args) else _say(value, promise, place)
        )
    if promise is Tensor or promise is Array:
        fits = arrays.is_tensor(value) if promise is Tensor else arrays.is_array(value)
        return None if fits else _say(value, promise, place)
    expected: Any = {None: type(None), Handle: Token}.get(promise, origin or promise)
    if type(value) is not expected:
        return _say(value, promise, place)
    if origin is None or _uniform(value, args):
        return None
    if expected is tuple and args[1:] != (...,) and len(value) != len(args):
        return f"{place or 'it'} has {len(value)} items instead of {len(args)}"
    for item, arg, where in _parts(value, expected, args):
        if problem := mismatch(item, arg, f"{place}{where}"):
            return problem
    return None


def _uniform(value: Any, args: tuple[Any, ...]) -> bool:
    """The common case at the speed of C: a list or set of one builtin type."""
    return type(value) in (list, set, frozenset) and set(map(type, value)) <= {args[0]}


def _parts(value: Any, kind: type, args: tuple[Any, ...]) -> Iterator[tuple[Any, Any, str]]:
    # One after the other: a hostile answer may have millions, and the first settles it.
    if kind is dict:
        for key, item in value.items():
            yield key, args[0], f" key {_short(key)}"
            yield item, args[1], f"[{_short(key)}]"
        return
    each = args if kind is tuple and args[1:] != (...,) else itertools.repeat(args[0])
    for i, (item, arg) in enumerate(zip(value, each, strict=False)):
        yield item, arg, f"[{i}]"


def _say(value: Any, promise: _Promise, place: str) -> str:
    kind = "a handle" if type(value) is Token else type(value).__name__
    return f"{place or 'it'} is {kind} instead of {describe(promise)}"


def describe(promise: _Promise) -> str:
    """Return a promise as one writes it."""
    if promise is None:
        return "None"
    return str(promise) if typing.get_args(promise) else str(getattr(promise, "__name__", promise))


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # an integer too long for Python to write out
        text = "…"
    return text if len(text) <= 24 else text[:23] + "…"
