"""Grids of places: an affine map's grid, and an image's or a volume's elements at the places of a grid."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import fractions
from nnbuild.ops.op import op
from nnbuild.ops.reach import WHOLE, Kept, Reaches, Unknown
from nnbuild.ops.spec import TensorSpec

_MODES = ("bilinear", "nearest", "bicubic")
_PADDING = ("zeros", "border", "reflection")

#: The places along one axis that an element is made of, and their weights.
Taps = list[tuple[Any, Any]]


@op
def grid_sample(
    input: np.ndarray,
    grid: np.ndarray,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> np.ndarray:
    """The elements of (N, C, H, W) at the places of a grid (N, H', W', 2), or of (N, C, D, H, W) at (N, D', H', W', 3).

    A place is (x, y) or (x, y, z), from -1 to 1: the middles of the outermost elements with `align_corners`, else their
    outer edges. `mode`: bilinear, nearest, or bicubic for images. `padding_mode` says what lies beyond: zeros, the
    border's elements, or a reflection.
    """
    sizes, corners = input.shape[2:], bool(align_corners)
    flat = input.reshape(*input.shape[:2], math.prod(sizes))
    taps = [
        _taps(grid[..., len(sizes) - 1 - axis], size, mode, padding_mode, corners) for axis, size in enumerate(sizes)
    ]
    result = np.zeros((*input.shape[:2], math.prod(grid.shape[1:-1])), input.dtype)
    for chosen in itertools.product(*taps):
        shape = (len(input), 1, result.shape[-1])
        index, weight, inside = np.zeros(shape, np.int64), np.ones(shape, input.dtype), np.ones(shape, np.bool_)
        for (place, share), size in zip(chosen, sizes, strict=True):
            place = place.reshape(shape)
            inside &= (place >= 0) & (place < size)
            index = index * size + np.clip(place, 0, size - 1).astype(np.int64)
            weight *= share.reshape(shape)
        result += np.where(inside, np.take_along_axis(flat, index, 2) * weight, 0)
    return result.reshape(*input.shape[:2], *grid.shape[1:-1])


def _taps(where: np.ndarray, size: int, mode: str, padding: str, corners: bool) -> Taps:
    """Along one axis: for each of the elements that a place is made of, its index and its weight."""
    at = (where + 1) / 2 * (size - 1) if corners else ((where + 1) * size - 1) / 2
    beyond = _BEYOND[padding]
    if mode == "bicubic":
        at = _finite(at)
        low = np.floor(at)
        return [(beyond(low + tap - 1, size, corners), weight) for tap, weight in enumerate(_cubic(at - low))]
    at = _finite(beyond(at, size, corners))
    if mode == "nearest":
        return [(np.rint(at), np.ones_like(at))]
    low = np.floor(at)
    return [(low, low + 1 - at), (low + 1, at - low)]


def _finite(at: np.ndarray) -> np.ndarray:
    """The places; those that are nowhere, or farther than integers go, are put outside."""
    return np.where(np.abs(at) < 2.0**31, at, np.asarray(-100, at.dtype))


def _cubic(t: np.ndarray) -> list[np.ndarray]:
    """The weights of four neighbours, for a place that is t beyond the second."""
    a = -0.75

    def near(x: np.ndarray) -> np.ndarray:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: np.ndarray) -> np.ndarray:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def _reflected(at: np.ndarray, size: int, corners: bool) -> np.ndarray:
    low, span = (0.0, size - 1) if corners else (-0.5, size)
    if not span:
        return np.zeros_like(at)
    off = np.abs(at - low)
    extra, flips = np.fmod(off, span), np.floor(off / span)
    return _clipped(np.where(flips % 2 == 0, extra + low, span - extra + low).astype(at.dtype), size, corners)


def _clipped(at: np.ndarray, size: int, corners: bool) -> np.ndarray:
    return np.clip(at, 0, size - 1)


_BEYOND: dict[str, Callable[[np.ndarray, int, bool], np.ndarray]] = {
    "zeros": lambda at, size, corners: at, "border": _clipped, "reflection": _reflected,
}  # fmt: skip


@grid_sample.shape
def _(input: TensorSpec, grid: TensorSpec, mode: str, padding_mode: str) -> TensorSpec:
    axes = input.ndim - 2
    for name, value, known in (("mode", mode, _MODES), ("padding_mode", padding_mode, _PADDING)):
        if value not in known:
            raise OptionError(f"{name} is one of {', '.join(known)}, not {value!r}", option=name)
    if axes not in (2, 3):
        raise ShapeError(f"wants an input of 4 axes (N, C, H, W) or 5 (N, C, D, H, W) and gets {input.shape}")
    if mode == "bicubic" and axes == 3:
        raise OptionError(f"mode='bicubic' is for images (N, C, H, W), not for {input.shape}", option="mode")
    if grid.ndim != axes + 2 or grid.shape[0] != input.shape[0] or grid.shape[-1] != axes:
        wanted = f"({input.shape[0]}, {'H, W' if axes == 2 else 'D, H, W'}, {axes})"
        raise ShapeError(f"wants a grid {wanted} for the input {input.shape} and gets {grid.shape}")
    if 0 in input.shape[2:]:
        raise ShapeError(f"wants at least one element of every axis behind the channels and gets {input.shape}")
    fractions(input.dtype)
    if grid.dtype != input.dtype:
        raise ShapeError(f"wants a grid of the input's dtype, {input.dtype}, and gets {grid.dtype}")
    return input.with_shape((*input.shape[:2], *grid.shape[1:-1]))


@grid_sample.axes
def _(input: TensorSpec, grid: TensorSpec) -> dict[str, Reaches]:
    axes = input.ndim - 2
    return {
        "input": (Kept(0), Kept(1), *(Unknown("where it looks depends on the grid"),) * axes),
        "grid": (Kept(0), *map(Kept, range(2, axes + 2)), WHOLE),
    }


@op
def affine_grid(theta: np.ndarray, size: Sequence[int], align_corners: bool | None = None) -> np.ndarray:
    """The grid for `grid_sample` that maps an output of this size by theta, (N, 2, 3) or for volumes (N, 3, 4)."""
    lengths = size[2:]
    steps = [_steps(length, bool(align_corners), theta.dtype) for length in lengths]
    places = [*np.meshgrid(*steps, indexing="ij")][::-1]
    base = np.stack([*places, np.ones(tuple(lengths), theta.dtype)], -1).reshape(-1, len(lengths) + 1)
    return (base @ theta.swapaxes(1, 2)).reshape(len(theta), *lengths, len(lengths))


def _steps(length: int, corners: bool, dtype: Any) -> np.ndarray:
    """From -1 to 1, the middles of the outermost elements with `corners`, else their edges."""
    if length == 1:
        return np.zeros(1, dtype)
    steps = np.linspace(-1, 1, length, dtype=dtype)
    return steps if corners else steps * (length - 1) / length


@affine_grid.shape
def _(theta: TensorSpec, size: Sequence[int]) -> TensorSpec:
    if not isinstance(size, list | tuple) or len(size) not in (4, 5) or not all(type(part) is int for part in size):
        raise OptionError(f"size is (N, C, H, W) or (N, C, D, H, W), not {size!r}", option="size")
    if min(size) < 1:
        raise OptionError(f"size wants sizes of at least 1, not {tuple(size)}", option="size")
    axes = len(size) - 2
    if theta.shape != (size[0], axes, axes + 1):
        raise ShapeError(
            f"wants theta of {(size[0], axes, axes + 1)} for the size {tuple(size)} and gets {theta.shape}"
        )
    fractions(theta.dtype)
    return theta.with_shape((size[0], *size[2:], axes))


@affine_grid.axes
def _(output: TensorSpec) -> dict[str, Reaches]:
    return {"theta": (Kept(0), Kept(output.ndim - 1), WHOLE)}


@affine_grid.macs
def _(output: TensorSpec, theta: TensorSpec) -> int:
    return output.numel() * theta.shape[-1]
