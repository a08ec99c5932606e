"""Where a resampled element comes from along one axis: places of the input, and the weights that they have.

Computed in the input's dtype, as torch does: which of two neighbours is nearer may hang on the last bit.
"""

from __future__ import annotations

from nnbuild.lazy import np

Taps = tuple["np.ndarray", "np.ndarray"]  # places (out, taps), weights (out, taps)


def _step(length: int, out: int, scale: float | None, align_corners: bool, dtype: np.dtype) -> np.generic:
    """Input elements to an output element."""
    if align_corners:
        return dtype.type((length - 1) / (out - 1) if out > 1 else 0)
    return dtype.type(1 / scale) if scale else dtype.type(length) / dtype.type(out)


def nearest(length: int, out: int, scale: float | None, exact: bool, dtype: np.dtype) -> np.ndarray:
    """The place of each output element: of its start, or of its middle if `exact`."""
    dtype = dtype if dtype.kind == "f" else np.dtype(np.float32)
    position = np.arange(out, dtype=dtype) + dtype.type(0.5 if exact else 0)
    places = np.floor(position * _step(length, out, scale, False, dtype)).astype(np.intp)
    return np.minimum(places, length - 1)


def _middles(length: int, out: int, scale: float | None, align_corners: bool, dtype: np.dtype) -> np.ndarray:
    step = _step(length, out, scale, align_corners, dtype)
    position = np.arange(out, dtype=dtype)
    half = dtype.type(0.5)
    return position * step if align_corners else (position + half) * step - half


def linear(length: int, out: int, scale: float | None, align_corners: bool, dtype: np.dtype) -> Taps:
    """The two neighbours, by distance."""
    scale = None if length == out else scale  # as in torch, equal sizes are the same whatever the scale is said to be
    source = np.maximum(_middles(length, out, scale, align_corners, dtype), 0)
    first = np.minimum(np.floor(source).astype(np.intp), length - 1)
    share = np.clip(source - first.astype(dtype), 0, 1)
    places = np.stack([first, np.minimum(first + 1, length - 1)], 1)
    return places, np.stack([1 - share, share], 1)


def cubic(length: int, out: int, scale: float | None, align_corners: bool, dtype: np.dtype) -> Taps:
    """Four neighbours, by Keys' cubic with a = -0.75; beyond the edge the edge is repeated."""
    source = _middles(length, out, scale, align_corners, dtype)
    first = np.minimum(np.floor(source).astype(np.intp), length - 1)
    share = np.clip(source - first.astype(dtype), 0, 1)
    places = np.clip(first[:, None] + np.arange(-1, 3), 0, length - 1)
    distances = np.abs(share[:, None] - np.arange(-1, 3, dtype=dtype))
    return places, _keys(distances, -0.75)


def _keys(distance: np.ndarray, a: float) -> np.ndarray:
    near = ((a + 2) * distance - (a + 3)) * distance * distance + 1
    far = ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
    return np.where(distance <= 1, near, np.where(distance < 2, far, 0))


def _triangle(distance: np.ndarray) -> np.ndarray:
    return np.maximum(1 - distance, 0)


def _lanczos(distance: np.ndarray) -> np.ndarray:
    return np.where(distance < 3, np.sinc(distance) * np.sinc(distance / 3), 0)


#: Each filter, and how far it reaches from its middle.
_FILTERS = {
    "bilinear": (_triangle, 1),
    "bicubic": (lambda distance: _keys(distance, -0.5), 2),
    "lanczos": (_lanczos, 3),
}


def antialiased(length: int, out: int, scale: float | None, align_corners: bool, dtype: np.dtype, mode: str) -> Taps:
    """All places under the mode's filter, which is as wide as an output element: none is skipped when shrinking."""
    step = float(_step(length, out, scale, align_corners, dtype))
    function, reach = _FILTERS[mode]
    widening = max(step, 1.0)
    middle = step * (np.arange(out) + 0.5)
    first = np.maximum((middle - reach * widening + 0.5).astype(np.intp), 0)
    stop = np.minimum((middle + reach * widening + 0.5).astype(np.intp), length)
    places = first[:, None] + np.arange(max(1, int((stop - first).max())))
    weights = function(np.abs(places - middle[:, None] + 0.5) / widening) * (places < stop[:, None])
    weights /= weights.sum(1, keepdims=True)
    return np.minimum(places, length - 1), weights.astype(dtype)
