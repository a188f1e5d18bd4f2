"""The shape of a payload on the wire: which MessagePack is allowed, and the extension codes."""

from __future__ import annotations

from typing import Any, Final, Union

import msgspec

MAX_DEPTH: Final = 32
"""Levels of nesting of one message."""


def _wire_type(depth: int) -> Any:
    """The only MessagePack there is on the wall: no maps, no dates, no bytes, bounded depth.

    A map would be built by msgspec before anybody could look at its keys, and crafted integers
    make that take minutes. Bytes are an extension, for msgspec can't have them beside str.
    """
    kind: Any = None
    for _ in range(depth):
        nested = () if kind is None else (list[kind],)
        kind = Union[(None, bool, int, float, str, msgspec.msgpack.Ext, *nested)]
    return kind


WIRE: Final = msgspec.msgpack.Decoder(_wire_type(MAX_DEPTH + 4))


class Code:
    """The extension codes."""

    TUPLE, SET, FROZENSET, DICT, INT, SURROGATES = 1, 2, 3, 4, 5, 6
    HANDLE, CALLBACK, TENSOR, ARRAY, BYTES, TEXT, RAW = 7, 8, 9, 10, 11, 12, 13
