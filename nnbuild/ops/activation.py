"""Activations: functions of each element alone, with torch.nn.functional's names, options and defaults."""

from __future__ import annotations

import math

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import floating, fractions, result_type
from nnbuild.ops.elementwise import elementwise
from nnbuild.ops.op import takes_complex
from nnbuild.ops.spec import TensorSpec

_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


def _numbers(dtype: str) -> str:
    if dtype == "bool":
        raise ShapeError("wants numbers and gets bool")
    return dtype


def _floating_numbers(dtype: str) -> str:
    return floating(_numbers(dtype))


@elementwise(dtype=_numbers, inplace=True)
def relu(input: np.ndarray) -> np.ndarray:
    """max(0, x)."""
    return np.maximum(input, 0)


@elementwise(dtype=_numbers, inplace=True)
def relu6(input: np.ndarray) -> np.ndarray:
    """min(max(0, x), 6)."""
    return np.clip(input, 0, 6)


def _signed(input: object, min_val: float = -1.0, max_val: float = 1.0) -> None:
    if min_val < 0 and result_type(input) == "uint8":
        raise ShapeError(f"wants numbers with a sign for min_val={min_val} and gets uint8")


@elementwise(dtype=_numbers, inplace=True, check=_signed)
def hardtanh(input: np.ndarray, min_val: float = -1.0, max_val: float = 1.0) -> np.ndarray:
    """x between `min_val` and `max_val`, those beyond them."""
    return np.minimum(np.maximum(input, min_val), max_val)


@elementwise(dtype=floating)
def sigmoid(input: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x))."""
    result = np.exp(np.negative(input, dtype=floating(input.dtype.name)))
    result += 1
    result **= -1  # NumPy's reciprocal in place
    return result


@elementwise(dtype=floating)
def tanh(input: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent."""
    return np.tanh(input, dtype=floating(input.dtype.name))


@elementwise(dtype=fractions)
def logsigmoid(input: np.ndarray) -> np.ndarray:
    """log(1 / (1 + exp(-x)))."""
    return np.minimum(input, 0) - np.log1p(np.exp(-np.abs(input)))


@elementwise(dtype=fractions, inplace=True)
def leaky_relu(input: np.ndarray, negative_slope: float = 0.01) -> np.ndarray:
    """x where it is above 0, else `negative_slope` * x."""
    return np.maximum(input, 0) + negative_slope * np.minimum(input, 0)


@elementwise(dtype=fractions, inplace=True)
def elu(input: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    """x where it is above 0, else `alpha` * (exp(x) - 1)."""
    return np.maximum(input, 0) + alpha * np.expm1(np.minimum(input, 0))


@elementwise(dtype=fractions, inplace=True)
def selu(input: np.ndarray) -> np.ndarray:
    """1.0507 * x where x is above 0, else 1.0507 * 1.6733 * (exp(x) - 1): keeps mean 0 and variance 1."""
    return _SELU_SCALE * np.maximum(input, 0) + _SELU_SCALE * _SELU_ALPHA * np.expm1(np.minimum(input, 0))


def _not_zero(input: object, alpha: float = 1.0) -> None:
    if alpha == 0:
        raise OptionError("alpha must not be 0", option="alpha")


@elementwise(dtype=fractions, inplace=True, check=_not_zero)
def celu(input: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    """max(0, x) + min(0, `alpha` * (exp(x / alpha) - 1))."""
    return np.maximum(input, 0) + alpha * np.expm1(np.minimum(input, 0) / alpha)


def _known_form(input: object, approximate: str = "none") -> None:
    if approximate not in ("none", "tanh"):
        raise OptionError(f"approximate is 'none' or 'tanh', not {approximate!r}", option="approximate")


@elementwise(dtype=fractions, check=_known_form)
def gelu(input: np.ndarray, approximate: str = "none") -> np.ndarray:
    """x times the normal distribution's share below x; `approximate="tanh"`: by a tanh."""
    from nnbuild.ops.special import erf

    if approximate == "none":
        result = erf(input * input.dtype.type(math.sqrt(0.5)))
    else:
        result = np.tanh(math.sqrt(2 / math.pi) * (input + 0.044715 * input * input * input))
    result += 1
    result *= input * 0.5
    return result


@elementwise(dtype=fractions, inplace=True)
def silu(input: np.ndarray) -> np.ndarray:
    """x * sigmoid(x)."""
    return input / (np.exp(-input) + 1)


@elementwise(dtype=fractions, inplace=True)
def mish(input: np.ndarray) -> np.ndarray:
    """x * tanh(log(1 + exp(x)))."""
    return input * np.tanh(np.log1p(np.exp(input)))


@elementwise(dtype=fractions)
def softplus(input: np.ndarray, beta: float = 1, threshold: float = 20) -> np.ndarray:
    """log(1 + exp(`beta` * x)) / `beta`; x itself where `beta` * x is above `threshold`."""
    scaled = input * beta
    return np.where(scaled > threshold, input, np.log1p(np.exp(scaled)) / beta)


@elementwise(dtype=_floating_numbers)
def softsign(input: np.ndarray) -> np.ndarray:
    """x / (1 + abs(x))."""
    return input / (np.abs(input) + 1)


@elementwise(dtype=_floating_numbers)
def tanhshrink(input: np.ndarray) -> np.ndarray:
    """x - tanh(x)."""
    return input - np.tanh(input, dtype=floating(input.dtype.name))


def _not_negative(input: object, lambd: float = 0.5) -> None:
    if lambd < 0:
        raise OptionError(f"lambd must be at least 0, not {lambd}", option="lambd")


@elementwise(dtype=fractions, check=_not_negative)
def softshrink(input: np.ndarray, lambd: float = 0.5) -> np.ndarray:
    """x moved towards 0 by `lambd`, and 0 within `lambd` of it."""
    return input - np.clip(input, -lambd, lambd)


@elementwise(dtype=fractions)
def hardshrink(input: np.ndarray, lambd: float = 0.5) -> np.ndarray:
    """x, and 0 within `lambd` of 0."""
    return np.where((input >= -lambd) & (input <= lambd), 0, input)


@elementwise(dtype=fractions, inplace=True)
def hardsigmoid(input: np.ndarray) -> np.ndarray:
    """min(max(0, x + 3), 6) / 6."""
    return np.clip(input + 3, 0, 6) / 6


@elementwise(dtype=fractions, inplace=True)
def hardswish(input: np.ndarray) -> np.ndarray:
    """x * min(max(0, x + 3), 6) / 6."""
    return input * np.clip(input + 3, 0, 6) / 6


@elementwise(inplace=True)
def threshold(input: np.ndarray, threshold: float, value: float) -> np.ndarray:
    """x where it is above `threshold`, else `value`."""
    return np.where(input <= threshold, input.dtype.type(value), input)


@threshold.shape
def _(input: TensorSpec) -> TensorSpec:
    _numbers(input.dtype)
    return input


takes_complex(sigmoid, tanh, silu, softsign, tanhshrink)
