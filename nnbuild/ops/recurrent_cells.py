"""One step of each kind of recurrence. The weights of a cell's gates lie below one another, in torch's order."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

from nnbuild.lazy import np

State = tuple["np.ndarray", ...]  # (h,), or (h, c) of an LSTM


class Weights(NamedTuple):
    """The weights of one layer in one direction, as arrays or specs; hr projects an LSTM's h."""

    ih: Any
    hh: Any
    bias_ih: Any = None
    bias_hh: Any = None
    hr: Any = None

    def given(self, input: np.ndarray) -> np.ndarray:
        """What the input adds to the gates. Shape: (*, F) -> (*, gates * H)."""
        rows = input.reshape(prod(input.shape[:-1]), input.shape[-1]) @ self.ih.T
        if self.bias_ih is not None:
            rows += self.bias_ih
        return rows.reshape(*input.shape[:-1], rows.shape[-1])

    def kept(self, h: np.ndarray) -> np.ndarray:
        """What the state adds to the gates. Shape: (*, H) -> (*, gates * H)."""
        gates = h @ self.hh.T
        if self.bias_hh is not None:
            gates += self.bias_hh
        return gates


class Cell(NamedTuple):
    """A kind of recurrence: how many gates and states it has, and its step.

    The step takes what the input adds to the gates, the state and the weights, and gives the next state.
    """

    gates: int
    states: int
    step: Callable[[np.ndarray, State, Weights], State]


def _sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), in place."""
    np.negative(x, out=x)
    np.exp(x, out=x)
    x += 1
    return np.reciprocal(x, out=x)


def _tanh_step(given: np.ndarray, state: State, weights: Weights) -> State:
    gates = weights.kept(state[0])
    gates += given
    return (np.tanh(gates, out=gates),)


def _relu_step(given: np.ndarray, state: State, weights: Weights) -> State:
    gates = weights.kept(state[0])
    gates += given
    return (np.maximum(gates, 0, out=gates),)


def _gru_step(given: np.ndarray, state: State, weights: Weights) -> State:
    """Gates: reset, update, new. The reset gate weighs what the state adds to the new one, its bias included."""
    (h,) = state
    size = h.shape[-1]
    gates = weights.kept(h)
    gates[..., : 2 * size] += given[..., : 2 * size]
    opened = _sigmoid(gates[..., : 2 * size])
    new = opened[..., :size] * gates[..., 2 * size :]
    new += given[..., 2 * size :]
    np.tanh(new, out=new)
    return (new + opened[..., size:] * (h - new),)


def _lstm_step(given: np.ndarray, state: State, weights: Weights) -> State:
    """Gates: input, forget, cell, output."""
    h, c = state
    size = c.shape[-1]
    gates = weights.kept(h)
    gates += given
    opened = _sigmoid(gates[..., : 2 * size])
    c = opened[..., size:] * c + opened[..., :size] * np.tanh(gates[..., 2 * size : 3 * size])
    h = _sigmoid(gates[..., 3 * size :]) * np.tanh(c)
    return h if weights.hr is None else h @ weights.hr.T, c


#: By the name of the op.
CELLS = {
    "rnn_tanh": Cell(1, 1, _tanh_step),
    "rnn_relu": Cell(1, 1, _relu_step),
    "gru": Cell(3, 1, _gru_step),
    "lstm": Cell(4, 2, _lstm_step),
}
