"""One direction of an RNN, LSTM or GRU, step by step, with all of ONNX's options.

Source: https://onnx.ai/onnx/operators/onnx__LSTM.html, onnx__GRU.html and onnx__RNN.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from nnbuild import ops
from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.node import OnnxNode, cast, constant

Function = Callable[[Any], Any]

#: The activations of one direction where none are named.
DEFAULTS = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh"), "RNN": ("Tanh",)}

#: The activations by name in lower case: of alpha and beta, and the two where none are given; None where not taken.
_ACTIVATIONS: dict[str, tuple[Callable[..., Any], float | None, float | None]] = {
    "relu": (lambda x, a, b: ops.relu(x), None, None),
    "tanh": (lambda x, a, b: ops.tanh(x), None, None),
    "sigmoid": (lambda x, a, b: ops.sigmoid(x), None, None),
    "softsign": (lambda x, a, b: ops.softsign(x), None, None),
    "softplus": (lambda x, a, b: ops.softplus(x), None, None),
    "affine": (lambda x, a, b: ops.add(ops.mul(x, a), b), 1.0, 0.0),
    "leakyrelu": (lambda x, a, b: ops.leaky_relu(x, a), 0.01, None),
    "thresholdedrelu": (lambda x, a, b: ops.threshold(x, a, 0), 1.0, None),
    "scaledtanh": (lambda x, a, b: ops.mul(ops.tanh(ops.mul(x, b)), a), 1.0, 1.0),
    "hardsigmoid": (lambda x, a, b: ops.clamp(ops.add(ops.mul(x, a), b), 0, 1), 0.2, 0.5),
    "elu": (lambda x, a, b: ops.elu(x, a), 1.0, None),
}


class Direction(NamedTuple):
    """What one direction has. Params: bias, of the input's and then of the state's gates; states, at the start."""

    weight: Any
    recurrence: Any
    bias: Any
    peepholes: Any
    states: list[Any]
    functions: list[Function]


def _with(function: Callable[..., Any], alpha: float | None, beta: float | None) -> Function:
    return lambda x: function(x, alpha, beta)


def activations_of(node: OnnxNode, way: int) -> list[Function]:
    """The activations of a direction: alphas and betas go in order to those that take them."""
    names = list(node.get("activations") or DEFAULTS[node.op] * 2)
    alphas, betas = iter(node.get("activation_alpha") or ()), iter(node.get("activation_beta") or ())
    found: list[Function] = []
    for name in names:
        if name.lower() not in _ACTIVATIONS:
            raise SpecError(f"{node.op} has no activation {name!r}")
        function, alpha, beta = _ACTIVATIONS[name.lower()]
        own = (None if alpha is None else next(alphas, alpha), None if beta is None else next(betas, beta))
        found.append(_with(function, *own))
    count = len(DEFAULTS[node.op])
    return found[way * count : (way + 1) * count]


def _turned(input: Any, lengths: Any) -> Any:
    """The steps (T, N, ...) in reverse order; those beyond a sample's length stay where they are."""
    if lengths is None:
        return ops.flip(input, 0)
    places = _steps_of(input)
    ends = ops.unsqueeze(cast(lengths, "int64"), 0)
    back = ops.sub(ops.sub(ends, constant(1, "int64")), places)
    order = ops.where(ops.lt(places, ends), back, places)
    return ops.take_along_dim(input, ops.unsqueeze(order, 2), 0)


def _steps_of(input: Any) -> Any:
    return ops.unsqueeze(ops.arange(input.shape[0], dtype="int64"), 1)


def steps(node: OnnxNode, input: Any, own: Direction, lengths: Any, reverse: bool) -> tuple[Any, ...]:
    """The outputs (T, N, hidden) and the last states (N, hidden)."""
    if reverse:
        input = _turned(input, lengths)
    cell = {"LSTM": _lstm, "GRU": _gru, "RNN": _rnn}[node.op]
    gates = own.weight.shape[0]
    of_input = None if own.bias is None else ops.narrow(own.bias, 0, 0, gates)
    of_state = None if own.bias is None else ops.narrow(own.bias, 0, gates, gates)
    seen = ops.linear(input, own.weight, of_input)
    states, outputs = own.states, []
    for at in range(input.shape[0]):
        new = cell(node, ops.select(seen, 0, at), states, own, of_state)
        if lengths is not None:
            alive = ops.unsqueeze(ops.gt(cast(lengths, "int64"), constant(at, "int64")), 1)
            states = [ops.where(alive, later, earlier) for later, earlier in zip(new, states, strict=True)]
            outputs.append(ops.where(alive, new[0], constant(0, input.dtype)))
        else:
            states = new
            outputs.append(new[0])
    found = ops.stack(outputs, 0)
    return _turned(found, lengths) if reverse else found, *states


def _clipped(node: OnnxNode, value: Any) -> Any:
    limit = node.get("clip")
    return ops.clamp(value, -limit, limit) if limit else value


def _parts(value: Any, count: int) -> list[Any]:
    return list(ops.chunk(value, count, -1))


def _rnn(node: OnnxNode, seen: Any, states: list[Any], own: Direction, bias: Any) -> list[Any]:
    total = ops.add(seen, ops.linear(states[0], own.recurrence, bias))
    return [own.functions[0](_clipped(node, total))]


def _lstm(node: OnnxNode, seen: Any, states: list[Any], own: Direction, bias: Any) -> list[Any]:
    hidden, cell = states
    i, o, f, c = _parts(ops.add(seen, ops.linear(hidden, own.recurrence, bias)), 4)
    gate, candidate, output = own.functions
    p = [None] * 3 if own.peepholes is None else _parts(own.peepholes, 3)
    into = gate(_clipped(node, _seeing(i, p[0], cell)))
    kept = ops.sub(1.0, into) if node.get("input_forget") else gate(_clipped(node, _seeing(f, p[2], cell)))
    new = ops.add(ops.mul(kept, cell), ops.mul(into, candidate(_clipped(node, c))))
    out = gate(_clipped(node, _seeing(o, p[1], new)))
    return [ops.mul(out, output(_clipped(node, new))), new]


def _seeing(gate: Any, peephole: Any, cell: Any) -> Any:
    return gate if peephole is None else ops.add(gate, ops.mul(peephole, cell))


def _gru(node: OnnxNode, seen: Any, states: list[Any], own: Direction, bias: Any) -> list[Any]:
    (hidden,) = states
    gate, candidate = own.functions
    z, r, h = _parts(seen, 3)
    size = hidden.shape[-1]
    biases = [None] * 3 if bias is None else _parts(bias, 3)
    weights = [ops.narrow(own.recurrence, 0, at * size, size) for at in range(3)]
    update = gate(_clipped(node, ops.add(z, ops.linear(hidden, weights[0], biases[0]))))
    reset = gate(_clipped(node, ops.add(r, ops.linear(hidden, weights[1], biases[1]))))
    if node.get("linear_before_reset"):
        inner = ops.mul(reset, ops.linear(hidden, weights[2], biases[2]))
    else:
        inner = ops.linear(ops.mul(reset, hidden), weights[2], biases[2])
    new = candidate(_clipped(node, ops.add(h, inner)))
    return [ops.add(ops.mul(ops.sub(1.0, update), new), ops.mul(update, hidden))]
