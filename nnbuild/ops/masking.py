"""Masks: values put where one holds, the triangles of matrices, and places as ones among zeros."""

from __future__ import annotations

import math
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import whole
from nnbuild.ops.dtypes import has_fractions
from nnbuild.ops.elementwise import broadcast
from nnbuild.ops.gathering import within
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import (
    Placed,
    Reaches,
    all_aligned,
    kept,
)
from nnbuild.ops.spec import TensorSpec


@op
def masked_fill(input: np.ndarray, mask: np.ndarray, value: Any) -> np.ndarray:
    """input, and the value where the mask holds; the dtype stays."""
    return np.where(mask, np.asarray(value).astype(input.dtype), input)


@masked_fill.shape
def _(input: TensorSpec, mask: TensorSpec, value: Any) -> TensorSpec:
    if mask.dtype != "bool":
        raise ShapeError(f"wants a mask of bools and gets {mask.dtype}", hint="compare: mask != 0, or mask == 0")
    if isinstance(value, TensorSpec) and value.shape:
        raise ShapeError(f"wants one value and gets a tensor {value.shape}", hint="where(mask, values, input)")
    if isinstance(value, float) and not math.isfinite(value) and not has_fractions(input.dtype):
        raise ShapeError(f"cannot put {value} into a tensor of {input.dtype}", option="value")
    return input.with_shape(broadcast(input.shape, mask.shape))


masked_fill.axes(all_aligned)


@op
def tril(input: np.ndarray, diagonal: int = 0) -> np.ndarray:
    """The matrices' part on and below a diagonal, 0 above; 1 is the diagonal above the main one."""
    return np.tril(input, diagonal)


@op
def triu(input: np.ndarray, diagonal: int = 0) -> np.ndarray:
    """The matrices' part on and above a diagonal, 0 below; 1 is the diagonal above the main one."""
    return np.triu(input, diagonal)


def _triangle(input: TensorSpec, diagonal: int) -> TensorSpec:
    whole(diagonal, "diagonal")
    if input.ndim < 2:
        raise ShapeError(f"wants a tensor of at least 2 axes and gets {input.shape}")
    return input


def _by_row_and_column(input: TensorSpec) -> dict[str, Reaches]:
    rows = input.ndim - 2
    return {"input": (*kept(input)[:rows], Placed(rows), Placed(rows + 1))}


for _op in (tril, triu):
    _op.shape(_triangle)
    _op.axes(_by_row_and_column)


@op
def one_hot(input: np.ndarray, num_classes: int = -1) -> np.ndarray:
    """A new last axis of `num_classes`, 1 at the place that the element says and 0 elsewhere: (N) to (N, classes)."""
    return within(input, num_classes)[..., None] == np.arange(num_classes)


@one_hot.shape
def _(input: TensorSpec, num_classes: int) -> TensorSpec:
    if input.dtype != "int64":
        raise ShapeError(f"wants whole numbers of int64 and gets {input.dtype}", hint="to('int64') converts them")
    if whole(num_classes, "num_classes") < 1:
        raise OptionError(
            "num_classes wants a number: without it the output's size depends on data", option="num_classes"
        )
    return input.with_shape((*input.shape, num_classes))


@one_hot.axes
def _(input: TensorSpec) -> dict[str, Reaches]:
    return {"input": kept(input)}


takes_complex(masked_fill, tril, triu)
