"""Roots, logarithms, angles and rounding, element by element."""

from __future__ import annotations

import math

from nnbuild.lazy import np
from nnbuild.ops import special
from nnbuild.ops.dtypes import floating, fractions, numbers, real
from nnbuild.ops.elementwise import elementwise
from nnbuild.ops.op import takes_complex


@elementwise(dtype=floating)
def sqrt(input: np.ndarray) -> np.ndarray:
    """The square root; nan below 0."""
    return np.sqrt(input)


@elementwise(dtype=floating)
def rsqrt(input: np.ndarray) -> np.ndarray:
    """1 / sqrt(x)."""
    return 1 / np.sqrt(input)


@elementwise(dtype=floating)
def reciprocal(input: np.ndarray) -> np.ndarray:
    """1 / x."""
    return 1 / input


@elementwise(dtype=lambda dtype: "int64" if dtype == "bool" else dtype)
def square(input: np.ndarray) -> np.ndarray:
    """x * x."""
    return np.square(input)


@elementwise(dtype=floating)
def exp(input: np.ndarray) -> np.ndarray:
    """e to the power of x."""
    return np.exp(input)


@elementwise(dtype=floating)
def exp2(input: np.ndarray) -> np.ndarray:
    """2 to the power of x."""
    return np.exp2(input)


@elementwise(dtype=floating)
def expm1(input: np.ndarray) -> np.ndarray:
    """exp(x) - 1, exact near 0."""
    return np.expm1(input)


@elementwise(dtype=floating)
def log(input: np.ndarray) -> np.ndarray:
    """The natural logarithm; -inf at 0, nan below."""
    return np.log(input)


@elementwise(dtype=floating)
def log2(input: np.ndarray) -> np.ndarray:
    """The logarithm to base 2."""
    return np.log2(input)


@elementwise(dtype=floating)
def log10(input: np.ndarray) -> np.ndarray:
    """The logarithm to base 10."""
    return np.log10(input)


@elementwise(dtype=floating)
def log1p(input: np.ndarray) -> np.ndarray:
    """log(1 + x), exact near 0."""
    return np.log1p(input)


@elementwise(dtype=fractions)
def logaddexp(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """log(exp(input) + exp(other)) without overflow."""
    return np.logaddexp(input, other)


@elementwise(dtype=floating)
def sin(input: np.ndarray) -> np.ndarray:
    """The sine of x in radians."""
    return np.sin(input)


@elementwise(dtype=floating)
def cos(input: np.ndarray) -> np.ndarray:
    """The cosine of x in radians."""
    return np.cos(input)


@elementwise(dtype=floating)
def tan(input: np.ndarray) -> np.ndarray:
    """The tangent of x in radians."""
    return np.tan(input)


@elementwise(dtype=floating)
def asin(input: np.ndarray) -> np.ndarray:
    """The angle in radians with this sine."""
    return np.arcsin(input)


@elementwise(dtype=floating)
def acos(input: np.ndarray) -> np.ndarray:
    """The angle in radians with this cosine."""
    return np.arccos(input)


@elementwise(dtype=floating)
def atan(input: np.ndarray) -> np.ndarray:
    """The angle in radians with this tangent."""
    return np.arctan(input)


@elementwise(dtype=floating)
def atan2(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The angle in radians of the point with y = input and x = other."""
    return np.arctan2(input, other)


@elementwise(dtype=floating)
def sinh(input: np.ndarray) -> np.ndarray:
    """The hyperbolic sine."""
    return np.sinh(input)


@elementwise(dtype=floating)
def cosh(input: np.ndarray) -> np.ndarray:
    """The hyperbolic cosine."""
    return np.cosh(input)


@elementwise(dtype=floating)
def asinh(input: np.ndarray) -> np.ndarray:
    """The number with this hyperbolic sine."""
    return np.arcsinh(input)


@elementwise(dtype=floating)
def acosh(input: np.ndarray) -> np.ndarray:
    """The number of at least 0 with this hyperbolic cosine."""
    return np.arccosh(input)


@elementwise(dtype=floating)
def atanh(input: np.ndarray) -> np.ndarray:
    """The number with this hyperbolic tangent."""
    return np.arctanh(input)


@elementwise(dtype=floating)
def erf(input: np.ndarray) -> np.ndarray:
    """The error function: twice the share of a normal distribution of variance 1/2 from 0 to x."""
    return special.erf(input)


@elementwise(dtype=floating)
def erfc(input: np.ndarray) -> np.ndarray:
    """1 - erf(x)."""
    return np.vectorize(math.erfc, otypes=[input.dtype])(input)


@elementwise(dtype=numbers, gives=real)
def abs(input: np.ndarray) -> np.ndarray:
    """x without its sign; of a complex number its distance from 0."""
    return np.abs(input)


absolute = abs.alias("absolute")


@elementwise
def sign(input: np.ndarray) -> np.ndarray:
    """-1, 0 or 1; 0 for nan."""
    return np.subtract(input > 0, input < 0, dtype=input.dtype) if input.dtype != bool else input


@elementwise(dtype=numbers)
def floor(input: np.ndarray) -> np.ndarray:
    """The whole number at or below x."""
    return np.floor(input)


@elementwise(dtype=numbers)
def ceil(input: np.ndarray) -> np.ndarray:
    """The whole number at or above x."""
    return np.ceil(input)


@elementwise(dtype=numbers)
def trunc(input: np.ndarray) -> np.ndarray:
    """The whole number at x or next to it towards 0."""
    return np.trunc(input)


@elementwise(dtype=numbers)
def round(input: np.ndarray, *, decimals: int = 0) -> np.ndarray:
    """The number of so many decimals next to x; halves go to the even one."""
    return np.round(input, decimals)


@elementwise(dtype=fractions)
def frac(input: np.ndarray) -> np.ndarray:
    """What x has after the point."""
    return input - np.trunc(input)


takes_complex(
    sqrt, rsqrt, reciprocal, square, exp, exp2, expm1, log, log2, log10, log1p, sin, cos, tan, asin, acos, atan,
    sinh, cosh, asinh, acosh, atanh, abs,
)  # fmt: skip
