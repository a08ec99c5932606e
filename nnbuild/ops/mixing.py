"""Elements of two or three tensors as one: chosen by a condition, between the two, or a product added."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import fractions, numbers, result_type
from nnbuild.ops.elementwise import broadcast, elementwise
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import all_aligned
from nnbuild.ops.spec import TensorSpec


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


takes_complex(where, lerp, addcmul, addcdiv)
