"""Diagonals of tensors."""

from __future__ import annotations

from nnbuild.errors import ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import axis, whole
from nnbuild.ops.memory import Memory
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import Kept, Reach, Reaches, Strided
from nnbuild.ops.spec import TensorSpec


@op
def diagonal(input: np.ndarray, offset: int = 0, dim1: int = 0, dim2: int = 1) -> np.ndarray:
    """The diagonal of two axes as a new last axis; `offset` above 0 lies above the main one, below 0 below."""
    return np.diagonal(input, offset, dim1, dim2)


def _places(input: TensorSpec, dim1: int, dim2: int) -> tuple[int, int]:
    first, second = axis(dim1, input.ndim, "dim1"), axis(dim2, input.ndim, "dim2")
    if first == second or not input.ndim:
        raise ShapeError(f"wants two axes and gets {dim1} and {dim2} of {input.shape}", option="dim2")
    return first, second


@diagonal.shape
def _(input: TensorSpec, offset: int, dim1: int, dim2: int) -> TensorSpec:
    first, second = _places(input, dim1, dim2)
    above = whole(offset, "offset")
    size = max(0, min(input.shape[first] + min(above, 0), input.shape[second] - max(above, 0)))
    rest = [length for place, length in enumerate(input.shape) if place not in (first, second)]
    return input.with_shape((*rest, size))


@diagonal.axes
def _(input: TensorSpec, offset: int, dim1: int, dim2: int, output: TensorSpec) -> dict[str, Reaches]:
    first, second = _places(input, dim1, dim2)
    along = {first: Strided(output.ndim - 1, max(-offset, 0)), second: Strided(output.ndim - 1, max(offset, 0))}
    rest = iter(range(output.ndim - 1))
    reaches: list[Reach] = [along[place] if place in along else Kept(next(rest)) for place in range(input.ndim)]
    return {"input": tuple(reaches)}


@diagonal.memory
def _() -> Memory:
    return Memory.VIEW


takes_complex(diagonal)
