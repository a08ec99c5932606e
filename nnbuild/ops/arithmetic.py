"""Arithmetic, comparison and logic, element by element with broadcasting."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import floating, has_fractions, numbers, result_type
from nnbuild.ops.elementwise import elementwise
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import all_aligned
from nnbuild.ops.spec import TensorSpec

# The first operand of a reflected operator (`2 - x`) may be a number, so no name says "tensor" here.


def _whole(dtype: str) -> str:
    if has_fractions(dtype):
        raise ShapeError(f"wants whole numbers or bools and gets {dtype}", hint="logical_and/or/xor/not take any dtype")
    return dtype


def _whole_alpha(input: Any, other: Any, *, alpha: float = 1) -> None:
    if isinstance(alpha, float) and not has_fractions(result_type(input, other)):
        raise ShapeError(f"wants a whole alpha for whole numbers and gets {alpha}", option="alpha")


def _subtractable(input: Any, other: Any, *, alpha: float = 1) -> None:
    if "bool" in (result_type(input), result_type(other)):
        raise ShapeError("wants numbers and gets bools", hint="~mask or logical_not(mask) inverts a mask")
    _whole_alpha(input, other, alpha=alpha)


@elementwise(check=_whole_alpha)
def add(input: Any, other: Any, *, alpha: float = 1) -> np.ndarray:
    """input + alpha * other."""
    return np.add(input, other if alpha == 1 else np.multiply(other, alpha))


@elementwise(check=_subtractable)
def sub(input: Any, other: Any, *, alpha: float = 1) -> np.ndarray:
    """input - alpha * other."""
    return np.subtract(input, other if alpha == 1 else np.multiply(other, alpha))


subtract = sub.alias("subtract")


@elementwise
def mul(input: Any, other: Any) -> np.ndarray:
    """input * other."""
    return np.multiply(input, other)


multiply = mul.alias("multiply")


@elementwise(dtype=floating)
def true_divide(input: Any, other: Any) -> np.ndarray:
    """input / other, with fractions also for integers."""
    return np.true_divide(input, other)


def _divisor(value: Any) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind in "iu" and not array.all():
        raise ShapeError("cannot divide whole numbers by zero")
    return array


@elementwise(dtype=numbers)
def floor_divide(input: Any, other: Any) -> np.ndarray:
    """floor(input / other), whole numbers staying whole."""
    return np.floor_divide(input, _divisor(other))


@elementwise(dtype=numbers)
def _trunc_divide(input: Any, other: Any) -> np.ndarray:
    if np.asarray(other).dtype.kind == "f":
        return np.trunc(np.true_divide(input, other))
    quotient, rest = np.divmod(input, _divisor(other))
    return quotient + ((quotient < 0) & (rest != 0))


_DIVISIONS = {None: true_divide, "floor": floor_divide, "trunc": _trunc_divide}


@op
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> np.ndarray:
    """input / other; with rounding_mode "floor" or "trunc", the whole number below it or towards 0."""
    return _DIVISIONS[rounding_mode].kernel(input, other)


@div.shape
def _(input: Any, other: Any, rounding_mode: str | None) -> TensorSpec:
    if rounding_mode not in _DIVISIONS:
        raise ShapeError(
            f'wants rounding_mode None, "floor" or "trunc" and gets {rounding_mode!r}', option="rounding_mode"
        )
    if rounding_mode:
        div.refuse_complex((input, other))
    return _DIVISIONS[rounding_mode].answer("shape", {"input": input, "other": other})


div.axes(all_aligned)


divide = div.alias("divide")


@elementwise(dtype=numbers)
def remainder(input: Any, other: Any) -> np.ndarray:
    """What is left of input after whole others, with the sign of other, as Python's %."""
    return np.remainder(input, _divisor(other))


@elementwise(dtype=numbers)
def fmod(input: Any, other: Any) -> np.ndarray:
    """What is left of input after whole others, with the sign of input, as C's fmod."""
    return np.fmod(input, _divisor(other))


def _powers(input: Any, exponent: Any) -> None:
    if type(exponent) is int and exponent < 0 and not has_fractions(result_type(input)):
        raise ShapeError(f"cannot raise whole numbers to {exponent}", hint=f"pow(x, {exponent}.0) gives fractions")


@elementwise(dtype=numbers, check=_powers)
def pow(input: Any, exponent: Any) -> np.ndarray:
    """input to the power of exponent."""
    if np.result_type(input, exponent).kind != "i":
        return np.power(input, exponent)
    power = np.power(input, np.maximum(exponent, 0))
    reciprocal = np.where(np.abs(input) == 1, np.power(input, np.abs(exponent)), 0)  # of whole numbers, towards 0
    return np.where(np.less(exponent, 0), reciprocal, power)


@elementwise(dtype=numbers)
def neg(input: Any) -> np.ndarray:
    """-input."""
    return np.negative(input)


negative = neg.alias("negative")


@elementwise(dtype="bool")
def eq(input: Any, other: Any) -> np.ndarray:
    """input == other."""
    return np.equal(input, other)


@elementwise(dtype="bool")
def ne(input: Any, other: Any) -> np.ndarray:
    """input != other."""
    return np.not_equal(input, other)


@elementwise(dtype="bool")
def lt(input: Any, other: Any) -> np.ndarray:
    """input < other."""
    return np.less(input, other)


@elementwise(dtype="bool")
def le(input: Any, other: Any) -> np.ndarray:
    """input <= other."""
    return np.less_equal(input, other)


@elementwise(dtype="bool")
def gt(input: Any, other: Any) -> np.ndarray:
    """input > other."""
    return np.greater(input, other)


@elementwise(dtype="bool")
def ge(input: Any, other: Any) -> np.ndarray:
    """input >= other."""
    return np.greater_equal(input, other)


@elementwise(dtype="bool")
def logical_and(input: Any, other: Any) -> np.ndarray:
    """Whether both are not 0."""
    return np.logical_and(input, other)


@elementwise(dtype="bool")
def logical_or(input: Any, other: Any) -> np.ndarray:
    """Whether one of them is not 0."""
    return np.logical_or(input, other)


@elementwise(dtype="bool")
def logical_xor(input: Any, other: Any) -> np.ndarray:
    """Whether just one of them is not 0."""
    return np.logical_xor(input, other)


@elementwise(dtype="bool")
def logical_not(input: Any) -> np.ndarray:
    """Whether it is 0."""
    return np.logical_not(input)


@elementwise(dtype=_whole)
def bitwise_and(input: Any, other: Any) -> np.ndarray:
    """input & other."""
    return np.bitwise_and(input, other)


@elementwise(dtype=_whole)
def bitwise_or(input: Any, other: Any) -> np.ndarray:
    """input | other."""
    return np.bitwise_or(input, other)


@elementwise(dtype=_whole)
def bitwise_xor(input: Any, other: Any) -> np.ndarray:
    """input ^ other."""
    return np.bitwise_xor(input, other)


@elementwise(dtype=_whole)
def bitwise_not(input: Any) -> np.ndarray:
    """~input: for bools, not."""
    return np.bitwise_not(input)


takes_complex(add, sub, mul, true_divide, div, pow, neg, eq, ne, logical_and, logical_or, logical_xor, logical_not)
