"""Recurrence over sequences of different lengths: packed, step by step, or padded with their lengths beside.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from nnbuild.errors import ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import whole
from nnbuild.ops.op import op
from nnbuild.ops.reach import WHOLE, Kept, Picked, Reach, Reaches, Running, Strided, kept
from nnbuild.ops.recurrence import drops_between_layers, layers_of, recurrent, state_shapes
from nnbuild.ops.recurrent_cells import CELLS, Cell, State, Weights
from nnbuild.ops.spec import TensorSpec

Run = Callable[["np.ndarray", State, Weights, bool], tuple["np.ndarray", State]]


def _packed(cell: Cell, sizes: Sequence[int]) -> Run:
    """Over packed steps: the outputs of all, and the state that each sequence ends with. Shape: data (rows, F)."""
    starts = [0, *accumulate(sizes)]

    def run(data: np.ndarray, begin: State, weights: Weights, backwards: bool) -> tuple[np.ndarray, State]:
        given = weights.given(data)
        outputs = np.empty((len(data), begin[0].shape[-1]), given.dtype)
        finals = tuple(np.array(part, given.dtype) for part in begin)
        for time in reversed(range(len(sizes))) if backwards else range(len(sizes)):
            running, rows = sizes[time], slice(starts[time], starts[time + 1])
            state = cell.step(given[rows], tuple(part[:running] for part in finals), weights)
            for final, part in zip(finals, state, strict=True):
                final[:running] = part
            outputs[rows] = state[0]
        return outputs, finals

    return run


def _padded(cell: Cell, lengths: np.ndarray) -> Run:
    """Over padded steps (L, N, F): behind a sequence's end the output is 0, and the state stays."""

    def run(steps: np.ndarray, begin: State, weights: Weights, backwards: bool) -> tuple[np.ndarray, State]:
        given = weights.given(steps)
        outputs = np.zeros((*steps.shape[:2], begin[0].shape[-1]), given.dtype)
        state = begin
        for time in reversed(range(len(steps))) if backwards else range(len(steps)):
            there = (time < lengths)[:, None]
            after = cell.step(given[time], state, weights)
            state = tuple(np.where(there, new, old) for new, old in zip(after, state, strict=True))
            outputs[time] = np.where(there, state[0], 0)
        return outputs, state

    return run


def _stack(
    run: Run, data: np.ndarray, states: State, layers: list[list[Weights]], dropout: float
) -> tuple[np.ndarray, State]:
    """All layers, each of them in each direction run so. Shape: each of states (layers * directions, N, H)."""
    from nnbuild.ops.noise import dropout as drop

    finals: list[State] = []
    for number, directions in enumerate(layers):
        if number and dropout:
            data = drop.kernel(data, dropout)
        outputs = []
        for backwards, weights in enumerate(directions):
            output, final = run(data, tuple(part[len(finals)] for part in states), weights, bool(backwards))
            outputs.append(output)
            finals.append(final)
        data = outputs[0] if len(outputs) == 1 else np.concatenate(outputs, axis=-1)
    return data, tuple(np.stack(parts) for parts in zip(*finals, strict=True))


def _states(hx: Any, shapes: list[tuple[int, ...]], dtype: Any) -> State:
    if hx is None:
        return tuple(np.zeros(shape, dtype) for shape in shapes)
    return tuple(hx) if isinstance(hx, tuple | list) else (hx,)


@op
def packed_recurrent(
    input: np.ndarray,
    batch_sizes: Sequence[int],
    hx: Any,
    params: Sequence[np.ndarray],
    has_biases: bool = True,
    num_layers: int = 1,
    dropout: float = 0.0,
    train: bool = False,
    bidirectional: bool = False,
    *,
    cell: str,
) -> tuple[np.ndarray, ...]:
    """The recurrence over packed sequences: the output of every step, and each sequence's last state.

    Shape: input (steps of all sequences, F), those of the first time first; states (layers * directions, N, H).
    Params: batch_sizes, how many sequences have a step at each time, never more than before; the others as `lstm` has
    them.
    """
    kind = CELLS[cell]
    layers = layers_of(kind, params, has_biases, num_layers, bidirectional)
    states = _states(hx, state_shapes(kind, layers, batch_sizes[0]), input.dtype)
    output, finals = _stack(_packed(kind, batch_sizes), input, states, layers, dropout if train else 0.0)
    return output, *finals


@packed_recurrent.shape
def _(input: TensorSpec, batch_sizes: Sequence[int], arguments: dict[str, Any]) -> tuple[TensorSpec, ...]:
    sizes = [whole(size, "batch_sizes") for size in batch_sizes]
    if not sizes or sizes[-1] < 1 or sorted(sizes, reverse=True) != sizes:
        raise ShapeError(f"wants batch_sizes of at least 1, each no more than that before, and gets {sizes}")
    if input.ndim != 2 or input.shape[0] != sum(sizes):
        raise ShapeError(f"wants data of {sum(sizes)} steps (steps, features) and gets {input.shape}")
    names = ("hx", "params", "has_biases", "num_layers", "dropout", "bidirectional", "cell")
    longest = input.with_shape((len(sizes), sizes[0], input.shape[1]))
    others = {name: arguments[name] for name in names}
    output, *states = recurrent.facets["shape"](longest, batch_first=False, **others)
    return input.with_shape((input.shape[0], output.shape[-1])), *states


@packed_recurrent.axes
def _(input: TensorSpec, batch_sizes: Sequence[int], hx: Any, bidirectional: bool, which: int) -> dict[str, Any]:
    starts = [0, *accumulate(batch_sizes)]
    last = [max(time for time, size in enumerate(batch_sizes) if size > place) for place in range(batch_sizes[0])]
    if which:
        along = Picked(1, tuple((place, starts[time] + place) for place, time in enumerate(last)))
        return {"input": (along, WHOLE), "hx": _of_states(hx, Kept(1))}
    rows = [(time, place) for time, size in enumerate(batch_sizes) for place in range(size)]
    ends = (last[place] if bidirectional else time for time, place in rows)
    steps = tuple((place, starts[end] + place) for (_, place), end in zip(rows, ends, strict=True))
    return {
        "input": (Picked(0, steps), WHOLE),
        "hx": _of_states(hx, Picked(0, tuple((place, place) for _, place in rows))),
    }


def _of_states(hx: Any, batch: Reach) -> Any:
    reaches = (WHOLE, batch, WHOLE)
    return reaches if isinstance(hx, TensorSpec) or hx is None else [reaches] * len(hx)


@packed_recurrent.macs
def _(input: TensorSpec, params: Sequence[TensorSpec]) -> int:
    return input.shape[0] * sum(weight.numel() for weight in params if weight.ndim == 2)


@op
def padded_recurrent(
    input: np.ndarray,
    lengths: np.ndarray,
    hx: Any,
    params: Sequence[np.ndarray],
    has_biases: bool = True,
    num_layers: int = 1,
    dropout: float = 0.0,
    train: bool = False,
    bidirectional: bool = False,
    batch_first: bool = False,
    enforce_sorted: bool = False,
    *,
    cell: str,
) -> tuple[np.ndarray, ...]:
    """The recurrence over padded sequences, as it would be over packed ones: zeros behind the end of a sequence.

    Shape: input (L, N, F), with batch_first (N, L, F); lengths (N); states (layers * directions, N, H).
    Params: enforce_sorted, whether lengths that are not sorted, the longest first, are refused; the others as `lstm`
    has them. What it costs hangs on the lengths.
    """
    kind = CELLS[cell]
    layers = layers_of(kind, params, has_biases, num_layers, bidirectional)
    steps = input.swapaxes(0, 1) if batch_first else input
    checked_lengths(lengths.tolist(), steps.shape[0], enforce_sorted)
    begin = _states(hx, state_shapes(kind, layers, steps.shape[1]), input.dtype)
    output, finals = _stack(_padded(kind, lengths), steps, begin, layers, dropout if train else 0.0)
    return output.swapaxes(0, 1) if batch_first else output, *finals


def checked_lengths(lengths: list[int], longest: int, enforce_sorted: bool) -> None:
    """Refuse lengths that sequences of up to `longest` steps cannot have."""
    if any(length < 1 for length in lengths):
        raise ShapeError(f"wants lengths of at least 1 and gets {min(lengths)}", option="lengths")
    if any(length > longest for length in lengths):
        raise ShapeError(f"wants lengths up to the {longest} steps there are and gets {max(lengths)}", option="lengths")
    if enforce_sorted and sorted(lengths, reverse=True) != lengths:
        raise ShapeError(f"wants the longest sequence first and gets lengths {lengths}", hint="enforce_sorted=False")


@padded_recurrent.shape
def _(input: TensorSpec, lengths: TensorSpec, batch_first: bool, arguments: dict[str, Any]) -> tuple[TensorSpec, ...]:
    if input.ndim != 3:
        letters = "(N, L, features)" if batch_first else "(L, N, features)"
        raise ShapeError(f"wants an input {letters} and gets {input.shape}")
    check_lengths_tensor(lengths, input.shape[0 if batch_first else 1])
    names = ("hx", "params", "has_biases", "num_layers", "dropout", "bidirectional", "cell")
    outputs: tuple[TensorSpec, ...] = recurrent.facets["shape"](
        input, batch_first=batch_first, **{name: arguments[name] for name in names}
    )
    return outputs


def check_lengths_tensor(lengths: TensorSpec, batch: int) -> None:
    """Refuse a tensor that has not one length for each sequence."""
    if lengths.dtype != "int64" or lengths.shape != (batch,):
        raise ShapeError(
            f"wants lengths of int64, one for each of {batch} sequences, and gets {lengths.shape} {lengths.dtype}",
            option="lengths",
        )


@padded_recurrent.axes
def _(hx: Any, bidirectional: bool, batch_first: bool, which: int) -> dict[str, Any]:
    time, batch = (1, 0) if batch_first else (0, 1)
    if which:
        own: Reach = Kept(1)
        return {
            "input": (own, WHOLE, WHOLE) if batch_first else (WHOLE, own, WHOLE),
            "lengths": (own,),
            "hx": _of_states(hx, own),
        }
    steps = WHOLE if bidirectional else Running(time)
    seen = (Kept(0), steps, WHOLE) if batch_first else (steps, Kept(1), WHOLE)
    return {"input": seen, "lengths": (Kept(batch),), "hx": _of_states(hx, Kept(batch))}


packed_recurrent.draws(drops_between_layers)
padded_recurrent.draws(drops_between_layers)
packed_rnn_tanh, packed_rnn_relu, packed_gru, packed_lstm = (
    packed_recurrent.alias(f"packed_{name}", cell=name) for name in CELLS
)
padded_rnn_tanh, padded_rnn_relu, padded_gru, padded_lstm = (
    padded_recurrent.alias(f"padded_{name}", cell=name) for name in CELLS
)


@op
def pad_steps(
    input: np.ndarray,
    lengths: np.ndarray,
    total_length: int,
    padding_value: float = 0.0,
    batch_first: bool = False,
) -> np.ndarray:
    """Padded sequences with `total_length` steps, `padding_value` behind the end of each."""
    time = int(batch_first)
    steps = input.swapaxes(0, 1) if batch_first else input
    if lengths.size and int(lengths.max()) > total_length:
        raise ShapeError(f"wants total_length of at least the longest length, {lengths.max()}, and gets {total_length}")
    result = np.full((total_length, *steps.shape[1:]), padding_value, input.dtype)
    there = np.arange(min(total_length, steps.shape[0]))[:, None] < lengths
    result[: len(there)][there] = steps[: len(there)][there]
    return result.swapaxes(0, time)


@pad_steps.shape
def _(input: TensorSpec, lengths: TensorSpec, total_length: int, batch_first: bool) -> TensorSpec:
    if input.ndim < 2:
        raise ShapeError(f"wants sequences, of at least 2 axes, and gets {input.shape}")
    check_lengths_tensor(lengths, input.shape[0 if batch_first else 1])
    size = whole(total_length, "total_length")
    batch = (input.shape[0], size) if batch_first else (size, input.shape[1])
    return input.with_shape((*batch, *input.shape[2:]))


@pad_steps.axes
def _(input: TensorSpec, total_length: int, batch_first: bool) -> dict[str, Reaches]:
    time = int(batch_first)
    same = input.shape[time] == total_length
    reaches = (reach if place != time or same else Strided(time, 0) for place, reach in enumerate(kept(input)))
    return {"input": tuple(reaches), "lengths": (Kept(1 - time),)}
