"""Sums of powers beyond what the dtype holds: the same of smaller numbers, where the plain sum overflows."""

from __future__ import annotations

from collections.abc import Sequence

from nnbuild.lazy import np


def scales(array: np.ndarray, axes: int | Sequence[int], wanted: np.ndarray) -> np.ndarray:
    """A power of two near the greatest magnitude along the axes, which stay with size 1; 1 where it is not wanted.

    To divide by it loses nothing. It is 1 too where all is 0 or something is infinite or not a number.
    """
    along = axes if isinstance(axes, int) else tuple(axes)
    greatest = np.abs(array).max(along, keepdims=True, initial=0)
    usual = ~wanted | ~np.isfinite(greatest) | (greatest == 0)
    power = np.ldexp(np.ones((), array.dtype), np.frexp(greatest)[1] - 1)
    return np.where(usual, np.ones((), array.dtype), power)
