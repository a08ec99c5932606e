"""Chains and powers of matrices, and products of vectors along an axis.

Source: https://docs.pytorch.org/docs/stable/linalg.html#matrix-products
"""

from __future__ import annotations

from collections.abc import Sequence

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import real_axis, whole
from nnbuild.ops.composed import composed
from nnbuild.ops.creation import eye
from nnbuild.ops.diagonals import diagonal
from nnbuild.ops.dtypes import fractions, numbers, one_dtype
from nnbuild.ops.elementwise import broadcast
from nnbuild.ops.inverses import linalg_inv
from nnbuild.ops.nests import spec_of
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.products import matmul
from nnbuild.ops.reach import WHOLE, Kept, Picked, Reach, Reaches, aligned
from nnbuild.ops.repetition import expand
from nnbuild.ops.shaping import clone
from nnbuild.ops.spec import TensorSpec

linalg_matmul = matmul.alias("linalg_matmul")


@composed
def linalg_multi_dot(tensors: Sequence[np.ndarray]) -> np.ndarray:
    """The product of two matrices or more, in the order that takes the fewest multiply-adds; ends may be vectors."""
    given = list(tensors)
    if len(given) < 2:
        raise OptionError(f"linalg_multi_dot wants at least 2 tensors and gets {len(given)}", option="tensors")
    for place, tensor in enumerate(given):
        at_an_end = place in (0, len(given) - 1)
        if len(tensor.shape) != 2 and not (at_an_end and len(tensor.shape) == 1):
            wanted = "1 or 2 axes" if at_an_end else "2 axes"
            raise ShapeError(f"linalg_multi_dot wants {wanted} of tensor {place} and gets {tuple(tensor.shape)}")
    return _chained(given, _cheapest([spec_of(tensor) for tensor in given]), 0, len(given) - 1)


Splits = dict[tuple[int, int], int]


def _cheapest(specs: list[TensorSpec]) -> Splits:
    """Where to split the product of the tensors from one place to another, for the fewest multiply-adds."""
    rows = [1 if place == 0 and spec.ndim == 1 else spec.shape[0] for place, spec in enumerate(specs)]
    sizes = [*rows, specs[-1].shape[1] if specs[-1].ndim > 1 else 1]
    costs = {(place, place): 0 for place in range(len(specs))}
    splits: Splits = {}
    for length in range(1, len(specs)):
        for start in range(len(specs) - length):
            stop = start + length
            ways = {
                split: costs[start, split] + costs[split + 1, stop] + sizes[start] * sizes[split + 1] * sizes[stop + 1]
                for split in range(start, stop)
            }
            splits[start, stop] = min(ways, key=ways.__getitem__)
            costs[start, stop] = ways[splits[start, stop]]
    return splits


def _chained(tensors: list[np.ndarray], splits: Splits, start: int, stop: int) -> np.ndarray:
    if start == stop:
        return tensors[start]
    split = splits[start, stop]
    return matmul(_chained(tensors, splits, start, split), _chained(tensors, splits, split + 1, stop))


def _power(matrix: np.ndarray, n: int) -> np.ndarray:
    exponent, shape = whole(n, "n"), tuple(matrix.shape)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError(f"matrix_power wants square matrices and gets {shape}")
    if exponent == 0:
        return clone(expand(eye(shape[-1], dtype=spec_of(matrix).dtype), shape))
    if exponent < 0:
        matrix, exponent = linalg_inv(matrix), -exponent
    if exponent == 1:
        return clone(matrix)
    half = _power(matrix, exponent // 2)
    return matmul(matmul(half, half), matrix) if exponent % 2 else matmul(half, half)


@composed
def linalg_matrix_power(input: np.ndarray, n: int) -> np.ndarray:
    """The n-th powers of square matrices (*, n, n); a negative n is one of the inverse."""
    return _power(input, n)


@composed
def matrix_power(input: np.ndarray, n: int) -> np.ndarray:
    """The n-th powers of square matrices (*, n, n); a negative n is one of the inverse."""
    return _power(input, n)


linalg_matrix_power.also_called(A="input")


@composed
def linalg_diagonal(A: np.ndarray, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> np.ndarray:
    """The diagonals of matrices: see `diagonal`."""
    return diagonal(A, offset, dim1, dim2)


@op
def linalg_vecdot(x: np.ndarray, y: np.ndarray, *, dim: int = -1) -> np.ndarray:
    """The sums of products along an axis, of complex x its conjugate, over tensors that broadcast."""
    return (np.conj(x) * y).sum(real_axis(dim, max(x.ndim, y.ndim)))


@linalg_vecdot.shape
def _(x: TensorSpec, y: TensorSpec, dim: int) -> TensorSpec:
    fractions(x.dtype)
    if x.dtype != y.dtype:
        raise ShapeError(f"wants x and y of one dtype and gets {x.dtype} and {y.dtype}")
    shape = broadcast(x.shape, y.shape)
    place = real_axis(dim, len(shape))
    return x.with_shape((*shape[:place], *shape[place + 1 :]))


@linalg_vecdot.axes
def _(x: TensorSpec, y: TensorSpec, dim: int) -> dict[str, Reaches]:
    shape = broadcast(x.shape, y.shape)
    place = real_axis(dim, len(shape))

    def summed(reach: Reach) -> Reach:
        if not isinstance(reach, Kept):
            return reach
        return WHOLE if reach.axis == place else Kept(reach.axis - (reach.axis > place))

    both = TensorSpec(shape)
    return {name: tuple(map(summed, aligned(tensor, both))) for name, tensor in (("x", x), ("y", y))}


@linalg_vecdot.macs
def _(output: TensorSpec, x: TensorSpec, y: TensorSpec, dim: int) -> int:
    shape = broadcast(x.shape, y.shape)
    return output.numel() * shape[real_axis(dim, len(shape))]


@op
def linalg_cross(input: np.ndarray, other: np.ndarray, *, dim: int = -1) -> np.ndarray:
    """The cross products of vectors of 3 elements along an axis, over tensors that broadcast."""
    return np.cross(input, other, axis=dim)


@op
def cross(input: np.ndarray, other: np.ndarray, dim: int | None = None) -> np.ndarray:
    """The cross products of vectors of 3 elements along an axis, the first of size 3 unless said."""
    return np.cross(input, other, axis=_crossed(input, other, dim))


def _crossed(input: np.ndarray | TensorSpec, other: np.ndarray | TensorSpec, dim: int | None) -> int:
    """The axis of the vectors."""
    shape = broadcast(input.shape, other.shape)
    if dim is None and 3 not in shape:
        raise ShapeError(f"wants an axis of 3 elements and gets {input.shape} and {other.shape}", option="dim")
    return shape.index(3) if dim is None else real_axis(dim, len(shape))


def _cross_shape(input: TensorSpec, other: TensorSpec, dim: int | None) -> TensorSpec:
    if input.ndim != other.ndim:
        raise ShapeError(f"wants as many axes of both tensors and gets {input.shape} and {other.shape}")
    numbers(input.dtype)
    one_dtype(input, other=other)
    place = _crossed(input, other, dim)
    if (input.shape[place], other.shape[place]) != (3, 3):
        raise ShapeError(f"wants 3 elements along axis {place} and gets {input.shape} and {other.shape}", option="dim")
    return input.with_shape(broadcast(input.shape, other.shape))


def _cross_axes(input: TensorSpec, other: TensorSpec, dim: int | None, output: TensorSpec) -> dict[str, Reaches]:
    place = _crossed(input, other, dim)
    others = Picked(place, ((1, 2), (0, 2), (0, 1)))

    def seen(tensor: TensorSpec) -> tuple[Reach, ...]:
        return tuple(others if axis == place else reach for axis, reach in enumerate(aligned(tensor, output)))

    return {"input": seen(input), "other": seen(other)}


for _each in (linalg_cross, cross):
    _each.shape(_cross_shape)
    _each.axes(_cross_axes)
takes_complex(linalg_multi_dot, linalg_matrix_power, matrix_power, linalg_diagonal, linalg_vecdot, linalg_cross, cross)
