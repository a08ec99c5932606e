"""The lesser and the greater of two tensors, and values held within limits, element by element."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import OptionError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import numbers, result_type
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
