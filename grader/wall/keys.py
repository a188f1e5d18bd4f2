"""Which values may be keys of a dict or items of a set, on their way over the wall."""

from __future__ import annotations

from typing import Any, Final

MAX_RISKY_KEYS: Final = 4096
"""Keys whose hash a hostile sender can choose; with more it could stall us (n² compares)."""
KEYS: Final = frozenset({type(None), bool, int, float, str, bytes, tuple, frozenset})
_DENSE: Final = 2**16
"""Integers up to this, and up to 8 times their number, can't crowd a hash table by much."""


def check(keys: list[Any]) -> list[Any]:
    """Return received keys, if they may be keys.

    Raises: ValueError.
    """
    if not set(map(type, keys)) <= KEYS:
        raise ValueError("a key that can't be one")
    if reason := problem(keys):
        raise ValueError(reason)
    return keys


def problem(keys: list[Any]) -> str | None:
    """Say what is wrong with keys: NaN equals nothing; crafted hashes would collide."""
    kinds = set(map(type, keys))
    if not kinds.isdisjoint({float, tuple, frozenset}) and any(map(_has_nan, keys)):
        return "NaN as a key"
    if kinds <= {str, bytes} or len(keys) <= MAX_RISKY_KEYS:
        return None
    bound = 8 * len(keys) + _DENSE
    if kinds == {int} and -bound <= min(keys) and max(keys) <= bound:
        return None
    if sum(_has_chosen_hash(key, bound) for key in keys) > MAX_RISKY_KEYS:
        return f"more than {MAX_RISKY_KEYS} keys of wild numbers: send a list of pairs"
    return None


def _has_nan(key: Any) -> bool:
    if type(key) is tuple or type(key) is frozenset:
        return any(map(_has_nan, key))
    return type(key) is float and key != key  # noqa: PLR0124


def _has_chosen_hash(key: Any, bound: int) -> bool:
    """True where the sender can choose the hash; those of str and bytes are seeded anew."""
    if type(key) is int:
        return not -bound <= key <= bound
    if type(key) is tuple:
        return not all(type(part) is str or type(part) is bytes for part in key)
    return type(key) is float or type(key) is frozenset
