"""Arrays seen through windows: the one view that convolution, pooling and unfolding are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnbuild.lazy import np
from nnbuild.ops.window import Slide


def padded(array: np.ndarray, windows: Sequence[Slide], fill: float) -> np.ndarray:
    """The array (N, C, *size) with the windows' padding around its last axes, and what a rounded-up size reaches."""
    sizes = array.shape[-len(windows) :]
    widths = []
    for window, size in zip(windows, sizes, strict=True):
        reach = (window.size(size) - 1) * window.stride + window.extent
        widths.append((window.before, max(window.after, reach - size - window.before)))
    if not any(map(any, widths)):
        return array
    result = np.full(
        (*array.shape[:2], *(before + size + after for (before, after), size in zip(widths, sizes, strict=True))),
        fill,
        array.dtype,
    )
    inside: Any = tuple(slice(before, before + size) for (before, _), size in zip(widths, sizes, strict=True))
    result[(..., *inside)] = array
    return result


def window_view(array: np.ndarray, windows: Sequence[Slide], fill: float = 0) -> np.ndarray:
    """A view (N, C, *kernel, *output) of the padded array (N, C, *size): every tap of every window, without a copy."""
    outputs = tuple(window.size(size) for window, size in zip(windows, array.shape[-len(windows) :], strict=True))
    array = padded(array, windows, fill)
    steps = array.strides[-len(windows) :]
    return np.lib.stride_tricks.as_strided(
        array,
        (*array.shape[:2], *(window.kernel for window in windows), *outputs),
        (
            *array.strides[:2],
            *(step * window.dilation for step, window in zip(steps, windows, strict=True)),
            *(step * window.stride for step, window in zip(steps, windows, strict=True)),
        ),
        writeable=False,
    )
