"""Recurrent networks, whole and a step at a time."""

from __future__ import annotations

import math

from tests.ops.table import Row, T, Table, call

INPUTS, HIDDEN = 3, 2
GATES = {"rnn_tanh": 1, "rnn_relu": 1, "gru": 3, "lstm": 4}


def weights(gates: int, inputs: int = INPUTS) -> list[T]:
    """A layer's weights and biases, in PyTorch's order."""
    rows = gates * HIDDEN
    return [T((rows, inputs)), T((rows, HIDDEN)), T((rows,)), T((rows,))]


def unsaturated(tensor: T) -> T:
    """So small, and in double precision, that no gate is shut for good."""
    return tensor._replace(dtype="float64", low=0.01, high=0.1)


def states(name: str, *shape: int) -> T | tuple[T, T]:
    return (T(shape), T(shape, low=-1, high=1)) if name.startswith("lstm") else T(shape)


def sequence(name: str, layers: int = 1, both: bool = False, first: bool = False) -> Row:
    """Params: both, whether it runs both ways; first, whether the batch is the first axis."""
    ways = 2 if both else 1
    params = [
        part
        for layer in range(layers)
        for _ in range(ways)
        for part in weights(GATES[name], HIDDEN * ways if layer else INPUTS)
    ]
    shape = (4, 5, INPUTS) if first else (5, 4, INPUTS)
    return call(name, T(shape), states(name, layers * ways, 4, HIDDEN), params, True, layers, 0.0, False, both, first)


def small(name: str) -> Row:
    return call(
        name,
        unsaturated(T((3, 2, INPUTS))),
        (unsaturated(T((1, 2, HIDDEN))),) * 2 if name == "lstm" else unsaturated(T((1, 2, HIDDEN))),
        [unsaturated(part) for part in weights(GATES[name])],
        True, 1, 0.0, False, False, False,
    )  # fmt: skip


ROWS = [
    *(small(name) for name in GATES),
    *(sequence(name) for name in GATES),
    *(sequence(name, layers=2, both=True, first=True) for name in GATES),
    *(call(f"{name}_cell", T((4, INPUTS)), states(name, 4, HIDDEN), *weights(gates)) for name, gates in GATES.items()),
    call("gru_cell", T((4, INPUTS)), T((4, HIDDEN)), *weights(3)[:2]),
]

ZERO, ONE, FOUR = T(values=[[0]]), T(values=[[1]]), T(values=[[0]] * 4)
BY_HAND = [
    (call("rnn_relu_cell", ONE, T(values=[[2]]), T(values=[[3]]), T(values=[[-1]])), [[1]]),
    (call("rnn_tanh_cell", ONE, ZERO, T(values=[[0.5]]), ONE), [[math.tanh(0.5)]]),
    (call("lstm_cell", ZERO, (ONE, T(values=[[2]])), FOUR, FOUR), ([[math.tanh(1) / 2]], [[1]])),
    (call("gru_cell", ZERO, T(values=[[2]]), T(values=[[0]] * 3), T(values=[[0]] * 3)), [[1]]),
]

TABLE = Table(ROWS, BY_HAND, tolerance=1e-6)
