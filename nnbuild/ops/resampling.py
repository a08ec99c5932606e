"""Resampling: other sizes of the last axes by interpolation. One axis after the other, each by a table of weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.limits import MAX_FOLLOWED
from nnbuild.ops.adaptive_pooling import adaptive_avg_pool, averaged
from nnbuild.ops.dtypes import fractions
from nnbuild.ops.op import op
from nnbuild.ops.planes import LETTERS
from nnbuild.ops.reach import TOO_LONG, Kept, Picked, Reach, Reaches, slid
from nnbuild.ops.resampling_weights import antialiased, cubic, linear, nearest
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.window import Slide, Spread

Factors = float | Sequence[float] | None

#: The numbers of axes that a mode resamples.
_MODES = {
    "nearest": (1, 2, 3), "nearest-exact": (1, 2, 3), "area": (1, 2, 3),
    "linear": (1,), "bilinear": (2,), "bicubic": (2,), "trilinear": (3,), "lanczos": (2,),
}  # fmt: skip
_WITHOUT_CORNERS = ("nearest", "nearest-exact", "area")
_ANTIALIASED = ("bilinear", "bicubic", "lanczos")


def _targets(
    input: Any, size: int | Sequence[int] | None, scale_factor: Factors, recompute: bool | None, mode: str
) -> tuple[list[int], list[float | None]]:
    """The new sizes, and the scale that each axis is told to have: None where it follows from the sizes."""
    axes = input.ndim - 2
    if (size is None) == (scale_factor is None):
        raise OptionError("size or scale_factor must be given, and not both", option="size")
    if scale_factor is None:
        sizes = [size] * axes if isinstance(size, int) else list(size or ())
        if recompute:
            raise OptionError("recompute_scale_factor needs scale_factor, not size", option="recompute_scale_factor")
        if len(sizes) != axes or not all(isinstance(length, int) for length in sizes):
            raise OptionError(f"size wants one whole number or {axes}, not {size!r}", option="size")
        return sizes, [None] * axes
    factors = [scale_factor] * axes if isinstance(scale_factor, int | float) else list(scale_factor)
    if len(factors) != axes:
        raise OptionError(f"scale_factor wants one number or {axes}, not {scale_factor!r}", option="scale_factor")
    sizes = [int(length * factor) for length, factor in zip(input.shape[2:], factors, strict=True)]
    return sizes, [None] * axes if recompute or mode == "area" else [float(factor) for factor in factors]


#: Elements of a plane that can be numbered.
_MOST = 2**60


@op
def interpolate(
    input: np.ndarray,
    size: int | Sequence[int] | None = None,
    scale_factor: Factors = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> np.ndarray:
    """The input (N, C, *size) at another size, given by `size` or `scale_factor`.

    `mode`: nearest, nearest-exact, area (averages) over 1 to 3 axes; linear (1), bilinear, bicubic, lanczos (2),
    trilinear (3). `align_corners` makes the outermost elements coincide, else the outermost edges do. `antialias`
    averages when it makes smaller.
    """
    sizes, scales = _targets(input, size, scale_factor, recompute_scale_factor, mode)
    if mode == "area":
        return adaptive_avg_pool.kernel(input, tuple(sizes), axes=len(sizes))
    result = input
    for axis, (out, scale) in enumerate(zip(sizes, scales, strict=True), start=2):
        length = input.shape[axis]
        if antialias and length == out:
            continue
        places, weights = _taps(length, out, scale, mode, bool(align_corners), antialias, input.dtype, len(sizes))
        result = result.take(places[:, 0], axis) if weights is None else _weighted(result, axis, places, weights)
    return result.copy() if result is input else result


def _taps(
    length: int,
    out: int,
    scale: float | None,
    mode: str,
    corners: bool,
    antialias: bool,
    dtype: np.dtype,
    axes: int,
) -> tuple[np.ndarray, np.ndarray | None]:
    """The places that each output element is made of along one axis, and their weights; None for one alone."""
    if mode in ("nearest", "nearest-exact"):
        if mode == "nearest" and axes == 2 and out in (length, 2 * length):
            scale = None  # as in torch for images, whatever the scale is said to be
        return nearest(length, out, scale, mode == "nearest-exact", dtype)[:, None], None
    if antialias:
        return antialiased(length, out, scale, corners, dtype, mode)
    return (cubic if mode == "bicubic" else linear)(length, out, scale, corners, dtype)


def _weighted(array: np.ndarray, axis: int, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Along the axis the sums of the elements at places[:, tap] times weights[:, tap]."""
    behind = (-1, *(1,) * (array.ndim - axis - 1))
    total = array.take(places[:, 0], axis)
    total *= weights[:, 0].reshape(behind)
    for tap in range(1, places.shape[1]):
        total += array.take(places[:, tap], axis) * weights[:, tap].reshape(behind)
    return total


@interpolate.shape
def _(
    input: TensorSpec,
    size: int | Sequence[int] | None,
    scale_factor: Factors,
    mode: str,
    align_corners: bool | None,
    recompute_scale_factor: bool | None,
    antialias: bool,
) -> TensorSpec:
    axes = input.ndim - 2
    if mode not in _MODES:
        raise OptionError(f"mode is one of {', '.join(_MODES)}, not {mode!r}", option="mode")
    if axes not in _MODES[mode]:
        wanted = " or ".join(str(count + 2) for count in _MODES[mode])
        raise ShapeError(f"with mode={mode!r} wants an input of {wanted} axes (N, C, ...) and gets {input.shape}")
    if mode in _WITHOUT_CORNERS and align_corners is not None:
        raise OptionError(f"align_corners is not for mode={mode!r}", option="align_corners")
    if antialias and mode not in _ANTIALIASED:
        raise OptionError(f"antialias is for {', '.join(_ANTIALIASED)}, not for {mode!r}", option="antialias")
    if mode == "lanczos" and (align_corners or not antialias):
        raise OptionError("mode='lanczos' wants antialias=True and no align_corners", option="antialias")
    if not (mode.startswith("nearest") and input.dtype == "uint8"):
        fractions(input.dtype)
    sizes, _ = _targets(input, size, scale_factor, recompute_scale_factor, mode)
    least = 0 if mode == "area" else 1
    if 0 in input.shape[1:] or any(out < least for out in sizes):
        raise ShapeError(
            f"wants sizes of at least {least} and makes {tuple(sizes)} of {input.shape}", option="scale_factor"
        )
    if math.prod(sizes) >= _MOST:
        raise ShapeError(f"makes more elements than can be numbered: {tuple(sizes)}", option="scale_factor")
    return input.with_shape((*input.shape[:2], *sizes))


@interpolate.window
def _(
    input: TensorSpec, size: int | Sequence[int] | None, scale_factor: Factors, mode: str
) -> tuple[Slide | Spread, ...] | None:
    """For whole factors: enlarging is a transposed convolution with a fixed kernel, nearest and area a stride."""
    sizes, _scales = _targets(input, size, scale_factor, None, mode)
    windows: list[Slide | Spread] = []
    for length, out in zip(input.shape[2:], sizes, strict=True):
        times = out // length
        if times and out == length * times:
            taps = 1 if mode in _WITHOUT_CORNERS else 4 if mode == "bicubic" else 2
            odd = times % 2 if taps > 1 else 0
            kernel = taps * times - odd
            windows.append(Spread(kernel, times, (kernel - times) // 2, (kernel - times) // 2))
        elif out and length % out == 0 and mode in _WITHOUT_CORNERS:
            windows.append(Slide(length // out if mode == "area" else 1, length // out))
        else:
            return None
    return tuple(windows)


@interpolate.axes
def _(
    input: TensorSpec,
    size: int | Sequence[int] | None,
    scale_factor: Factors,
    mode: str,
    align_corners: bool | None,
    recompute_scale_factor: bool | None,
    antialias: bool,
    window: tuple[Slide | Spread, ...] | None,
) -> dict[str, Reaches]:
    if window is not None and not align_corners and not antialias:
        return {"input": slid(input, window)}
    sizes, scales = _targets(input, size, scale_factor, recompute_scale_factor, mode)
    reaches: list[Reach] = [Kept(0), Kept(1)]
    for axis, (out, scale) in enumerate(zip(sizes, scales, strict=True), start=2):
        length = input.shape[axis]
        if mode == "area":
            reaches.append(averaged(axis, length, out))
        elif antialias and length == out:
            reaches.append(Kept(axis))
        elif max(length, out) > MAX_FOLLOWED:
            reaches.append(TOO_LONG)
        else:
            dtype = np.dtype(input.dtype)
            taps = _taps(length, out, scale, mode, bool(align_corners), antialias, dtype, len(sizes))
            reaches.append(Picked(axis, _ranges(*taps)))
    return {"input": tuple(reaches)}


def _ranges(places: np.ndarray, weights: np.ndarray | None) -> tuple[tuple[int, int], ...]:
    """The first and last place that has a weight, of each output element."""
    counted = [row if weights is None else row[weights[out] != 0] for out, row in enumerate(places)]
    return tuple((int(row.min()), int(row.max())) for row in counted)


@interpolate.formula
def _(output: TensorSpec, input: TensorSpec, scale_factor: Factors) -> list[str]:
    axes = input.ndim - 2
    letters, lengths, outs = LETTERS[axes - 1].split(", "), input.shape[2:], output.shape[2:]
    if scale_factor is None:
        return [f"{letter} = {out}, by size" for letter, out in zip(letters, outs, strict=True)]
    factors = [scale_factor] * axes if isinstance(scale_factor, int | float) else list(scale_factor)
    return [
        f"{letter} = {length}*{factor:g} = {out}"
        if math.isclose(length * factor, out)
        else f"{letter} = floor({length}*{factor:g}) = {out}"
        for letter, length, factor, out in zip(letters, lengths, factors, outs, strict=True)
    ]


upsample = interpolate.alias("upsample", recompute_scale_factor=None, antialias=False)
upsample_nearest = interpolate.alias("upsample_nearest", mode="nearest")
upsample_bilinear = interpolate.alias("upsample_bilinear", mode="bilinear", align_corners=True)
