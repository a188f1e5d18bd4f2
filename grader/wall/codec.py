"""Values to bytes and back, with nothing executable in between.

A payload is MessagePack. What MessagePack lacks (tuples, sets, integers beyond 64 bits, text with
lone surrogates, odd dict keys, tensors, arrays, handles, callbacks) travels as extension types.
Large buffers (tensors, long text) are set aside for shared memory and named by their offset.
What comes back is of exact builtin type, or a plain tensor or array, or the payload is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from grader.wall import arrays, keys
from grader.wall.wire import MAX_DEPTH, WIRE, Code

LARGE: Final = 64 * 1024
"""Bytes from which a buffer goes through shared memory instead of the payload."""
ALIGN: Final = 64
"""Every buffer starts at a multiple of this many bytes: a cache line."""

_DATA: Final = (
    "what crosses is None, bool, int, float, str, bytes, list, tuple, dict, set, tensors, arrays"
)
_PLAIN: Final = frozenset({type(None), bool, float})
_PLAIN_OR_INT: Final = _PLAIN | {int}
_NESTED: Final = frozenset({list, msgspec.msgpack.Ext})


class Unsendable(TypeError):
    """A value that may not cross the wall, with the place where it sits."""


class Malformed(ValueError):
    """A payload that no honest encoder makes."""


class Handle:
    """Marks an object that stays in the solver: the judge gets a token for it."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Token:
    """What the judge holds of a handle: the number under which one solver keeps the object."""

    __slots__ = ("number", "solver")

    def __init__(self, number: int, solver: object) -> None:
        self.number = number
        self.solver = solver


def aligned(size: int) -> int:
    """Return the room that a buffer of so many bytes takes: encoder and frames must agree."""
    return -(-size // ALIGN) * ALIGN


class Encoder:
    """Encodes one message: the payload, and the buffers to put into shared memory.

    What stays behind is numbered: a `Handle` in the solver by `handle`, a function in the judge by
    `callback`. A `Token` goes back only to the solver that `owner` stands for.
    """

    def __init__(
        self,
        *,
        handle: Callable[[object], int] | None = None,
        callback: Callable[[object], int] | None = None,
        owner: object = None,
    ) -> None:
        self._handle = handle
        self._callback = callback
        self._owner = owner
        self._careful = False
        self.buffers: list[memoryview] = []
        self.size = 0

    def encode(self, value: object) -> bytes:
        """Return the payload; `buffers`, `size` bytes in all, then go through shared memory.

        Raises: Unsendable, with the path to the value at fault.
        """
        try:
            return msgspec.msgpack.encode(self._lower(value, "", MAX_DEPTH))
        except (UnicodeEncodeError, OverflowError):
            # Rare: an integer beyond 64 bits or a lone surrogate. Look at every item, once more.
            self._careful = True
            self.buffers, self.size = [], 0
            return msgspec.msgpack.encode(self._lower(value, "", MAX_DEPTH))

    def _lower(self, value: Any, path: str, depth: int) -> object:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is int:
            return self._integer(value)
        if kind is str:
            return self._text(value)
        if kind is bytes:
            return self._bytes(value)
        if depth == 0:
            raise Unsendable(f"value{path[:60]}… is nested more than {MAX_DEPTH} levels deep")
        if kind is list:
            return self._items(value, path, depth)
        if kind is tuple:
            return _ext(Code.TUPLE, self._items(value, path, depth))
        if kind is dict:
            return self._mapping(value, path, depth)
        if kind is set or kind is frozenset:
            self._check_keys(value, path)
            code = Code.SET if kind is set else Code.FROZENSET
            return _ext(code, self._items(list(value), path, depth))
        return self._special(value, path)

    def _special(self, value: Any, path: str) -> object:
        if type(value) is Token:
            if value.solver is not self._owner:
                raise Unsendable(f"value{path} is a handle of a solver that is gone")
            return _ext(Code.HANDLE, value.number)
        if self._handle and type(value) is Handle:
            return _ext(Code.HANDLE, self._handle(value))
        try:
            if arrays.is_tensor(value):
                return self._raw(Code.TENSOR, *arrays.tensor_to_raw(value))
            if arrays.is_array(value):
                return self._raw(Code.ARRAY, *arrays.array_to_raw(value))
        except ValueError as error:
            raise Unsendable(f"value{path} is {error}: it can't cross") from error
        if self._callback and callable(value) and not isinstance(value, type):
            return _ext(Code.CALLBACK, self._callback(value))
        raise Unsendable(f"value{path} is a {_name(type(value))}; {_DATA}")

    def _items(self, items: Any, path: str, depth: int) -> object:
        kinds = set(map(type, items))
        if kinds <= _PLAIN or (not self._careful and kinds <= _PLAIN_OR_INT):
            return items
        return [self._lower(item, f"{path}[{i}]", depth - 1) for i, item in enumerate(items)]

    def _mapping(self, value: dict[Any, Any], path: str, depth: int) -> object:
        self._check_keys(value, path)
        names = self._items(list(value), f"{path}.keys()", depth)
        return _ext(
            Code.DICT, [names, self._items(list(value.values()), f"{path}.values()", depth)]
        )

    def _check_keys(self, items: Iterable[Any], path: str) -> None:
        for kind in set(map(type, items)) - keys.KEYS:
            raise Unsendable(f"a key of value{path} is a {_name(kind)}; {_DATA}")
        if reason := keys.problem(list(items)):
            raise Unsendable(f"value{path} has {reason}")

    def _integer(self, value: int) -> object:
        if -(2**63) <= value < 2**64:
            return value
        size = value.bit_length() // 8 + 1
        return msgspec.msgpack.Ext(Code.INT, value.to_bytes(size, "little", signed=True))

    def _text(self, value: str) -> object:
        if self._careful and _has_surrogates(value):
            return msgspec.msgpack.Ext(Code.SURROGATES, value.encode("utf-8", "surrogatepass"))
        return value if len(value) < LARGE else _ext(Code.TEXT, self._aside(value.encode("utf-8")))

    def _bytes(self, value: bytes | memoryview) -> object:
        if len(value) < LARGE:
            return msgspec.msgpack.Ext(Code.RAW, value)
        return _ext(Code.BYTES, self._aside(value))

    def _raw(self, code: int, dtype: str, shape: list[int], data: memoryview) -> object:
        raw = msgspec.msgpack.Ext(Code.RAW, data) if data.nbytes < LARGE else self._aside(data)
        return _ext(code, [dtype, shape, raw])

    def _aside(self, data: Any) -> list[int]:
        view = memoryview(data)
        offset = self.size
        self.buffers.append(view)
        self.size += aligned(view.nbytes)
        return [offset, view.nbytes]


class Decoder:
    """Decodes one message. `handle` and `callback` turn a number into an object of this side.

    `shared` is the mapped shared memory, private to this process: nobody can change it any more.
    """

    def __init__(
        self,
        shared: Any = b"",
        *,
        handle: Callable[[int], object] | None = None,
        callback: Callable[[int], object] | None = None,
    ) -> None:
        self._shared = shared
        self._seen = 0
        self._handle = handle
        self._callback = callback
        self._depth = MAX_DEPTH + 4  # a dict with odd keys takes up to three levels of its own

    def decode(self, payload: bytes | memoryview) -> Any:
        """Return the value, built of exact builtin types.

        Raises: Malformed, for every payload that the encoder could not have made.
        """
        try:
            return self._unpack(payload)
        except Malformed:
            raise
        except (msgspec.DecodeError, RecursionError, ValueError, TypeError) as error:
            raise Malformed(f"not a payload: {error}") from error

    def _unpack(self, payload: bytes | memoryview) -> Any:
        self._depth -= 1
        if self._depth < 0:
            raise Malformed(f"nested more than {MAX_DEPTH} levels deep")
        value = self._lift(WIRE.decode(payload))
        self._depth += 1
        return value

    def _lift(self, value: Any) -> Any:
        """Turn the extensions in a value into what they stand for."""
        if type(value) is msgspec.msgpack.Ext:
            return self._extension(value.code, bytes(value.data))
        if type(value) is list and not _NESTED.isdisjoint(map(type, value)):
            return [self._lift(item) for item in value]
        return value

    def _extension(self, code: int, data: bytes) -> object:
        match code:
            case Code.RAW:
                return data
            case Code.INT:
                return int.from_bytes(data, "little", signed=True)
            case Code.SURROGATES:
                return data.decode("utf-8", "surrogatepass")
        return self._composed(code, self._unpack(data))

    def _composed(self, code: int, content: Any) -> object:
        match code, content:
            case Code.TUPLE, list():
                return tuple(content)
            case Code.SET, list():
                return set(keys.check(content))
            case Code.FROZENSET, list():
                return frozenset(keys.check(content))
            case Code.DICT, [list() as names, list() as values]:
                return dict(zip(keys.check(names), values, strict=True))
            case Code.HANDLE, int() if self._handle and 0 <= content < 2**48:
                return self._handle(content)
            case Code.CALLBACK, int() if self._callback and 0 <= content < 2**48:
                return self._callback(content)
            case Code.TENSOR, [str() as dtype, list() as shape, raw]:
                return arrays.raw_to_tensor(dtype, shape, self._raw(raw))
            case Code.ARRAY, [str() as dtype, list() as shape, raw]:
                return arrays.raw_to_array(dtype, shape, self._raw(raw))
            case Code.BYTES, _:
                return bytes(self._aside(content))
            case Code.TEXT, _:
                return str(self._aside(content), "utf-8")
        raise Malformed(f"extension {code} with a content that is not its own")

    def _raw(self, raw: object) -> memoryview | bytearray:
        return bytearray(raw) if isinstance(raw, bytes) else self._aside(raw)

    def _aside(self, content: object) -> memoryview:
        match content:
            case [offset, size] if type(offset) is int and type(size) is int:
                view = memoryview(self._shared)
                # Each buffer after the one before, as they were written: the same bytes named a
                # thousand times would be a thousand copies.
                if self._seen <= offset <= offset + size <= view.nbytes:
                    self._seen = offset + size
                    return view[offset : offset + size]
        raise Malformed("a buffer outside the shared memory")


def _ext(code: int, content: object) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(code, msgspec.msgpack.encode(content))


def _has_surrogates(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _name(kind: type) -> str:
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return module + kind.__qualname__
