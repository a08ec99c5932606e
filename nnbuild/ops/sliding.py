"""Overlapping pieces of one axis: the method `unfold` of tensors, which is another than the function `unfold`."""

from __future__ import annotations

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import real_axis, whole
from nnbuild.ops.memory import Memory
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import Reaches, Strided, Summed, along
from nnbuild.ops.spec import TensorSpec


@op
def tensor_unfold(input: np.ndarray, dimension: int, size: int, step: int) -> np.ndarray:
    """Pieces of an axis, each of `size` elements and `step` after the one before; their elements are a new last axis.

    As the method of a tensor it is called `x.unfold(dimension, size, step)`.
    """
    place = real_axis(dimension, input.ndim, "dimension")
    pieces = np.lib.stride_tricks.sliding_window_view(input, size, place)
    return pieces[(slice(None),) * place + (slice(None, None, step),)]


@tensor_unfold.shape
def _(input: TensorSpec, dimension: int, size: int, step: int) -> TensorSpec:
    place = real_axis(dimension, input.ndim, "dimension")
    length, taken, further = input.shape[place], whole(size, "size"), whole(step, "step")
    if not 1 <= taken <= length:
        raise ShapeError(f"wants a size from 1 to the {length} of axis {place} and gets {taken}", option="size")
    if further < 1:
        raise OptionError(f"step must be at least 1, not {further}", option="step")
    return input.with_shape((*input.shape[:place], (length - taken) // further + 1, *input.shape[place + 1 :], taken))


@tensor_unfold.axes
def _(input: TensorSpec, dimension: int, step: int) -> dict[str, Reaches]:
    place = real_axis(dimension, input.ndim)
    return {"input": along(input, place, Summed((Strided(place, 0, step), Strided(input.ndim, 0))))}


@tensor_unfold.memory
def _() -> Memory:
    return Memory.VIEW


@tensor_unfold.formula
def _(output: TensorSpec, input: TensorSpec, dimension: int, size: int, step: int) -> list[str]:
    place = real_axis(dimension, input.ndim)
    return [f"axis {place} = floor(({input.shape[place]} - {size})/{step}) + 1 = {output.shape[place]}"]


takes_complex(tensor_unfold)
