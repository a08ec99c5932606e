"""Window functions, by which a frame of a signal fades in and out.

Source: https://docs.pytorch.org/docs/stable/torch.html#spectral-ops
"""

from __future__ import annotations

from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import whole
from nnbuild.ops.creation import made, no_tensors
from nnbuild.ops.dtypes import is_floating, named
from nnbuild.ops.op import creation
from nnbuild.ops.spec import TensorSpec


def _angles(length: int, periodic: bool) -> np.ndarray:
    """The angles of a cosine that goes round once in `length` elements, or one less where not periodic."""
    return 2 * np.pi * np.arange(length) / (length if periodic else length - 1)


def _raised(length: int, periodic: bool, *terms: float) -> np.ndarray:
    """The sum of cosines with these factors: of angle 0, of the angle, of twice the angle, ..."""
    if length < 2:
        return np.ones(length)
    angles = _angles(length, periodic)
    return np.sum([factor * np.cos(times * angles) for times, factor in enumerate(terms)], 0)


@creation
def hann_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> np.ndarray:
    """Half of 1 - cos: a period of `window_length` elements, or, not periodic, the same at both ends."""
    return _raised(window_length, periodic, 0.5, -0.5)


@creation
def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> np.ndarray:
    """alpha - beta * cos: a period of `window_length` elements, or, not periodic, the same at both ends."""
    return _raised(window_length, periodic, alpha, -beta)


@creation
def blackman_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> np.ndarray:
    """0.42 - 0.5 * cos + 0.08 * cos of twice the angle."""
    return _raised(window_length, periodic, 0.42, -0.5, 0.08)


@creation
def bartlett_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> np.ndarray:
    """A triangle from 0 up to 1 and down."""
    if window_length < 2:
        return np.ones(window_length)
    return 1 - np.abs(_angles(window_length, periodic) / np.pi - 1)


@creation
def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> np.ndarray:
    """Kaiser's window, narrower for a greater beta."""
    if window_length < 2:
        return np.ones(window_length)
    return np.kaiser(window_length + periodic, beta)[:window_length]


def _made(window_length: int, dtype: Any) -> TensorSpec:
    length = whole(window_length, "window_length")
    if length < 0:
        raise ShapeError(f"wants window_length of at least 0 and gets {length}", option="window_length")
    if dtype is not None and not is_floating(named(dtype)):
        raise OptionError(f"dtype wants a real one with fractions, not {dtype}", option="dtype")
    return made((length,), dtype)


for _window in (hann_window, hamming_window, blackman_window, bartlett_window, kaiser_window):
    _window.shape(_made)
    _window.axes(no_tensors)
