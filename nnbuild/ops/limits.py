"""Limits, choices between two tensors, and what is not a number, element by element."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import fractions, numbers, result_type
from nnbuild.ops.elementwise import broadcast, elementwise
from nnbuild.ops.op import op
from nnbuild.ops.reach import all_aligned
from nnbuild.ops.spec import TensorSpec


@elementwise
def minimum(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The lesser of the two; nan if one of them is."""
    return np.minimum(input, other)


@elementwise
def maximum(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The greater of the two; nan if one of them is."""
    return np.maximum(input, other)


@op
def clamp(input: np.ndarray, min: Any = None, max: Any = None) -> np.ndarray:
    """x, or min where it is below, or max where it is above; the limits are numbers or tensors, None for no limit."""
    if min is not None:
        input = np.maximum(input, min)
    return input if max is None else np.minimum(input, max)


@clamp.shape
def _(input: TensorSpec, min: Any, max: Any) -> TensorSpec:
    limits = [limit for limit in (min, max) if limit is not None]
    if not limits:
        raise OptionError("clamp wants min or max or both", option="min")
    shapes = [limit.shape for limit in limits if isinstance(limit, TensorSpec)]
    return TensorSpec(broadcast(input.shape, *shapes), numbers(result_type(input, *limits)))


clamp.axes(all_aligned)


clip = clamp.alias("clip")


@elementwise(dtype=numbers)
def clamp_min(input: np.ndarray, min: Any) -> np.ndarray:
    """x, or min where it is below."""
    return np.maximum(input, min)


@elementwise(dtype=numbers)
def clamp_max(input: np.ndarray, max: Any) -> np.ndarray:
    """x, or max where it is above."""
    return np.minimum(input, max)


@op
def where(condition: np.ndarray, input: Any = None, other: Any = None) -> np.ndarray:
    """input where the condition holds, else other."""
    return np.where(condition, input, other)


@where.shape
def _(condition: TensorSpec, input: Any, other: Any) -> TensorSpec:
    if input is None or other is None:
        raise OptionError(
            "where wants three arguments: the places where a condition holds are as many as the data says",
            hint="where(condition, x, y)",
        )
    if not isinstance(condition, TensorSpec) or condition.dtype not in ("bool", "uint8"):
        got = getattr(condition, "dtype", repr(condition))
        raise ShapeError(f"wants a condition of bools and gets {got}", hint="compare: x > 0, or x != 0")
    shapes = [value.shape for value in (condition, input, other) if isinstance(value, TensorSpec)]
    return TensorSpec(broadcast(*shapes), result_type(input, other))


where.axes(all_aligned)


def _one_dtype(input: TensorSpec, end: TensorSpec, weight: Any) -> None:
    fractions(input.dtype)
    tensors = [tensor for tensor in (input, end, weight) if isinstance(tensor, TensorSpec)]
    if len({tensor.dtype for tensor in tensors}) > 1:
        raise ShapeError(f"wants tensors of one dtype and gets {', '.join(tensor.dtype for tensor in tensors)}")


@elementwise(check=_one_dtype)
def lerp(input: np.ndarray, end: np.ndarray, weight: Any) -> np.ndarray:
    """input + weight * (end - input)."""
    return input + weight * (end - input)


@elementwise(dtype=numbers)
def addcmul(input: np.ndarray, tensor1: np.ndarray, tensor2: np.ndarray, *, value: float = 1) -> np.ndarray:
    """input + value * tensor1 * tensor2."""
    return input + value * tensor1 * tensor2


@elementwise(dtype=fractions)
def addcdiv(input: np.ndarray, tensor1: np.ndarray, tensor2: np.ndarray, *, value: float = 1) -> np.ndarray:
    """input + value * tensor1 / tensor2."""
    return input + value * tensor1 / tensor2


@elementwise(dtype="bool")
def isnan(input: np.ndarray) -> np.ndarray:
    """Whether x is nan."""
    return np.isnan(input)


@elementwise(dtype="bool")
def isinf(input: np.ndarray) -> np.ndarray:
    """Whether x is inf or -inf."""
    return np.isinf(input)


@elementwise(dtype="bool")
def isfinite(input: np.ndarray) -> np.ndarray:
    """Whether x is neither nan nor infinite."""
    return np.isfinite(input)


@elementwise
def nan_to_num(
    input: np.ndarray, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> np.ndarray:
    """x with nan as 0 and the infinities as the greatest and least numbers, or as these numbers."""
    return np.nan_to_num(input, nan=nan or 0.0, posinf=posinf, neginf=neginf)
