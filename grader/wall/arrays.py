"""Tensors and arrays as dtype, shape and raw bytes, and back. torch and numpy load on first use."""

from __future__ import annotations

import math
import sys
from typing import Any, Final

_TENSOR_DTYPES: Final = frozenset(
    {
        *("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
        *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
        *("float8_e4m3fn", "float8_e5m2"),
    }
)
_ARRAY_DTYPES: Final = frozenset(
    [
        "bool",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "int8",
        "int16",
        "int32",
        "int64",
        "float16",
        "float32",
        "float64",
        "float128",
        "complex64",
        "complex128",
        "complex256",
    ]
)
_MAX_DIMENSIONS: Final = 32

Raw = tuple[str, list[int], memoryview]


def is_tensor(value: object) -> bool:
    """True for a plain torch tensor; subclasses (Parameter) are not data."""
    torch = sys.modules.get("torch")
    return torch is not None and type(value) is torch.Tensor


def is_array(value: object) -> bool:
    """True for a plain numpy array; subclasses and numpy scalars are not data."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(value) is numpy.ndarray


def tensor_to_raw(tensor: Any) -> Raw:
    """Return dtype, shape and bytes of a tensor on any device.

    Raises: ValueError for a sparse or quantised tensor, or one without data.
    """
    torch: Any = sys.modules["torch"]
    dtype = str(tensor.dtype).removeprefix("torch.")
    if dtype not in _TENSOR_DTYPES or tensor.layout is not torch.strided or tensor.is_meta:
        raise ValueError(f"a {tensor.layout} tensor of {dtype} on {tensor.device}")
    flat = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
    data = flat.view(torch.uint8).numpy() if flat.numel() else b""
    return dtype, list(tensor.shape), memoryview(data).cast("B")


def array_to_raw(array: Any) -> Raw:
    """Return dtype, shape and bytes of an array.

    Raises: ValueError for objects, strings, dates and foreign byte order.
    """
    numpy: Any = sys.modules["numpy"]
    if array.dtype.name not in _ARRAY_DTYPES or not array.dtype.isnative:
        raise ValueError(f"an array of {array.dtype}")
    flat = numpy.ascontiguousarray(array).reshape(-1)
    data = flat.view("u1") if flat.size else b""
    return array.dtype.name, list(array.shape), memoryview(data).cast("B")


def raw_to_tensor(dtype: str, shape: list[int], data: Any) -> Any:
    """Return a tensor over `data`, which must be writable and all its own.

    Raises: ValueError if the three don't belong together.
    """
    if dtype not in _TENSOR_DTYPES:
        raise ValueError(f"a tensor of {dtype!r}")
    torch = _library("torch")
    kind = getattr(torch, dtype)
    _account(shape, kind.itemsize, data)
    return (
        torch.frombuffer(data, dtype=kind).reshape(shape)
        if len(data)
        else torch.empty(shape, dtype=kind)
    )


def raw_to_array(dtype: str, shape: list[int], data: Any) -> Any:
    """Return an array over `data`, which must be writable and all its own.

    Raises: ValueError if the three don't belong together.
    """
    if dtype not in _ARRAY_DTYPES:  # numpy itself would parse, warn about, or build much else
        raise ValueError(f"an array of {dtype!r}")
    numpy = _library("numpy")
    kind = numpy.dtype(dtype)
    _account(shape, kind.itemsize, data)
    return (
        numpy.frombuffer(data, dtype=kind).reshape(shape) if len(data) else numpy.empty(shape, kind)
    )


def _account(shape: list[int], itemsize: int, data: Any) -> None:
    if len(shape) > _MAX_DIMENSIONS or not all(type(n) is int and 0 <= n < 2**48 for n in shape):
        raise ValueError("a shape that is none")
    if math.prod(filter(None, shape)) * itemsize >= 2**63:  # even where another side is 0
        raise ValueError("a shape beyond any memory")
    if math.prod(shape) * itemsize != len(data):
        raise ValueError(f"shape {shape} does not account for {len(data)} bytes")


def _library(name: str) -> Any:
    try:
        return __import__(name)
    except ImportError as error:
        raise ValueError(f"{name} is not installed on this side") from error
