"""What is done to a result while it is still in cache: bias, residual, activation, written where it belongs."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from nnbuild.engine.step import Call, Scratch, copy
from nnbuild.graph.graph import Value
from nnbuild.lazy import np
from nnbuild.ops.activation import gelu
from nnbuild.ops.op import array_of


class Finish(NamedTuple):
    """One thing to do to each element: kind is "bias" (vector), "scale" (vector), "add" (Value) or an activation."""

    kind: str
    vector: Any = None
    value: Value | None = None
    limits: tuple[float, ...] = ()


def _number(value: float, like: np.ndarray) -> np.ndarray:
    return np.array(value, like.dtype)


def _relu(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    return _clip(source, target, scratch, 0, np.inf)


def _clip(source: np.ndarray, target: np.ndarray, scratch: Scratch, low: float, high: float) -> list[Call]:
    """With two limits a pass is vectorised, with `np.maximum` of one number it is not: 0.2 ns an element, not 0.5."""
    return [partial(source.clip, _number(low, target), _number(high, target), target)]


def _tanh(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    return [partial(np.tanh, source, target)]


def _sigmoid(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    one = _number(1, target)
    return [
        partial(np.negative, source, target),
        partial(np.exp, target, target),
        partial(np.add, target, one, target),
        partial(np.divide, one, target, target),
    ]


def _silu(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    factor = scratch.take(target.shape, target.dtype)
    calls = _sigmoid(source, factor, scratch)[:3]
    return [*calls, partial(np.divide, source, factor, target)]


def _hardsigmoid(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    return [
        partial(np.add, source, _number(3, target), target),
        *_clip(target, target, scratch, 0, 6),
        partial(np.divide, target, _number(6, target), target),
    ]


def _hardswish(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    factor = scratch.take(target.shape, target.dtype)
    return [*_hardsigmoid(source, factor, scratch), partial(np.multiply, source, factor, target)]


def _leaky_relu(source: np.ndarray, target: np.ndarray, scratch: Scratch, slope: float) -> list[Call]:
    below = scratch.take(target.shape, target.dtype)
    return [
        *_clip(source, below, scratch, -np.inf, 0),
        partial(np.multiply, below, _number(slope, target), below),
        *_relu(source, target, scratch),
        partial(np.add, target, below, target),
    ]


#: erfc(a / sqrt(2)) = t * (c1 + t * (c2 + ...)) * exp(-a*a/2), t = 1 / (1 + p*a), to 1.5e-7 for a >= 0.
#: Source: Abramowitz and Stegun, Handbook of mathematical functions, 7.1.26, by Hastings.
_ERFC_P = 0.3275911 * math.sqrt(0.5)
_GELU_IS_RELU = 40.0  # from here on, infinity among it
_ERFC = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)


def _gelu(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    """relu(x) - |x| * erfc(|x| / sqrt(2)) / 2: exact to float32, small where x is far below 0; the op for float64."""
    if target.dtype != np.float32:
        return [partial(_gelu_by_op, source, target)]
    size, tail, falling = (scratch.take(target.shape, target.dtype) for _ in range(3))
    first, *rest = (_number(coefficient / 2, target) for coefficient in reversed(_ERFC))
    calls: list[Call] = [
        partial(np.abs, source, size),
        *_clip(size, size, scratch, 0, _GELU_IS_RELU),
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
        *_relu(source, target, scratch),
        partial(np.subtract, target, tail, target),
    ]


def _gelu_by_op(source: np.ndarray, target: np.ndarray) -> None:
    target[...] = gelu.kernel(source)


def _gelu_by_tanh(source: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
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


_ACTIVATIONS: dict[str, Callable[..., list[Call]]] = {
    "relu": _relu, "clip": _clip, "tanh": _tanh, "sigmoid": _sigmoid, "silu": _silu, "hardsigmoid": _hardsigmoid,
    "hardswish": _hardswish, "leaky_relu": _leaky_relu, "gelu": _gelu, "gelu_tanh": _gelu_by_tanh,
}  # fmt: skip

#: Options of an activation's op, after its input, that a Finish keeps as its limits: with torch's defaults.
_LIMITS: dict[str, tuple[tuple[str, float], ...]] = {
    "hardtanh": (("min_val", -1.0), ("max_val", 1.0)),
    "leaky_relu": (("negative_slope", 0.01),),
}


def activation(name: str, options: dict[str, Any]) -> Finish | None:
    """The Finish of an activation op called with these options by name, None if it has no fast form."""
    limits = tuple(float(array_of(options.get(option, default))) for option, default in _LIMITS.get(name, ()))
    if name == "relu6":
        return Finish("clip", limits=(0.0, 6.0))
    if name == "gelu" and options.get("approximate", "none") != "none":
        return Finish("gelu_tanh")
    if name == "hardtanh":
        return Finish("clip", limits=limits)
    return Finish(name, limits=limits) if name in _ACTIVATIONS else None


def tiled(vector: np.ndarray, view: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The view as fewer, longer rows and the vector repeated to that length: short rows cost a call each.

    64 channels: 0.42 ns an element one by one, 0.30 in rows of 1024 (AVX-512).
    """
    channels = vector.shape[-1]
    if not view.flags.c_contiguous or channels >= 512 or view.size == channels:
        return view, vector
    count = view.size // channels
    repeats = next((times for times in range(max(1, 2048 // channels), 1, -1) if count % times == 0), 1)
    if repeats == 1:
        return view, vector
    return view.reshape(-1, repeats * channels), np.tile(vector, repeats)


def _over_channels(function: Any, source: np.ndarray, target: np.ndarray, vector: np.ndarray) -> Call:
    if source is target:
        view, long = tiled(vector, target)
        return partial(function, view, long, view)
    return partial(function, source, vector, target)


def finished(
    finishes: list[Finish],
    source: np.ndarray,
    target: np.ndarray,
    scratch: Scratch,
    others: Callable[[Value], np.ndarray],
    channels: slice = slice(None),
) -> list[Call]:
    """Calls that take source through the finishes into target, which may be source.

    Params: others, gives the part of another Value that lies over target; channels, those of the target.
    """
    calls: list[Call] = []
    for finish in finishes:
        if finish.kind in ("bias", "scale"):
            function = np.add if finish.kind == "bias" else np.multiply
            calls.append(_over_channels(function, source, target, finish.vector[channels]))
        elif finish.kind == "add":
            assert finish.value is not None
            calls.append(partial(np.add, source, others(finish.value), target))
        else:
            calls += _ACTIVATIONS[finish.kind](source, target, scratch, *finish.limits)
        source = target
    return calls if finishes or source is target else [copy(target, source)]
