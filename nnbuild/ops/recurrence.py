"""Recurrence over time: RNN, GRU and LSTM as stacks of layers and as single steps, with torch's arguments.

Source: https://docs.pytorch.org/docs/stable/nn.html#recurrent-layers
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import fractions, one_dtype
from nnbuild.ops.op import op
from nnbuild.ops.reach import WHOLE, Kept, Running, kept
from nnbuild.ops.recurrent_cells import CELLS, Cell, State, Weights
from nnbuild.ops.spec import TensorSpec


def layers_of(
    cell: Cell, params: Sequence[Any], has_biases: bool, num_layers: int, bidirectional: bool
) -> list[list[Weights]]:
    """The weights of each layer, in each direction."""
    directions = 2 if bidirectional else 1
    least = 4 if has_biases else 2
    each, rest = divmod(len(params), max(1, num_layers * directions))
    if num_layers < 1 or rest or each not in (least, least + 1 if cell.states == 2 else least):
        raise OptionError(
            f"num_layers={num_layers} in {directions} direction(s) wants {least} weights each and gets {len(params)} "
            "in all",
            option="num_layers",
        )
    blocks = [params[start : start + each] for start in range(0, len(params), each)]
    named = [Weights(*block[:least])._replace(hr=block[least] if each > least else None) for block in blocks]
    return [named[start : start + directions] for start in range(0, len(named), directions)]


def _run(cell: Cell, input: np.ndarray, state: State, weights: Weights, backwards: bool) -> tuple[np.ndarray, State]:
    """The outputs at all times and the last state. Shape: input (L, N, F), states (N, H) -> (L, N, H)."""
    given = weights.given(input)  # one product for all time steps
    outputs = np.empty((*input.shape[:-1], state[0].shape[-1]), given.dtype)
    times = range(len(input))
    for time in reversed(times) if backwards else times:
        state = cell.step(given[time], state, weights)
        outputs[time] = state[0]
    return outputs, state


def _stack(
    cell: Cell, input: np.ndarray, states: State, layers: list[list[Weights]], dropout: float
) -> tuple[np.ndarray, State]:
    """All layers. Shape: input (L, N, F), each of states (layers * directions, N, H)."""
    from nnbuild.ops.noise import dropout as drop

    finals: list[State] = []
    for number, directions in enumerate(layers):
        if number and dropout:
            input = drop.kernel(input, dropout)
        outputs = []
        for backwards, weights in enumerate(directions):
            begin = tuple(part[len(finals)] for part in states)
            output, final = _run(cell, input, begin, weights, bool(backwards))
            outputs.append(output)
            finals.append(final)
        input = outputs[0] if len(outputs) == 1 else np.concatenate(outputs, axis=-1)
    return input, tuple(np.stack(parts) for parts in zip(*finals, strict=True))


@op
def recurrent(
    input: np.ndarray,
    hx: Any,
    params: Sequence[np.ndarray],
    has_biases: bool = True,
    num_layers: int = 1,
    dropout: float = 0.0,
    train: bool = False,
    bidirectional: bool = False,
    batch_first: bool = False,
    *,
    cell: str,
) -> tuple[np.ndarray, ...]:
    """The output at every time step, and the state after the last: of a plain RNN or a GRU h, of an LSTM h and c.

    Shape: input (L, N, F), (N, L, F) with batch_first, or (L, F); states (layers * directions, N, H).
    Params: hx, the state before the first step, a tensor or the pair (h, c), None for zeros; params, for each layer
    and in it each direction weight_ih, weight_hh, bias_ih, bias_hh and, of an LSTM that projects h, weight_hr;
    dropout, between layers in training.
    """
    kind = CELLS[cell]
    layers = layers_of(kind, params, has_biases, num_layers, bidirectional)
    batched = input.ndim == 3
    steps = input[:, None] if not batched else input.swapaxes(0, 1) if batch_first else input
    shapes = state_shapes(kind, layers, steps.shape[1])
    if hx is None:
        states = tuple(np.zeros(shape, input.dtype) for shape in shapes)
    else:
        parts = hx if isinstance(hx, tuple | list) else (hx,)
        states = tuple(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))
    output, finals = _stack(kind, steps, states, layers, dropout if train else 0.0)
    if not batched:
        return output[:, 0], *(final[:, 0] for final in finals)
    return output.swapaxes(0, 1) if batch_first else output, *finals


def state_shapes(cell: Cell, layers: list[list[Weights]], batch: int) -> list[tuple[int, ...]]:
    """The shapes of h and, in an LSTM, c."""
    weights, count = layers[0][0], len(layers) * len(layers[0])
    sizes = (weights.hh.shape[1], weights.ih.shape[0] // cell.gates)[: cell.states]
    return [(count, batch, size) for size in sizes]


def _check_weights(cell: Cell, layers: list[list[Weights]]) -> None:
    features = layers[0][0].ih.shape[-1]
    for directions in layers:
        for weights in directions:
            rows, hidden = weights.ih.shape[0], weights.hh.shape[-1]
            cells = rows // cell.gates
            wanted = [(rows, features), (cell.gates * cells, hidden), (rows,), (rows,), (hidden, cells)]
            found = [None if weight is None else weight.shape for weight in weights]
            if any(shape not in (None, want) for shape, want in zip(found, wanted, strict=True)):
                raise ShapeError(f"wants weights of {wanted} and gets {found}")
            if weights.hr is None and hidden != cells:
                raise ShapeError(f"wants a state of {cells} elements for weights {found} and gets {hidden}")
        features = layers[0][0].hh.shape[-1] * len(directions)


def _check_input(input: TensorSpec, weights: Weights) -> None:
    fractions(input.dtype)
    wanted = weights.ih.shape[-1]
    if input.shape[-1] != wanted:
        raise ShapeError(
            f"wants {wanted} input features and gets {input.shape[-1]}: {input.shape}",
            hint=f"input_size={input.shape[-1]}",
            option="input_size",
        )
    for name, weight in zip(Weights._fields, weights, strict=True):
        one_dtype(input, **{f"weight {name}": weight})


def _check_states(cell: Cell, input: TensorSpec, hx: Any, shapes: list[tuple[int, ...]], letters: str) -> None:
    """Refuse a state that has not the given shape; None stands for zeros."""
    if hx is None:
        return
    states = (hx,) if isinstance(hx, TensorSpec) else tuple(hx)
    if isinstance(hx, TensorSpec) != (cell.states == 1) or len(states) != cell.states:
        wanted = "one state, a tensor h," if cell.states == 1 else "two states, a pair of tensors (h, c),"
        found = "one tensor" if isinstance(hx, TensorSpec) else f"{len(states)} tensors"
        raise ShapeError(f"wants {wanted} and gets {found}")
    for name, state, shape in zip("hc", states, shapes, strict=False):
        if state.shape != shape:
            raise ShapeError(f"wants a state {name} of {letters} = {shape} and gets {state.shape}")
        one_dtype(input, **{f"state {name}": state})


@recurrent.shape
def _(
    input: TensorSpec,
    hx: Any,
    params: Sequence[TensorSpec],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    bidirectional: bool,
    batch_first: bool,
    cell: str,
) -> tuple[TensorSpec, ...]:
    kind = CELLS[cell]
    layers = layers_of(kind, params, has_biases, num_layers, bidirectional)
    _check_weights(kind, layers)
    if input.ndim not in (2, 3):
        letters = "(N, L, features)" if batch_first else "(L, N, features)"
        raise ShapeError(f"wants an input {letters}, or (L, features) without a batch, and gets {input.shape}")
    _check_input(input, layers[0][0])
    if not 0 <= dropout <= 1:
        raise OptionError(f"dropout is a probability between 0 and 1, not {dropout}", option="dropout")
    batched = input.ndim == 3
    length, batch = input.shape[:2] if batched else (input.shape[0], 1)
    if batched and batch_first:
        length, batch = batch, length
    if not length:
        raise ShapeError(f"wants a sequence of at least 1 step and gets {input.shape}")
    shapes = state_shapes(kind, layers, batch)
    shapes = shapes if batched else [(shape[0], shape[2]) for shape in shapes]
    _check_states(kind, input, hx, shapes, f"(layers * directions, {'batch, ' if batched else ''}size)")
    output = (*input.shape[:-1], shapes[0][-1] * len(layers[0]))
    return input.with_shape(output), *(input.with_shape(shape) for shape in shapes)


@recurrent.axes
def _(input: TensorSpec, hx: Any, bidirectional: bool, batch_first: bool, which: int) -> dict[str, Any]:
    batched = input.ndim == 3
    time = int(batched and batch_first)
    batch = 1 - time
    if which:  # a state (layers * directions, N, H) has seen every step
        seen = tuple(WHOLE if place == time else Kept(1) for place in range(input.ndim - 1))
        return {"input": (*seen, WHOLE), "hx": _states(hx, batched, 1)}
    steps = WHOLE if bidirectional else Running(time)
    reaches = tuple(steps if place == time else Kept(batch) for place in range(input.ndim - 1))
    return {"input": (*reaches, WHOLE), "hx": _states(hx, batched, batch)}


def drops_between_layers(num_layers: int, dropout: float, train: bool) -> bool:
    """Whether dropout draws random numbers."""
    return train and dropout > 0 and num_layers > 1


recurrent.draws(drops_between_layers)


def _states(hx: Any, batched: bool, batch: int) -> Any:
    """What is seen of the first states: all but other elements of the batch."""
    reaches = (WHOLE, Kept(batch), WHOLE) if batched else (WHOLE, WHOLE)
    return reaches if isinstance(hx, TensorSpec) or hx is None else [reaches] * len(hx)


@recurrent.macs
def _(input: TensorSpec, params: Sequence[TensorSpec]) -> int:
    steps = input.numel() // max(1, input.shape[-1])
    return steps * sum(weight.numel() for weight in params if weight.ndim == 2)


@recurrent.formula
def _(output: TensorSpec, input: TensorSpec, bidirectional: bool) -> list[str]:
    size = output.shape[-1]
    made = f"2 directions * {size // 2} = {size}" if bidirectional else str(size)
    return [f"features: {input.shape[-1]} -> {made}"]


@op
def recurrent_cell(
    input: np.ndarray,
    hx: Any,
    w_ih: np.ndarray,
    w_hh: np.ndarray,
    b_ih: np.ndarray | None = None,
    b_hh: np.ndarray | None = None,
    *,
    cell: str,
) -> Any:
    """One step: the next state h, of an LSTM the pair (h, c).

    Shape: input (N, F) or (F), states (N, H) or (H). Params: hx, the state before, None for zeros.
    """
    kind, weights = CELLS[cell], Weights(w_ih, w_hh, b_ih, b_hh)
    if hx is None:
        hx = (np.zeros((*input.shape[:-1], w_hh.shape[1]), input.dtype),) * kind.states
    state = kind.step(weights.given(input), tuple(hx) if isinstance(hx, tuple | list) else (hx,), weights)
    return state if kind.states == 2 else state[0]


@recurrent_cell.shape
def _(
    input: TensorSpec,
    hx: Any,
    w_ih: TensorSpec,
    w_hh: TensorSpec,
    b_ih: TensorSpec | None,
    b_hh: TensorSpec | None,
    cell: str,
) -> Any:
    kind, weights = CELLS[cell], Weights(w_ih, w_hh, b_ih, b_hh)
    _check_weights(kind, [[weights]])
    if input.ndim not in (1, 2):
        raise ShapeError(f"wants an input (N, features) or (features) and gets {input.shape}")
    _check_input(input, weights)
    shape = (*input.shape[:-1], w_hh.shape[1])
    _check_states(kind, input, hx, [shape] * kind.states, "(batch, size)" if input.ndim == 2 else "(size)")
    output = input.with_shape(shape)
    return (output, output) if kind.states == 2 else output


@recurrent_cell.axes
def _(input: TensorSpec, hx: Any) -> dict[str, Any]:
    reaches = (*kept(input)[:-1], WHOLE)
    return {"input": reaches, "hx": reaches if isinstance(hx, TensorSpec) or hx is None else [reaches] * len(hx)}


@recurrent_cell.macs
def _(input: TensorSpec, w_ih: TensorSpec, w_hh: TensorSpec) -> int:
    return input.numel() // max(1, input.shape[-1]) * (w_ih.numel() + w_hh.numel())


@recurrent_cell.formula
def _(output: TensorSpec, input: TensorSpec) -> list[str]:
    return [f"features: {input.shape[-1]} -> {output.shape[-1]}"]


rnn_tanh, rnn_relu, gru, lstm = (recurrent.alias(name, cell=name) for name in CELLS)
rnn_tanh_cell, rnn_relu_cell, gru_cell, lstm_cell = (recurrent_cell.alias(f"{name}_cell", cell=name) for name in CELLS)
