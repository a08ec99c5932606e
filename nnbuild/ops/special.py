"""Special functions that NumPy lacks."""

from __future__ import annotations

import math
from functools import cache

from nnbuild.lazy import np

_END = 6  # erf(6) is 1 in double precision
_BLOCK = 1 << 15  # elements at a time: the intermediate arrays stay in the cache, which halves the time


def erf(x: np.ndarray) -> np.ndarray:
    """The error function, to 1e-15 in float64 and 1e-7 in float32."""
    result = np.empty(x.shape, x.dtype)
    source, target = x.reshape(-1), result.reshape(-1)
    for start in range(0, source.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        np.copysign(_erf_of_positive(np.abs(source[part])), source[part], out=target[part])
    return result


def _erf_of_positive(x: np.ndarray) -> np.ndarray:
    """A Taylor series around the nearest of the points of a table."""
    steps, degree = (16, 11) if x.dtype == np.float64 else (64, 3)
    coefficients = _coefficients(steps, degree, x.dtype.name)
    x = np.minimum(x, x.dtype.type(_END))
    point = np.rint(np.fmin(x, _END) * steps).astype(np.intp)  # fmin: a NaN has no point
    offset = x - (point / steps).astype(x.dtype)
    result = coefficients[-1].take(point)
    for coefficient in reversed(coefficients[:-1]):
        result *= offset
        result += coefficient.take(point)
    return result


@cache
def _coefficients(steps: int, degree: int, dtype: str) -> list[np.ndarray]:
    """coefficients[n][i]: erf's n-th derivative at i/steps, over n!; by math.erf and Hermite polynomials."""
    points = np.arange(_END * steps + 1) / steps
    slope = 2 / math.sqrt(math.pi) * np.exp(-points * points)
    hermite, following = np.ones_like(points), 2 * points
    rows = [np.array([math.erf(point) for point in points])]
    for order in range(1, degree + 1):
        rows.append(slope * hermite * (-1) ** (order - 1) / math.factorial(order))
        hermite, following = following, 2 * points * following - 2 * order * hermite
    return [row.astype(dtype) for row in rows]
