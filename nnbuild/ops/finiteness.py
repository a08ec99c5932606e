"""Infinities and what is not a number, element by element."""

from __future__ import annotations

from nnbuild.lazy import np
from nnbuild.ops.elementwise import elementwise
from nnbuild.ops.op import takes_complex


@elementwise(dtype="bool")
def isnan(input: np.ndarray) -> np.ndarray:
    """Whether x is nan."""
    return np.isnan(input)


@elementwise(dtype="bool")
def isinf(input: np.ndarray) -> np.ndarray:
    """Whether x is inf or -inf."""
    return np.isinf(input)


@elementwise(dtype="bool")
def isfinite(input: np.ndarray) -> np.ndarray:
    """Whether x is neither nan nor infinite."""
    return np.isfinite(input)


@elementwise
def nan_to_num(
    input: np.ndarray, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> np.ndarray:
    """x with nan as 0 and the infinities as the greatest and least numbers, or as these numbers."""
    return np.nan_to_num(input, nan=nan or 0.0, posinf=posinf, neginf=neginf)


takes_complex(isnan, isinf, isfinite, nan_to_num)
