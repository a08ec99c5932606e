"""The bits of numbers: moved, and read as numbers of another dtype."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import is_floating, named
from nnbuild.ops.elementwise import elementwise
from nnbuild.ops.op import op
from nnbuild.ops.reach import Reaches, kept
from nnbuild.ops.spec import ITEM_SIZES, TensorSpec


def _whole_numbers(dtype: str) -> str:
    if dtype == "bool" or is_floating(dtype):
        raise ShapeError(f"wants whole numbers and gets {dtype}")
    return dtype


@elementwise(dtype=_whole_numbers)
def bitwise_left_shift(input: Any, other: Any) -> np.ndarray:
    """The bits moved up by `other` places, zeros coming after."""
    return np.left_shift(input, other)


@elementwise(dtype=_whole_numbers)
def bitwise_right_shift(input: Any, other: Any) -> np.ndarray:
    """The bits moved down by `other` places; the sign stays."""
    return np.right_shift(input, other)


@op
def bitcast(input: np.ndarray, dtype: Any) -> np.ndarray:
    """The same bits read as numbers of another dtype of the same size; torch says `x.view(dtype)`."""
    return np.array(input, order="C").view(named(dtype)).reshape(input.shape)


@bitcast.shape
def _(input: TensorSpec, dtype: Any) -> TensorSpec:
    target = named(dtype)
    if ITEM_SIZES[target] != ITEM_SIZES[input.dtype]:
        raise ShapeError(f"wants a dtype of {ITEM_SIZES[input.dtype]} bytes, as {input.dtype} has, and gets {target}")
    return input.with_dtype(target)


@bitcast.axes
def _(input: TensorSpec) -> dict[str, Reaches]:
    return {"input": kept(input)}
