"""Recurrent layers: RNN, LSTM and GRU over sequences, and their cells for single steps.

Source: https://docs.pytorch.org/docs/stable/nn.html#recurrent-layers
"""

from __future__ import annotations

import math
import warnings
from typing import Any, ClassVar, Literal

from nnbuild import ops
from nnbuild.errors import OptionError
from nnbuild.nn import init
from nnbuild.nn.layer import WeightedLayer
from nnbuild.nn.options import few_layers
from nnbuild.nn.parameter import Parameter
from nnbuild.nn.sequences import is_packed, run_packed
from nnbuild.nn.taking import Tensor, want_tensor


class _UniformWeights(WeightedLayer):
    """Weights that are all drawn evenly from within 1/sqrt(hidden_size) of 0."""

    input_size: int
    hidden_size: int

    def _at_least(self, limit: int, *names: str) -> None:
        for name in names:
            if getattr(self, name) < limit:
                got = getattr(self, name)
                raise OptionError(f"{type(self).__name__} wants {name} of at least {limit} and gets {got}", option=name)

    def reset_parameters(self) -> None:
        """Draw the weights anew, as torch does."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size else 0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)


class _Recurrent(_UniformWeights):
    """What the recurrent layers share: the weights of each layer and direction, and the call of the op."""

    gates: ClassVar[int]

    num_layers: int = 1

    dropout: ClassVar[Any]
    proj_size: ClassVar[Any] = 0

    def build(self, dtype: str | None) -> None:
        self._check()
        self.__dict__["dropout"] = float(self.dropout)
        for layer in range(self.num_layers):
            for suffix in self._directions():
                for name, shape in self._weights(layer).items():
                    setattr(self, f"{name}_l{layer}{suffix}", Parameter.empty(shape, dtype or "float32"))
        self.reset_parameters()

    def _check(self) -> None:
        name = type(self).__name__
        self._at_least(1, "input_size", "hidden_size", "num_layers")
        few_layers(name, self.num_layers)
        if not 0 <= self.dropout <= 1:
            raise OptionError(f"{name} wants a dropout between 0 and 1 and gets {self.dropout}", option="dropout")
        if not 0 <= self.proj_size < self.hidden_size:
            raise OptionError(
                f"{name} wants proj_size of at least 0 and below hidden_size={self.hidden_size} and gets "
                f"{self.proj_size}",
                option="proj_size",
            )
        if self.dropout and self.num_layers == 1:
            warnings.warn(
                f"{name} drops out between layers, and with num_layers=1 there is no between: dropout={self.dropout} "
                "has no effect",
                stacklevel=4,
            )

    def _directions(self) -> tuple[str, ...]:
        """The endings of the weights' names, one a direction."""
        return ("", "_reverse") if self.bidirectional else ("",)

    def _weights(self, layer: int) -> dict[str, tuple[int, ...]]:
        """Names and shapes of one layer's weights in one direction."""
        rows, hidden = self.gates * self.hidden_size, self.proj_size or self.hidden_size
        features = hidden * len(self._directions()) if layer else self.input_size
        weights: dict[str, tuple[int, ...]] = {"weight_ih": (rows, features), "weight_hh": (rows, hidden)}
        if self.bias:
            weights |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        if self.proj_size:
            weights["weight_hr"] = (self.proj_size, self.hidden_size)
        return weights

    @property
    def all_weights(self) -> list[list[Any]]:
        """The weights, a list for each layer and direction."""
        return [
            [getattr(self, f"{name}_l{layer}{suffix}") for name in self._weights(layer)]
            for layer in range(self.num_layers)
            for suffix in self._directions()
        ]

    def flatten_parameters(self) -> None:
        """Nothing: in torch it arranges the weights for the GPU."""

    def _run(self, op: Any, input: Any, hx: Any) -> tuple[Any, ...]:
        weights = [weight for weights in self.all_weights for weight in weights]
        if is_packed(input):
            options = {"params": weights, "has_biases": self.bias, "num_layers": self.num_layers}
            options |= {"dropout": self.dropout, "train": self.training, "bidirectional": self.bidirectional}
            return run_packed(op.name, input, hx, options)
        want_tensor(type(self).__name__, "input", input)
        results: tuple[Any, ...] = op(
            input, hx, weights, self.bias, self.num_layers, self.dropout, self.training, self.bidirectional,
            self.batch_first,
        )  # fmt: skip
        return results

    def extra_repr(self) -> str:
        shown = [f"{self.input_size}, {self.hidden_size}"]
        usual = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0}
        usual["bidirectional"] = False
        shown += [f"{name}={getattr(self, name)}" for name, value in usual.items() if getattr(self, name) != value]
        return ", ".join(shown)


class RNN(_Recurrent):
    """A plain recurrent network: h = tanh(W_ih x + b_ih + W_hh h + b_hh) at every step, or relu of it.

    Shape: input (L, N, input_size), with batch_first (N, L, input_size), without a batch (L, input_size);
    state h (layers * D, N, hidden_size), zeros unless given -> output (L, N, D * hidden_size) and the last state.
    D is 2 if bidirectional, else 1.
    Params: weight_ih_l0 (hidden_size, input_size), weight_hh_l0 (hidden_size, hidden_size), bias_ih_l0, bias_hh_l0
    (hidden_size); l1, ... for further layers, whose input is D * hidden_size; _reverse for the way back.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html
    """

    gates = 1
    gives = "(output, h)"

    nonlinearity: Literal["tanh", "relu"] = "tanh"
    bias: bool = True
    batch_first: bool = False
    dropout: float = 0.0  # type: ignore[misc]
    bidirectional: bool = False

    @property
    def mode(self) -> str:
        """torch's name of the kind."""
        return f"RNN_{self.nonlinearity.upper()}"

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        output, h = self._run(ops.rnn_tanh if self.nonlinearity == "tanh" else ops.rnn_relu, input, hx)
        return output, h


class _Gated(_Recurrent):
    """The options of LSTM and GRU."""

    bias: bool = True
    batch_first: bool = False
    dropout: float = 0.0  # type: ignore[misc]
    bidirectional: bool = False

    @property
    def mode(self) -> str:
        """torch's name of the kind."""
        return type(self).__name__


class LSTM(_Gated):
    """Long short-term memory: gates decide what a cell state c takes in, forgets and shows as h.

    Shape: input (L, N, input_size), with batch_first (N, L, input_size), without a batch (L, input_size);
    states h (layers * D, N, proj_size or hidden_size) and c (layers * D, N, hidden_size), zeros unless given
    -> output (L, N, D * (proj_size or hidden_size)) and the pair of the last states. D is 2 if bidirectional, else 1.
    Params: weight_ih_l0 (4 * hidden_size, input_size), weight_hh_l0 (4 * hidden_size, hidden_size), bias_ih_l0,
    bias_hh_l0 (4 * hidden_size), gates in the order input, forget, cell, output; with proj_size, weight_hr_l0
    (proj_size, hidden_size) makes h of it; l1, ... for further layers; _reverse for the way back.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
    """

    gates = 4
    gives = "(output, (h, c))"

    proj_size: int = 0  # type: ignore[misc]

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, tuple[Any, Any]]:
        output, h, c = self._run(ops.lstm, input, hx)
        return output, (h, c)


class GRU(_Gated):
    """Gated recurrent unit: a reset gate and an update gate decide what becomes of the state h.

    Shape: input (L, N, input_size), with batch_first (N, L, input_size), without a batch (L, input_size);
    state h (layers * D, N, hidden_size), zeros unless given -> output (L, N, D * hidden_size) and the last state.
    D is 2 if bidirectional, else 1.
    Params: weight_ih_l0 (3 * hidden_size, input_size), weight_hh_l0 (3 * hidden_size, hidden_size), bias_ih_l0,
    bias_hh_l0 (3 * hidden_size), gates in the order reset, update, new; l1, ... for further layers; _reverse for the
    way back.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html
    """

    gates = 3
    gives = "(output, h)"

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        output, h = self._run(ops.gru, input, hx)
        return output, h


class _Cell(_UniformWeights):
    """What the cells share: the weights and the printed form."""

    gates: ClassVar[int]

    bias: bool = True

    def build(self, dtype: str | None) -> None:
        self._at_least(0, "input_size", "hidden_size")
        rows, dtype = self.gates * self.hidden_size, dtype or "float32"
        self.weight_ih = Parameter.empty((rows, self.input_size), dtype)
        self.weight_hh = Parameter.empty((rows, self.hidden_size), dtype)
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter.empty(rows, dtype) if self.bias else None)
        self.reset_parameters()

    def _step(self, op: Any, input: Any, hx: Any) -> Any:
        return op(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)

    def extra_repr(self) -> str:
        shown = [f"{self.input_size}, {self.hidden_size}"]
        shown += ["bias=False"] if not self.bias else []
        shown += [f"nonlinearity={self.nonlinearity}"] if getattr(self, "nonlinearity", "tanh") != "tanh" else []
        return ", ".join(shown)


class RNNCell(_Cell):
    """One step of a plain recurrent network: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu of it.

    Shape: input (N, input_size) or (input_size), state (N, hidden_size) or (hidden_size), zeros unless given
    -> the next state.
    Params: weight_ih (hidden_size, input_size), weight_hh (hidden_size, hidden_size), bias_ih, bias_hh (hidden_size).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNCell.html
    """

    gates = 1

    nonlinearity: Literal["tanh", "relu"] = "tanh"

    def forward(self, input: Tensor, hx: Any = None) -> Any:
        return self._step(ops.rnn_tanh_cell if self.nonlinearity == "tanh" else ops.rnn_relu_cell, input, hx)


class LSTMCell(_Cell):
    """One step of an LSTM: from the input and the states (h, c) to the next (h, c).

    Shape: input (N, input_size) or (input_size), states (N, hidden_size) or (hidden_size), zeros unless given
    -> the pair of the next states.
    Params: weight_ih (4 * hidden_size, input_size), weight_hh (4 * hidden_size, hidden_size), bias_ih, bias_hh
    (4 * hidden_size), gates in the order input, forget, cell, output.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html
    """

    gates = 4
    gives = "(h, c)"

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Any, Any]:
        h, c = self._step(ops.lstm_cell, input, hx)
        return h, c


class GRUCell(_Cell):
    """One step of a GRU: from the input and the state h to the next h.

    Shape: input (N, input_size) or (input_size), state (N, hidden_size) or (hidden_size), zeros unless given
    -> the next state.
    Params: weight_ih (3 * hidden_size, input_size), weight_hh (3 * hidden_size, hidden_size), bias_ih, bias_hh
    (3 * hidden_size), gates in the order reset, update, new.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.GRUCell.html
    """

    gates = 3

    def forward(self, input: Tensor, hx: Any = None) -> Any:
        return self._step(ops.gru_cell, input, hx)
