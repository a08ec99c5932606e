"""Resizing any axes in ONNX's ways, those that `interpolate` has and those that it lacks."""

from __future__ import annotations

from collections.abc import Sequence

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.op import op
from nnbuild.ops.reach import Kept, Reach, Reaches, Unknown
from nnbuild.ops.resizing_weights import COORDINATES, KERNELS, ROUNDING, Axis, matrix, nearest
from nnbuild.ops.spec import TensorSpec


@op
def resize_axes(
    input: np.ndarray,
    size: Sequence[int],
    scale: Sequence[float],
    mode: str = "nearest",
    coordinates: str = "half_pixel",
    rounding: str = "round_prefer_floor",
    *,
    cubic_coeff_a: float = -0.75,
    exclude_outside: bool = False,
    antialias: bool = False,
    region: Sequence[float] | None = None,
    extrapolation_value: float = 0.0,
) -> np.ndarray:
    """Every axis to its size, by the nearest element, a line or a cubic curve through its neighbours.

    Params: size, scale, one an axis; coordinates, from an output's place to the input's, in ONNX's words; rounding, to
    an element, for "nearest"; region, where each axis starts and then where each stops, from 0 to 1, of which
    `coordinates="tf_crop_and_resize"` takes the part; extrapolation_value, what is there beyond the input.
    """
    output = input.astype(np.float64) if mode != "nearest" and input.dtype.kind in "iu" else input
    outside = np.zeros((1,) * input.ndim, bool)
    for place, axis in enumerate(_axes(input.shape, size, scale, region)):
        cropped = coordinates == "tf_crop_and_resize"
        if axis.before == axis.after and axis.scale == 1 and not cropped:
            continue
        places = axis.places(coordinates)
        if cropped:
            beyond = (places < 0) | (places > axis.before - 1)
            outside = outside | beyond.reshape(-1, *(1,) * (input.ndim - place - 1))
        if mode == "nearest":
            output = np.take(output, nearest(axis, places, rounding), place)
        else:
            weights = matrix(axis, places, mode, cubic_coeff_a, bool(exclude_outside), bool(antialias))
            output = np.moveaxis(np.tensordot(output, weights.astype(output.dtype), (place, 1)), -1, place)
    if outside.any():
        output = np.where(outside, np.asarray(extrapolation_value, output.dtype), output)
    return np.round(output) if output.dtype != input.dtype else output


def _axes(
    shape: Sequence[int], size: Sequence[int], scale: Sequence[float], region: Sequence[float] | None
) -> list[Axis]:
    count = len(shape)
    region = region if region is not None and len(region) else (*(0.0,) * count, *(1.0,) * count)
    return [
        Axis(before, after, float(factor), float(start), float(stop))
        for before, after, factor, start, stop in zip(shape, size, scale, region[:count], region[count:], strict=True)
    ]


@resize_axes.shape
def _(
    input: TensorSpec, size: Sequence[int], scale: Sequence[float], mode: str, coordinates: str, rounding: str
) -> TensorSpec:
    for name, value, known in (
        ("mode", mode, ("nearest", *KERNELS)),
        ("coordinates", coordinates, tuple(COORDINATES)),
        ("rounding", rounding, tuple(ROUNDING)),
    ):
        if value not in known:
            raise OptionError(f"{name} wants one of {', '.join(known)}, not {value!r}", option=name)
    if len(size) != input.ndim or len(scale) != input.ndim:
        raise ShapeError(f"wants {input.ndim} sizes and scales and gets {tuple(size)} and {tuple(scale)}")
    if min(size, default=0) < 0 or min(scale, default=1) <= 0:
        raise OptionError(f"sizes and scales must not be below 0, as in {tuple(size)} and {tuple(scale)}")
    if 0 in input.shape and 0 not in size:
        raise ShapeError(f"cannot make {tuple(size)} of nothing: {input.shape}")
    return input.with_shape(tuple(size))


@resize_axes.axes
def _(input: TensorSpec, size: Sequence[int], scale: Sequence[float], coordinates: str) -> dict[str, Reaches]:
    spread = Unknown("it is resized in one of ONNX's ways")
    reaches: list[Reach] = [
        Kept(place) if before == after and factor == 1 and coordinates != "tf_crop_and_resize" else spread
        for place, (before, after, factor) in enumerate(zip(input.shape, size, scale, strict=True))
    ]
    return {"input": tuple(reaches)}
