"""Which values may be keys of a dict or items of a set, on their way over the wall."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

MAX_RISKY_KEYS: Final = 4096
"""Keys whose hash a hostile sender can choose; with more it could stall us (n² compares)."""
MAX_DEPTH: Final = 32
"""Levels of nesting of one key."""
KEYS: Final = frozenset({type(None), bool, int, float, str, bytes, tuple, frozenset})


def check(keys: Iterable[Any], depth: int = MAX_DEPTH) -> Iterable[Any]:
    """Return received keys, if they may be keys.

    Raises: ValueError.
    """
    kinds = set(map(type, keys))
    if not kinds <= KEYS:
        raise ValueError("a key that can't be one")
    if tuple in kinds:
        # MessagePack itself reads an array as a key too; look into those.
        if depth == 0:
            raise ValueError("a key that is nested too deep")
        for key in keys:
            if type(key) is tuple:
                check(key, depth - 1)
    if reason := problem(keys, kinds):
        raise ValueError(reason)
    return keys


def problem(keys: Iterable[Any], kinds: set[type]) -> str | None:
    """Say what is wrong with keys: NaN equals nothing; crafted hashes would collide."""
    if float in kinds and any(type(key) is float and key != key for key in keys):  # noqa: PLR0124
        return "NaN as a key"
    if kinds <= {str, bytes, float, bool, type(None)}:
        return None
    risky = sum(1 for key in keys if _has_chosen_hash(key))
    return (
        f"more than {MAX_RISKY_KEYS} keys of numbers in tuples" if risky > MAX_RISKY_KEYS else None
    )


def _has_chosen_hash(key: Any) -> bool:
    """True where the sender can choose the hash; those of str and bytes are seeded anew."""
    if type(key) is tuple:
        return not all(type(part) is str or type(part) is bytes for part in key)
    return type(key) is frozenset or (type(key) is int and key.bit_length() > 64)
