"""Rows of op calls, and the laws that hold for every row.

A row is a name and arguments, `T(sizes, dtype)` standing for a tensor: `call("cat", [T((2, 3)), T((1, 3))], dim=0)`.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, NamedTuple

import numpy as np
import pytest

from nnbuild import ops
from nnbuild.errors import NnbuildError
from nnbuild.ops.op import map_tensors
from nnbuild.ops.spec import ITEM_SIZES, TensorSpec


class T(NamedTuple):
    """A tensor to be: its sizes, dtype and, instead of values drawn from the sizes, its values or their range."""

    shape: tuple[int, ...] = ()
    dtype: str = "float32"
    values: Any = None
    low: float = -3
    high: float = 4

    def __repr__(self) -> str:
        return f"{self.dtype}{list(self.shape) if self.values is None else self.values}"

    def array(self) -> np.ndarray:
        if self.values is not None:
            return np.array(self.values, self.dtype)
        random = np.random.default_rng([math.prod(self.shape), len(self.shape)])
        if self.dtype == "bool":
            return np.asarray(random.random(self.shape) < 0.5)
        if self.dtype.startswith("float"):
            return np.asarray(random.uniform(self.low, self.high, self.shape)).astype(self.dtype)
        return np.asarray(random.integers(0 if self.dtype == "uint8" else self.low, self.high, self.shape), self.dtype)


class Row(NamedTuple):
    """A call of the op of this name."""

    op: str
    args: tuple[Any, ...]
    options: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.op}{self.args}{self.options or ''}"


def call(op: str, *args: Any, **options: Any) -> Row:
    return Row(op, args, options)


def ids(row: Any) -> str:
    return str(row)[:90]


def filled(value: Any, function: Any) -> Any:
    """The value with each T in it replaced by the function of its array."""
    if isinstance(value, T):
        return function(value.array())
    if isinstance(value, list | tuple):
        return type(value)(filled(item, function) for item in value)
    if isinstance(value, dict):
        return {key: filled(item, function) for key, item in value.items()}
    return value


def spec(array: np.ndarray) -> TensorSpec:
    return TensorSpec(array.shape, array.dtype.name)


def computed(row: Row) -> Any:
    """The op on arrays, which it must not change."""
    given: list[np.ndarray] = []

    def noted(array: np.ndarray) -> np.ndarray:
        given.append(array)
        return array

    args, options = filled(row.args, noted), filled(row.options, noted)
    before = [array.copy() for array in given]
    result = getattr(ops, row.op)(*args, **options)
    for array, old in zip(given, before, strict=True):
        np.testing.assert_array_equal(array, old, err_msg="the op changed its input")
    return result


def inferred(row: Row) -> Any:
    return getattr(ops, row.op)(*filled(row.args, spec), **filled(row.options, spec))


def specs_of(result: Any) -> list[tuple[tuple[int, ...], str]]:
    parts = result if isinstance(result, tuple | list) else [result]
    return [(part.shape, str(part.dtype)) for part in parts]


def holds_shape_law(row: Row) -> None:
    """The shape rule says what comes out of the kernel."""
    result = computed(row)
    map_tensors(lambda array: array, result)
    for array in result if isinstance(result, tuple) else [result]:
        assert type(array) is np.ndarray
    assert specs_of(inferred(row)) == specs_of(result)


def in_torch(row: Row) -> Any:
    """The same call in PyTorch, as a function or else as a method."""
    torch = pytest.importorskip("torch")
    args, options = filled(row.args, torch.from_numpy), filled(row.options, torch.from_numpy)
    args, options = with_torch_dtypes(args), with_torch_dtypes(options)
    function = getattr(torch.nn.functional, row.op, None) or getattr(torch, row.op, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if row.op == "getitem":
            return args[0][args[1]]
        if not callable(function) or row.op in ("split", "clone", "flip", "tile", "permute", "detach"):
            return getattr(args[0], row.op)(*args[1:], **options)
        return function(*args, **options)


def with_torch_dtypes(value: Any) -> Any:
    import torch

    if isinstance(value, str):
        return getattr(torch, value) if value in ITEM_SIZES else value
    if isinstance(value, tuple):
        return tuple(with_torch_dtypes(item) for item in value)
    if isinstance(value, dict):
        return {key: with_torch_dtypes(item) for key, item in value.items()}
    return value


def agrees(row: Row, *, values: bool = True) -> bool:
    """Both refuse the row, or both accept it with the same shapes, dtypes and values. Whether they accepted."""
    try:
        wanted = in_torch(row)
    except (RuntimeError, IndexError, TypeError, ValueError, AssertionError) as error:
        refusal = str(error)
    else:
        _agree(row, wanted if isinstance(wanted, tuple | list) else [wanted], values)
        return True
    for way in (computed, inferred):
        try:
            result = way(row)
        except NnbuildError:
            continue
        raise AssertionError(f"torch refuses {row}: {refusal}; here comes {result}")
    return False


def _agree(row: Row, wanted: Any, values: bool) -> None:
    holds_shape_law(row)
    result = computed(row)
    wanted = [tensor.numpy() for tensor in wanted]
    assert specs_of(result) == specs_of(wanted)
    for array, expected in zip(result if isinstance(result, tuple) else [result], wanted, strict=True):
        if values:
            tolerance = {"float64": 1e-10, "float32": 1e-5, "float16": 1e-2}.get(expected.dtype.name, 0)
            np.testing.assert_allclose(array, expected, rtol=tolerance, atol=tolerance, err_msg=str(row))
