"""The codec: every value comes back as itself, and no hostile payload becomes anything else."""

from __future__ import annotations

import math
import time
import tracemalloc
from collections import Counter, OrderedDict
from datetime import UTC, datetime
from enum import IntEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.wall.codec import (
    ALIGN,
    LARGE,
    MAX_DEPTH,
    Decoder,
    Encoder,
    Handle,
    Malformed,
    Token,
    Unsendable,
)
from grader.wall.keys import MAX_RISKY_KEYS

# The wire format, written out: a payload that was valid must not change its meaning.
TUPLE, SET, FROZENSET, DICT, INT, SURROGATES = 1, 2, 3, 4, 5, 6
HANDLE, CALLBACK, TENSOR, ARRAY, BYTES, TEXT = 7, 8, 9, 10, 11, 12

ARRAY_DTYPES = [
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128", "longdouble", "clongdouble"),
]
TENSOR_DTYPES = [
    *(torch.bool, torch.uint8, torch.uint16, torch.uint32, torch.uint64),
    *(torch.int8, torch.int16, torch.int32, torch.int64),
    *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
    *(torch.complex64, torch.complex128, torch.float8_e4m3fn, torch.float8_e5m2),
]
PLAIN = (type(None), bool, int, float, str, bytes, list, tuple, dict, set, frozenset)

fast = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))


def packed(value: Any) -> bytes:
    return msgspec.msgpack.encode(value)


def ext(code: int, content: Any) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(code, content if isinstance(content, bytes) else packed(content))


def shared_of(encoder: Encoder) -> bytearray:
    """Lay buffers out as the frames do."""
    shared = bytearray()
    for view in encoder.buffers:
        shared += view
        shared += bytes(-len(shared) % ALIGN)
    return shared


def cross(value: Any) -> Any:
    encoder = Encoder()
    payload = encoder.encode(value)
    shared = shared_of(encoder)
    assert len(shared) == encoder.size
    return Decoder(shared).decode(payload)


def refused(payload: bytes, shared: bytes = b"") -> str:
    with pytest.raises(Malformed) as caught:
        Decoder(bytearray(shared)).decode(payload)
    return str(caught.value)


def same(a: Any, b: Any) -> bool:
    """Equal in type and content, all the way down; NaN is NaN, and -0.0 is not 0.0."""
    if type(a) is not type(b):
        return False
    if type(a) is float:
        return (math.isnan(a) and math.isnan(b)) or (
            a == b and math.copysign(1, a) == math.copysign(1, b)
        )
    if type(a) in (list, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if type(a) is dict:
        # Order is kept; compare keys in order so that 1, True and 1.0 are told apart.
        return same(list(a), list(b)) and same(list(a.values()), list(b.values()))
    if type(a) in (set, frozenset):
        return Counter(map(exactly, a)) == Counter(map(exactly, b))
    if type(a) is np.ndarray:
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return bool(a == b)


def exactly(key: Any) -> Any:
    """A key in a form that tells 1, True, 1.0 and -0.0 apart."""
    parts = frozenset(map(exactly, key)) if type(key) is frozenset else key
    return (
        type(key),
        tuple(map(exactly, key)) if type(key) is tuple else parts,
        repr(key) if type(key) is float else "",
    )


def same_tensor(a: torch.Tensor, b: torch.Tensor) -> bool:
    if type(b) is not torch.Tensor or a.dtype != b.dtype or a.shape != b.shape:
        return False
    raw = [t.detach().resolve_conj().resolve_neg().contiguous().reshape(-1) for t in (a, b)]
    return a.numel() == 0 or bool(torch.equal(*(t.view(torch.uint8) for t in raw)))


def only_plain(value: Any) -> bool:
    if type(value) in (list, tuple, set, frozenset):
        return all(map(only_plain, value))
    if type(value) is dict:
        return all(map(only_plain, value)) and all(map(only_plain, value.values()))
    return type(value) in (*PLAIN, np.ndarray, torch.Tensor)


# Values ---------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=[]))  # lone surrogates too
ints = (
    st.integers()
    | st.integers(-(2**300), 2**300)
    | st.sampled_from([s * 2**n + d for n in (31, 32, 63, 64) for s in (1, -1) for d in (-1, 0, 1)])
)
scalars = st.none() | st.booleans() | ints | st.floats() | texts | st.binary()
hashables = st.recursive(
    st.none() | st.booleans() | ints | st.floats(allow_nan=False) | texts | st.binary(),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=6,
)
arrays = st.sampled_from(ARRAY_DTYPES).flatmap(
    lambda dtype: hnp.arrays(
        dtype if "long" not in dtype else "float64",
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    )
)
values = st.recursive(
    scalars | arrays,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(hashables, inner, max_size=4)
        | st.sets(hashables, max_size=4)
        | st.frozensets(hashables, max_size=4)
    ),
    max_leaves=20,
)


@fast
@given(values)
def test_every_value_comes_back_as_itself(value: Any) -> None:
    assert same(cross(value), value)


@pytest.mark.parametrize(
    "value",
    [
        *(0, -1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**5000, -(10**5000)),
        *(True, False, None, 0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1.0),
        *("", "a", "\x00", "é", "\ud800", "x\udfffy", "\udc80" * 5, "🙂", b"", b"\xff\x00"),
        *([], (), {}, set(), frozenset(), [()], ((),), {(): ()}, [[], [[]]]),
        *([1, True, 1.0], (None,), {None: 0}, {True: 1}, {1.5: 2}, {b"k": 1, "k": 2, 3: 4}),
        *({(1, "a"): {frozenset({1}): [2**70]}}, {2**70: "\ud800"}, {"\ud800": 1}, {-(2**63): 1}),
        *({1, "a", b"a", None, (1, 2)}, frozenset({(frozenset(),)}), [2**64, "\ud800", (b"",)]),
        *(["a", 2**200, ["\udc00"]], {"a": 2**64}, (2**64,), {2**64}, [{}], [set()]),
    ],
    ids=lambda value: (
        ascii(value)[:30] if not isinstance(value, int) else f"int{value.bit_length()}"
    ),
)
def test_the_edges_come_back_as_themselves(value: Any) -> None:
    assert same(cross(value), value)


def test_order_of_a_dict_is_kept() -> None:
    for value in ({"b": 1, "a": 2}, {(2,): 1, (1,): 2}, {3: 1, 1: 2, 2: 3}):
        assert list(cross(value)) == list(value)


@pytest.mark.parametrize("size", [LARGE - 1, LARGE, LARGE + 1, 3 * LARGE + 7])
def test_large_text_and_bytes_travel_aside(size: int) -> None:
    for value in (b"\xfe" * size, "x" * size, "é" * size, "\ud800" * size):
        encoder = Encoder()
        payload = encoder.encode([value, 1])
        if size >= LARGE and value[0] != "\ud800":
            assert len(payload) < 100
            assert sum(view.nbytes for view in encoder.buffers) >= size
        assert same(cross([value, 1]), [value, 1])


def test_several_buffers_are_aligned_and_not_mixed_up() -> None:
    value = [bytes([i]) * (LARGE + i) for i in range(1, 6)] + [np.arange(LARGE, dtype="u1")]
    encoder = Encoder()
    payload = encoder.encode(value)
    offsets = [msgspec.msgpack.decode(item.data)[0] for item in msgspec.msgpack.decode(payload)[:5]]
    assert len(encoder.buffers) == 6
    assert all(offset % ALIGN == 0 for offset in offsets)
    assert same(Decoder(shared_of(encoder)).decode(payload), value)


def test_an_encoding_that_starts_over_does_not_send_buffers_twice() -> None:
    value = [b"x" * LARGE, "\ud800", 2**64]
    encoder = Encoder()
    encoder.encode(value)
    assert len(encoder.buffers) == 1
    assert same(cross(value), value)


# Arrays ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ARRAY_DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 0, 2), (2, 3), (1,) * 8, (300, 300)])
def test_arrays_of_every_dtype_come_back(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.frombuffer(np.random.default_rng(0).bytes(16 * 90000), "u1")
    array = (array[: math.prod(shape)] % 2).astype(dtype).reshape(shape)
    back = cross(array)
    assert type(back) is np.ndarray
    assert same(back, array)
    assert back.flags.writeable


def test_arrays_of_any_strides_come_back() -> None:
    base = np.arange(60, dtype="i4").reshape(3, 4, 5)
    views = [
        base.T,
        base[::2, ::-1],
        base[:, :, 2],
        np.broadcast_to(base[0], (2, 4, 5)),
        np.asfortranarray(base),
    ]
    for view in views:
        assert same(cross(view), np.ascontiguousarray(view))


def test_a_zero_dimensional_array_is_not_a_scalar() -> None:
    back = cross(np.array(3.5))
    assert type(back) is np.ndarray
    assert back.shape == ()


def test_what_was_sent_small_does_not_share_memory_with_what_came_back() -> None:
    array = np.zeros(4)
    back = cross([array, array])
    back[0][0] = 1
    assert array[0] == 0
    assert back[1][0] == 0


@pytest.mark.parametrize("dtype", TENSOR_DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 0, 2), (2, 3), (1,) * 8, (300, 300)])
def test_tensors_of_every_dtype_come_back(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    raw = torch.randint(0, 2 if dtype is torch.bool else 256, (math.prod(shape) * dtype.itemsize,))
    tensor = raw.to(torch.uint8).view(dtype).reshape(shape)
    assert same_tensor(tensor, cross(tensor))


def test_tensors_of_any_layout_come_back() -> None:
    base = torch.arange(60.0).reshape(3, 4, 5)
    grown = torch.ones(3, requires_grad=True)
    complex_ = torch.tensor([1 + 2j, 3 - 4j])
    views = [
        *(base.mT, base[::2], base[:, :, 2], base[0].expand(7, 4, 5), base.permute(2, 0, 1)),
        *(grown, grown * 2, complex_.conj(), complex_.conj().imag, complex_.real),
        base.to(memory_format=torch.contiguous_format)
        .unsqueeze(0)
        .to(memory_format=torch.channels_last),
    ]
    for view in views:
        back = cross(view)
        assert same_tensor(view, back)
        assert not back.requires_grad
        assert not back.is_conj()
        assert not back.is_neg()


def test_a_large_tensor_travels_aside_and_can_be_written() -> None:
    tensor = torch.randn(LARGE)
    encoder = Encoder()
    payload = encoder.encode({"w": tensor})
    assert len(payload) < 100
    back = cross({"w": tensor})["w"]
    assert same_tensor(tensor, back)
    back += 1


# What may not cross ---------------------------------------------------------------------------


class MyInt(int): ...


class MyStr(str):
    __slots__ = ()


class MyFloat(float): ...


class MyBytes(bytes): ...


class MyList(list): ...  # type: ignore[type-arg]


class MyDict(dict): ...  # type: ignore[type-arg]


class MyTuple(tuple): ...  # type: ignore[type-arg]  # noqa: SLOT001


class MySet(set): ...  # type: ignore[type-arg]


class MyArray(np.ndarray): ...


class MyTensor(torch.Tensor): ...


class MyEnum(IntEnum):
    ONE = 1


STRANGERS = [
    *(
        MyInt(1),
        MyStr("a"),
        MyFloat(1),
        MyBytes(b"a"),
        MyList([1]),
        MyDict({1: 2}),
        MyTuple((1,)),
        MySet({1}),
    ),
    *(
        MyEnum.ONE,
        OrderedDict(a=1),
        Counter("a"),
        Fraction(1, 2),
        datetime(2020, 1, 1, tzinfo=UTC),
        Path("/"),
    ),
    *(
        np.float64(1),
        np.int64(1),
        np.bool_(True),
        np.str_("a"),
        np.zeros(2).view(MyArray),
        np.matrix.__new__,
    ),
    *(
        torch.nn.Parameter(torch.ones(1)),
        torch.ones(1).as_subclass(MyTensor),
        torch.float32,
        torch.Size([1]),
    ),
    *(torch.ones(2).to_sparse(), torch.ones(2, device="meta")),
    *(
        np.array(["a"]),
        np.array([None]),
        np.array([b"a"]),
        np.zeros(1, "M8[s]"),
        np.zeros(1, ">i4"),
    ),
    *(np.zeros(1, [("a", "i4")]), np.zeros(1, "V4"), object(), len, lambda: 1, int, math, Ellipsis),
    *(
        NotImplemented,
        (x for x in "a"),
        iter([1]),
        range(3),
        bytearray(b"a"),
        memoryview(b"a"),
        1j,
        slice(1),
    ),
    *({}.keys(), Handle(1), msgspec.msgpack.Ext(1, b""), msgspec.Raw(b"\xc0")),
]


@pytest.mark.parametrize(
    "stranger", STRANGERS, ids=lambda s: f"{type(s).__module__}.{type(s).__name__}"
)
def test_what_is_no_data_cannot_cross_and_its_place_is_named(stranger: Any) -> None:
    for value, place in (
        (stranger, "value"),
        ([0, {"k": (1, stranger)}], "value[1].values()[0][1]"),
        ([1, 2, stranger, 3], "value[2]"),
    ):
        with pytest.raises(Unsendable) as caught:
            Encoder().encode(value)
        assert str(caught.value).startswith(f"{place} is a")


@pytest.mark.parametrize(
    "key", [MyInt(1), MyStr("a"), MyFloat(1), MyTuple(), np.float64(1), MyEnum.ONE, object(), len]
)
def test_what_is_no_data_cannot_be_a_key(key: Any) -> None:
    for value in ({key: 1}, {key}, frozenset({key}), [{"a": {key: 1}}]):
        with pytest.raises(Unsendable, match="a key of value"):
            Encoder().encode(value)
    with pytest.raises(Unsendable):
        Encoder().encode({(1, key): 1})


def test_nan_cannot_be_a_key() -> None:
    for value in ({math.nan: 1}, {math.nan}, frozenset({math.nan})):
        with pytest.raises(Unsendable, match="NaN as a key"):
            Encoder().encode(value)


def test_functions_and_handles_cross_only_where_somebody_keeps_them() -> None:
    kept: list[object] = []

    def keep(value: object) -> int:
        kept.append(value)
        return len(kept) - 1

    handle = Handle("secret")
    payload = Encoder(handle=keep, callback=keep).encode([handle, len, 5])
    assert kept == [handle, len]
    back = Decoder(handle=lambda n: f"h{n}", callback=lambda n: f"c{n}").decode(payload)
    assert back == ["h0", "c1", 5]
    assert "handle" in refused(payload) or "extension" in refused(payload)
    assert Decoder(handle=lambda n: n).decode(Encoder().encode(Token(7, None))) == 7
    with pytest.raises(Unsendable, match="gone"):
        Encoder(owner=object()).encode(Token(7, None))
    with pytest.raises(Unsendable, match="type"):
        Encoder(callback=keep).encode(int)


@pytest.mark.parametrize(
    "wrap", [lambda v: [v], lambda v: (v,), lambda v: {"k": v}, lambda v: {None: v}]
)
def test_nesting_crosses_up_to_its_bound_and_no_further(wrap: Any) -> None:
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = wrap(value)
    assert same(cross(value), value)
    with pytest.raises(Unsendable, match="nested"):
        Encoder().encode(wrap(value))


def test_a_list_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(Unsendable, match="nested"):
        Encoder().encode(value)


@pytest.mark.parametrize("kind", [tuple, frozenset])
def test_nesting_of_keys_crosses_up_to_its_bound(kind: Any) -> None:
    key: Any = kind()
    for _ in range(MAX_DEPTH - 2):
        key = kind((key,))
    assert same(cross({key: 1}), {key: 1})
    assert same(cross({key}), {key})


# Hostile payloads -----------------------------------------------------------------------------

RICH = {
    "a": [1, (2.5, None), {"x", (1, b"y")}, frozenset({1}), {(1, 2): 3, None: 4}, 2**90, "\ud800"],
    "b": {1: True, b"z": [[], {}]},
}


def rich_payload() -> tuple[bytes, bytearray]:
    encoder = Encoder()
    tensors = [np.arange(3), torch.ones(2), np.zeros(LARGE), "é" * LARGE, b"x" * LARGE]
    return encoder.encode([RICH, *tensors]), shared_of(encoder)


def test_a_payload_cut_anywhere_is_refused() -> None:
    payload, shared = rich_payload()
    Decoder(shared).decode(payload)
    for size in range(len(payload)):
        refused(payload[:size], shared)


def test_bytes_after_the_payload_are_refused() -> None:
    payload, shared = rich_payload()
    for more in (b"\x00", b"\xc0", payload):
        refused(payload + more, shared)


CONTENTS = [
    None,
    True,
    0,
    -1,
    1.5,
    "a",
    b"a",
    [],
    [1],
    {},
    {"a": 1},
    [[]],
    [[], []],
    [[1], []],
    ["a", [], b""],
]
RIGHT = {
    *((TUPLE, "[]"), (TUPLE, "[1]"), (TUPLE, "[[]]"), (TUPLE, "[[], []]"), (TUPLE, "[[1], []]")),
    *((SET, "[]"), (SET, "[1]"), (FROZENSET, "[]"), (FROZENSET, "[1]")),
    (DICT, "[[], []]"),
}


# INT, SURROGATES and RAW hold plain bytes, and any will do.
@pytest.mark.parametrize("code", [-128, -2, -1, 0, 1, 2, 3, 4, *range(7, 13), 14, 15, 127])
def test_an_extension_with_a_content_not_its_own_is_refused(code: int) -> None:
    for content in CONTENTS:
        payload = packed(ext(code, packed(content)))
        if (code, repr(content)) in RIGHT:
            Decoder().decode(payload)
        else:
            refused(payload)
            refused(packed([1, {"k": ext(code, packed(content))}]))
    refused(packed(ext(code, b"")))
    refused(packed(ext(code, b"\xc1")))


def test_handles_and_callbacks_need_a_number() -> None:
    decoder = {"handle": lambda n: n, "callback": lambda n: n}
    for code in (HANDLE, CALLBACK):
        for content in ("a", None, 1.5, [], b""):
            with pytest.raises(Malformed):
                Decoder(**decoder).decode(packed(ext(code, content)))  # type: ignore[arg-type]


@pytest.mark.parametrize("opener", [b"\x91", b"\x81\xa1k", b"\xdc\x00\x01", b"\x81"], ids=repr)
@pytest.mark.parametrize("depth", [MAX_DEPTH * 2, 5000, 2_000_000])
def test_deep_native_nesting_is_refused(opener: bytes, depth: int) -> None:
    refused(opener * depth + b"\xc0")


@pytest.mark.parametrize("code", [TUPLE, SET, FROZENSET, DICT])
def test_deep_nesting_of_extensions_is_refused(code: int) -> None:
    inner = packed(1)
    for _ in range(3000):
        inner = packed(
            ext(
                code,
                packed([msgspec.Raw(inner)])
                if code != DICT
                else packed([[1], [msgspec.Raw(inner)]]),
            )
        )
    start = time.perf_counter()
    assert "nested" in refused(inner)
    assert time.perf_counter() - start < 1


def test_native_nesting_inside_many_extensions_is_refused() -> None:
    inner = b"\x91" * 30 + b"\xc0"
    for _ in range(20):
        inner = packed(ext(TUPLE, b"\x91" * 30 + inner))
    refused(inner)


def test_what_the_encoder_never_makes_is_refused() -> None:
    stamp = packed(datetime(2020, 1, 1, tzinfo=UTC))
    for payload in (
        stamp,
        *(
            packed([1, msgspec.Raw(stamp)]),
            packed({"a": msgspec.Raw(stamp)}),
            b"\x81" + stamp + b"\xc0",
        ),
        *(
            packed(ext(TUPLE, packed([msgspec.Raw(stamp)]))),
            packed(ext(SET, packed([msgspec.Raw(stamp)]))),
        ),
        *(
            packed(ext(-1, b"\x00" * 4)),
            packed(ext(-1, b"\x00" * 8)),
            packed(ext(-1, b"\xff" * 12)),
        ),
        *(b"\x81\xcb\x7f\xf8" + bytes(6) + b"\xc0", b"\x81\xca\x7f\xc0\x00\x00\xc0"),  # {nan: None}
        *(
            packed(ext(DICT, [[math.nan], [1]])),
            packed(ext(SET, [math.nan])),
            packed(ext(FROZENSET, [math.nan])),
        ),
        *(b"\x81" + b"\x91" * 100 + b"\xc0\xc0",),  # a key nested too deep
        *(
            b"\x81\x81\xa1a\x01\xc0",
            b"\x81" + packed(ext(SET, [1])) + b"\xc0",
        ),  # a dict, a set as a key
        *(packed(ext(SET, [[1]])), packed(ext(SET, [{}])), packed(ext(FROZENSET, [[]]))),
        *(
            packed(ext(DICT, [[[1]], [1]])),
            packed(ext(DICT, [[1, 2], [1]])),
            packed(ext(DICT, [[1], [1, 2]])),
        ),
        packed(ext(SET, packed([ext(ARRAY, ["float64", [1], bytes(8)])]))),
        packed(ext(SET, packed([ext(TUPLE, packed([ext(ARRAY, ["float64", [1], bytes(8)])]))]))),
        packed(ext(SET, packed([ext(TUPLE, packed([[1]]))]))),
        packed(ext(DICT, packed([[ext(TUPLE, [{}])], [1]]))),
        *(
            b"\xc1",
            b"",
            b"\xa1\xff",
            b"\xa3\xed\xa0\x80",
            b"\xa2\xc0\x80",
            packed(ext(SURROGATES, packed(b"\xff"))),
        ),
        packed(ext(TUPLE, [1])) + b"\x00",
        packed(ext(TUPLE, packed([1]) + b"\x00")),
    ):
        refused(payload)


def test_nan_deep_in_a_key_is_refused() -> None:
    for payload in (
        packed(ext(SET, packed([ext(TUPLE, [math.nan])]))),
        packed(ext(SET, packed([ext(FROZENSET, [math.nan])]))),
    ):
        refused(payload)


def test_duplicate_keys_leave_one_of_exact_type() -> None:
    refused(b"\x82\x01\x05\x01\x06")  # a native map is never built
    assert Decoder().decode(packed(ext(DICT, [[1, True], [5, 6]]))) == {1: 6}
    assert Decoder().decode(packed(ext(SET, [1, 1, True]))) == {1}


@pytest.mark.parametrize(
    "bomb",
    [
        *(
            b"\xdd\xff\xff\xff\xff",
            b"\xdf\xff\xff\xff\xff",
            b"\xdb\xff\xff\xff\xff",
            b"\xc6\xff\xff\xff\xff",
        ),
        *(
            b"\xc9\xff\xff\xff\xff\x01",
            b"\xdc\xff\xff",
            b"\xde\xff\xff",
            b"\xda\xff\xff",
            b"\xc8\xff\xff\x01",
        ),
        b"\x92" + b"\xdd\xff\xff\xff\xff" * 2,
        b"\xdd\xff\xff\xff\xff" * 30,
        b"\xdd\x7f\xff\xff\xff" * 30 + b"\xc0" * 1000,
        packed(ext(TUPLE, b"\xdd\xff\xff\xff\xff")),
    ],
    ids=lambda bomb: bomb[:7].hex(),
)
def test_an_announced_length_takes_no_memory(bomb: bytes) -> None:
    tracemalloc.start()
    try:
        start = time.perf_counter()
        refused(bomb)
        assert time.perf_counter() - start < 0.5
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "place",
    [
        *(
            [-1, 8],
            [0, -8],
            [8, -8],
            [0, 129],
            [128, 1],
            [129, 0],
            [2**64 - 1, 1],
            [2**63, 2**63],
            [0, 2**64 - 1],
        ),
        *(
            [True, 8],
            [0, True],
            [0.0, 8],
            [0],
            [],
            [0, 8, 0],
            "a",
            5,
            None,
            {"0": 8},
            [None, 8],
            [0, "8"],
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("code", [BYTES, TEXT, ARRAY, TENSOR])
def test_a_buffer_outside_the_shared_memory_is_refused(place: Any, code: int) -> None:
    content = ["uint8", [8], place] if code in (ARRAY, TENSOR) else place
    refused(packed(ext(code, content)), bytes(128))
    inside = ["uint8", [8], [120, 8]] if code in (ARRAY, TENSOR) else [120, 8]
    Decoder(bytearray(128)).decode(packed(ext(code, inside)))


def test_large_text_that_is_no_text_is_refused() -> None:
    refused(packed(ext(TEXT, [0, 4])), b"\xff\xfe\xfd\xfc")
    refused(packed(ext(TEXT, [0, 3])), b"\xed\xa0\x80")


SHAPES = [
    *(
        [3],
        [2, 2, 3],
        [-1, -8],
        [-8],
        [8.0],
        ["8"],
        [True, 8],
        [None],
        [[8]],
        [2**63],
        [2**64 - 1],
        [0],
    ),
    *([2**32, 2**32], [2**47] * 5, [1] * 33 + [8], [8] + [1] * 100, [], [8, 0], [2**61, 0]),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: str(s)[:20])
@pytest.mark.parametrize("code", [ARRAY, TENSOR])
def test_a_shape_that_does_not_account_for_its_bytes_is_refused(shape: Any, code: int) -> None:
    refused(packed(ext(code, ["uint8", shape, bytes(8)])))
    refused(packed(ext(code, ["uint8", shape, [0, 8]])), bytes(8))


@pytest.mark.parametrize(
    "shape", [[0, 2**47, 2**47], [2**47, 0, 2**47], [2**40] * 20 + [0], [0] + [2**47] * 31], ids=str
)
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
@pytest.mark.parametrize("code", [ARRAY, TENSOR])
def test_an_empty_shape_of_vast_sides_is_refused(shape: list[int], dtype: str, code: int) -> None:
    refused(packed(ext(code, [dtype, shape, b""])))


@pytest.mark.parametrize("code", [ARRAY, TENSOR])
def test_an_empty_shape_of_vast_sides_takes_no_memory(code: int) -> None:
    assert Decoder().decode(packed(ext(code, ["uint8", [0, 2**40], ext(13, b"")]))).shape == (
        0,
        2**40,
    )


DTYPES = [
    *(
        "O",
        "V8",
        "nonsense",
        "__class__",
        "object",
        "str",
        "S8",
        "U2",
        "M8[s]",
        "datetime64[s]",
        "m8",
        ">i4",
        "i4",
    ),
    *(
        "<f8",
        "f8",
        "",
        " ",
        "float",
        "int",
        "i4,i4",
        "(2,)i4",
        "{'names':['a'],'formats':['O']}",
        "Float64",
        "float64 ",
    ),
    *(
        "double",
        "torch.float32",
        "dtype",
        "Tensor",
        "qint8",
        "bits8",
        "float128\x00",
        "void",
        "bytes",
        "float64\n",
        "é",
    ),
    *("load", "cuda", "ops", "__name__", "\ud800"[:0], "a" * 10000, "i" * 4 + "4" * 1000),
]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: ascii(d)[:30])
@pytest.mark.parametrize("code", [ARRAY, TENSOR])
def test_a_dtype_that_is_none_is_refused(dtype: str, code: int) -> None:
    for shape in ([1], [0], []):
        for raw in (bytes(8), b"", bytes(4)):
            refused(packed(ext(code, [dtype, shape, raw])))


def flood(hashes: int, count: int) -> list[tuple[int, int]]:
    """Pairs whose hashes differ in few of the low bits: see tuple's hash in CPython's source."""
    return [(i * hashes, -i * hashes) for i in range(count)]


def test_a_flood_of_crafted_tuples_is_refused_in_time() -> None:
    step = 2**61 - 1
    for code in (SET, FROZENSET, DICT):
        # Integers that are equal modulo 2**61 - 1 have one hash; so have tuples of them.
        ints = [
            ext(INT, packed((i * step).to_bytes(10, "little", signed=True)))
            for i in range(2**12 + 20)
        ]
        pairs = [ext(TUPLE, [i, j]) for i in range(100) for j in range(100)]
        for crafted in (ints, pairs):
            content = [crafted, [0] * len(crafted)] if code == DICT else crafted
            start = time.perf_counter()
            assert str(MAX_RISKY_KEYS) in refused(packed(ext(code, packed(content))))
            assert time.perf_counter() - start < 1


def test_as_many_crafted_hashes_as_are_let_in_cost_little() -> None:
    step = 2**61 - 1
    keys = [i * step for i in range(2, MAX_RISKY_KEYS + 2)]
    assert len(set(map(hash, keys))) == 1
    payload = Encoder().encode(dict.fromkeys(keys[:MAX_RISKY_KEYS]))
    start = time.perf_counter()
    assert len(Decoder().decode(payload)) == MAX_RISKY_KEYS
    assert time.perf_counter() - start < 2


def test_an_honest_set_of_pairs_over_the_bound_is_refused_on_the_senders_side() -> None:
    with pytest.raises(Unsendable, match=str(MAX_RISKY_KEYS)):
        Encoder().encode({(i, i) for i in range(MAX_RISKY_KEYS + 1)})
    for honest in (
        {i: i for i in range(50_000)},
        {str(i) for i in range(50_000)},
        {(b"a", bytes([i])) for i in range(255)},
    ):
        assert same(cross(honest), honest)


@settings(fast, max_examples=2000)
@given(st.binary(max_size=64))
def test_random_bytes_become_plain_values_or_are_refused(payload: bytes) -> None:
    try:
        value = Decoder(bytearray(256)).decode(payload)
    except Malformed:
        return
    assert only_plain(value)


wire = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.binary(max_size=16)
    | st.sampled_from(["float64", "uint8", "bool", "bfloat16", "a", ""]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(st.integers(-3, 13), inner).map(lambda pair: ext(pair[0], packed(pair[1])))
        | st.tuples(
            st.sampled_from(["float64", "uint8", "O"]),
            st.lists(st.integers(-1, 9), max_size=3),
            inner,
        ).map(lambda parts: ext(ARRAY, packed(list(parts))))
        | st.dictionaries(st.text(max_size=2) | st.integers(0, 9), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(fast, max_examples=1000)
@given(wire)
def test_well_formed_nonsense_becomes_plain_values_or_is_refused(content: Any) -> None:
    try:
        value = Decoder(bytearray(256)).decode(packed(content))
    except Malformed:
        return
    assert only_plain(value)


@settings(fast, max_examples=600)
@given(values, st.data())
def test_a_valid_payload_with_altered_bytes_becomes_plain_values_or_is_refused(
    value: Any, data: st.DataObject
) -> None:
    encoder = Encoder()
    payload = bytearray(encoder.encode(value))
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        back = Decoder(shared_of(encoder)).decode(bytes(payload))
    except Malformed:
        return
    assert only_plain(back)


def test_a_buffer_that_is_named_twice_is_refused() -> None:
    """Named a thousand times, one buffer of shared memory would be a thousand copies of it."""
    one = ext(12, [0, LARGE])
    shared = b"a" * LARGE
    assert Decoder(shared).decode(packed([one])) == ["a" * LARGE]
    with pytest.raises(Malformed):
        Decoder(shared).decode(packed([one, one]))


def test_integer_keys_made_to_collide_are_refused_before_they_are_hashed() -> None:
    """A table of 2^18 slots sees only the low bits of these: each key would walk past all others."""
    names = [n << 40 for n in range(100_000)]
    start = time.perf_counter()
    refused(packed(ext(DICT, [names, [None] * len(names)])))
    refused(packed(ext(SET, names)))
    assert time.perf_counter() - start < 2
    # The keys of a vocabulary are dense, and pass whatever their number.
    dense = list(range(100_000))
    assert len(Decoder().decode(packed(ext(SET, dense)))) == len(dense)
