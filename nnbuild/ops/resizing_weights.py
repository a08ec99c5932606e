"""Where each element of a resized axis looks, and with which weights: the words of ONNX's Resize.

Source: https://onnx.ai/onnx/operators/onnx__Resize.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from nnbuild.lazy import np


class Axis(NamedTuple):
    """One axis. Params: length, before and after; scale; start, stop: the part of it that is taken, from 0 to 1."""

    before: int
    after: int
    scale: float
    start: float = 0.0
    stop: float = 1.0

    def places(self, coordinates: str) -> np.ndarray:
        """Where in the input each output lies."""
        return COORDINATES[coordinates](self, np.arange(self.after, dtype=np.float64))


def _half_pixel(axis: Axis, at: np.ndarray) -> np.ndarray:
    return (at + 0.5) / axis.scale - 0.5


def _symmetric(axis: Axis, at: np.ndarray) -> np.ndarray:
    """Half pixels, the rest of a size that was cut to a whole one left over in equal parts at both ends."""
    part = axis.after / (axis.scale * axis.before)
    return axis.before / 2 * (1 - part) + _half_pixel(axis, at)


def _pytorch(axis: Axis, at: np.ndarray) -> np.ndarray:
    return _half_pixel(axis, at) if axis.after > 1 else np.zeros_like(at)


def _corners(axis: Axis, at: np.ndarray) -> np.ndarray:
    last = axis.scale * axis.before - 1  # of a size that need not be whole, as ONNX has it
    return at * ((axis.before - 1) / last) if axis.after > 1 else np.zeros_like(at)


def _cropped(axis: Axis, at: np.ndarray) -> np.ndarray:
    last, part = axis.before - 1, axis.stop - axis.start
    if axis.after > 1:
        return axis.start * last + at * (part * last / (axis.scale * axis.before - 1))
    return np.full_like(at, 0.5 * (axis.start + axis.stop) * last)


#: The ways from an output's place to the input's.
COORDINATES: dict[str, Callable[[Axis, np.ndarray], np.ndarray]] = {
    "half_pixel": _half_pixel,
    "half_pixel_symmetric": _symmetric,
    "pytorch_half_pixel": _pytorch,
    "align_corners": _corners,
    "asymmetric": lambda axis, at: at / axis.scale,
    "tf_half_pixel_for_nn": lambda axis, at: (at + 0.5) / axis.scale,
    "tf_crop_and_resize": _cropped,
}

#: The ways to round a place to that of an element.
ROUNDING: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "round_prefer_floor": lambda places: np.ceil(places - 0.5),
    "round_prefer_ceil": lambda places: np.floor(places + 0.5),
    "floor": lambda places: np.floor(places),
    "ceil": lambda places: np.ceil(places),
}


def nearest(axis: Axis, places: np.ndarray, rounding: str) -> np.ndarray:
    """The index of the element for each output."""
    return np.clip(ROUNDING[rounding](places), 0, axis.before - 1).astype(np.int64)


def _linear(distance: np.ndarray, cubic_coeff_a: float) -> np.ndarray:
    return np.clip(1 - distance, 0, 1)


def _cubic(distance: np.ndarray, cubic_coeff_a: float) -> np.ndarray:
    d, a = distance, cubic_coeff_a
    near = (a + 2) * d**3 - (a + 3) * d**2 + 1
    far = a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0))


#: The kernels: how far they reach, and the weight at a distance.
KERNELS = {"linear": (1, _linear), "cubic": (2, _cubic)}


def matrix(
    axis: Axis, places: np.ndarray, mode: str, cubic_coeff_a: float, exclude_outside: bool, antialias: bool
) -> np.ndarray:
    """The weights (after, before) of the input's elements for each output; each row's sum is 1."""
    reach, kernel = KERNELS[mode]
    shrunk = min(axis.scale, 1.0) if antialias else 1.0
    first = int(np.floor(-reach / shrunk)) + 1
    taps = np.floor(places)[:, None] + np.arange(first, 2 - first)
    weights = kernel(np.abs(taps - places[:, None]) * shrunk, cubic_coeff_a)
    if exclude_outside:
        weights = np.where((taps >= 0) & (taps < axis.before), weights, 0)
    weights = weights / weights.sum(1, keepdims=True)
    result = np.zeros((axis.after, axis.before))
    columns = np.clip(taps, 0, axis.before - 1).astype(np.int64)
    np.add.at(result, (np.arange(axis.after)[:, None], columns), weights)
    return result
