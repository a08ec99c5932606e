"""Passes: activations as NumPy calls that take a strip from one place to another, which may be the same."""

from __future__ import annotations

import math
from functools import partial

from nnbuild.engine.memory import Scratch
from nnbuild.engine.step import Call
from nnbuild.lazy import np
from nnbuild.ops import activation


def _number(value: float, like: np.ndarray) -> np.ndarray:
    return np.array(value, like.dtype)


def relu(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    """max(x, 0)."""
    return clip(source, target, scratch, 0, np.inf)


def clip(source: np.ndarray, target: np.ndarray, scratch: Scratch, low: float, high: float) -> list[Call]:
    """With two limits a pass is vectorised, with `np.maximum` of one number it is not: 0.2 ns an element, not 0.5."""
    return [partial(source.clip, _number(low, target), _number(high, target), target)]


def tanh(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    """The hyperbolic tangent."""
    return [partial(np.tanh, source, target)]


def sigmoid(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    """1 / (1 + exp(-x))."""
    one = _number(1, target)
    return [
        partial(np.negative, source, target),
        partial(np.exp, target, target),
        partial(np.add, target, one, target),
        partial(np.divide, one, target, target),
    ]


def silu(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    """x * sigmoid(x)."""
    factor = scratch.take(target.shape, target.dtype)
    calls = sigmoid(source, factor, scratch)[:3]
    return [*calls, partial(np.divide, source, factor, target)]


def hardsigmoid(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    """clip(x + 3, 0, 6) / 6."""
    return [
        partial(np.add, source, _number(3, target), target),
        *clip(target, target, scratch, 0, 6),
        partial(np.divide, target, _number(6, target), target),
    ]


def hardswish(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    """x * hardsigmoid(x)."""
    factor = scratch.take(target.shape, target.dtype)
    return [*hardsigmoid(source, factor, scratch), partial(np.multiply, source, factor, target)]


def leaky_relu(source: np.ndarray, target: np.ndarray, scratch: Scratch, slope: float) -> list[Call]:
    """x above 0, slope * x below."""
    below = scratch.take(target.shape, target.dtype)
    return [
        *clip(source, below, scratch, -np.inf, 0),
        partial(np.multiply, below, _number(slope, target), below),
        *relu(source, target, scratch),
        partial(np.add, target, below, target),
    ]


#: erfc(a / sqrt(2)) = t * (c1 + t * (c2 + ...)) * exp(-a*a/2), t = 1 / (1 + p*a), to 1.5e-7 for a >= 0.
#: Source: Abramowitz and Stegun, Handbook of mathematical functions, 7.1.26, by Hastings.
_ERFC_P = 0.3275911 * math.sqrt(0.5)
_GELU_IS_RELU = 40.0  # from here on, infinity among it
_ERFC = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)


def gelu(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    """relu(x) - |x| * erfc(|x| / sqrt(2)) / 2: exact to float32, small where x is far below 0; the op for float64."""
    if target.dtype != np.float32:
        return [partial(_gelu_by_op, source, target)]
    size, tail, falling = (scratch.take(target.shape, target.dtype) for _ in range(3))
    first, *rest = (_number(coefficient / 2, target) for coefficient in reversed(_ERFC))
    calls: list[Call] = [
        partial(np.abs, source, size),
        *clip(size, size, scratch, 0, _GELU_IS_RELU),
        partial(np.multiply, size, _number(_ERFC_P, target), falling),
        partial(np.add, falling, _number(1, target), falling),
        partial(np.reciprocal, falling, falling),
        partial(np.multiply, falling, first, tail),
    ]
    for coefficient in rest:
        calls += [partial(np.add, tail, coefficient, tail), partial(np.multiply, tail, falling, tail)]
    return [
        *calls,
        partial(np.multiply, tail, size, tail),
        partial(np.multiply, size, size, size),
        partial(np.multiply, size, _number(-0.5, target), size),
        partial(np.exp, size, size),
        partial(np.multiply, tail, size, tail),
        *relu(source, target, scratch),
        partial(np.subtract, target, tail, target),
    ]


def _gelu_by_op(source: np.ndarray, target: np.ndarray) -> None:
    target[...] = activation.gelu.kernel(source)


def gelu_by_tanh(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    """x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2."""
    slope = math.sqrt(2 / math.pi)
    inner = scratch.take(target.shape, target.dtype)
    return [
        partial(np.multiply, source, source, inner),
        partial(np.multiply, inner, _number(0.044715 * slope, target), inner),
        partial(np.add, inner, _number(slope, target), inner),
        partial(np.multiply, inner, source, inner),
        partial(np.tanh, inner, inner),
        partial(np.add, inner, _number(1, target), inner),
        partial(np.multiply, inner, _number(0.5, target), inner),
        partial(np.multiply, source, inner, target),
    ]
