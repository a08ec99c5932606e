"""Sequences of different lengths, packed step by step so that recurrent layers pass over no padding: nn.utils.rnn.

Lengths are numbers that are known, or a tensor whose values only the data tells. In a trace the latter leave open how
many steps there are in all: the sequences stay padded then, and have no `data`.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.PackedSequence.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from nnbuild import ops
from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.nests import is_tensor, spec_of
from nnbuild.ops.packed_recurrence import check_lengths_tensor, checked_lengths
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.tensor_like import TensorLike


class PackedSequence(NamedTuple):
    """The steps of sequences, those of the first time first.

    Params: data, (steps, features); batch_sizes, how many sequences have a step at each time; sorted_indices, whose
    sequence is at each place, None where they came in order; unsorted_indices, at which place each sequence is.
    """

    data: Any
    batch_sizes: Any
    sorted_indices: Any = None
    unsorted_indices: Any = None


class PaddedSteps(NamedTuple):
    """A PackedSequence whose lengths only the data tells: the sequences as they are, padded, and their lengths."""

    padded: Any
    lengths: Any
    batch_first: bool
    enforce_sorted: bool

    def explain(self, name: str) -> None:
        """Say why there is no attribute of a PackedSequence."""
        if name in PackedSequence._fields:
            raise _steps_unknown()

    def __getattr__(self, name: str) -> Any:
        self.explain(name)
        raise AttributeError(name)


def _steps_unknown() -> ShapeError:
    return ShapeError(
        "a packed sequence has as many steps as its lengths say, and those are data here",
        hint="give the lengths as a list of numbers, or work on what pad_packed_sequence(..., total_length=) gives",
    )


def known(tensor: Any) -> np.ndarray | None:
    """The values of a tensor that hang on no data; None where they do."""
    if isinstance(tensor, TensorSpec):
        return tensor.known_values()
    return np.asarray(tensor.data if isinstance(tensor, TensorLike) else tensor)


def _constant(values: np.ndarray) -> Any:
    return ops.tensor(values.tolist(), dtype="int64")


def _listed(lengths: Any) -> list[int] | None:
    """The lengths as numbers, None where only data tells them."""
    values = known(lengths) if is_tensor(lengths) else np.asarray(lengths)
    if values is None:
        return None
    if values.ndim != 1 or values.dtype.kind not in "iu":
        raise OptionError(f"lengths want one whole number for each sequence, not {lengths!r}", option="lengths")
    return [int(length) for length in values]


def pack_padded_sequence(input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True) -> Any:
    """Pack padded sequences (L, N, *), with batch_first (N, L, *), of these lengths.

    enforce_sorted: they come with the longest first; else they are sorted, and come out in their order again.
    """
    shape = tuple(input.shape)
    if len(shape) < 2:
        raise ShapeError(f"pack_padded_sequence wants sequences, of at least 2 axes, and gets {shape}")
    longest, batch = (shape[1], shape[0]) if batch_first else shape[:2]
    numbers = _listed(lengths)
    if numbers is None:
        check_lengths_tensor(spec_of(lengths), batch)
        return PaddedSteps(input, lengths, batch_first, enforce_sorted)
    if len(numbers) != batch:
        raise ShapeError(f"pack_padded_sequence wants {batch} lengths, one for each sequence, and gets {len(numbers)}")
    checked_lengths(numbers, longest, enforce_sorted)
    order = np.argsort(-np.array(numbers), kind="stable")
    there = np.arange(max(numbers))[:, None] < np.array(numbers)[order]
    times, places = np.nonzero(there)
    index = (order[places], times) if batch_first else (times, order[places])
    data, sizes = ops.getitem(input, index), _constant(there.sum(1))
    if enforce_sorted:
        return PackedSequence(data, sizes)
    return PackedSequence(data, sizes, _constant(order), _constant(np.argsort(order)))


def pad_packed_sequence(
    sequence: Any, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Any, Any]:
    """The sequences padded with `padding_value` to the longest, or to `total_length` steps, and their lengths."""
    if isinstance(sequence, PaddedSteps):
        return _padded_by_data(sequence, batch_first, padding_value, total_length)
    sizes, order = _places(sequence)
    steps = len(sizes) if total_length is None else total_length
    if steps < len(sizes):
        raise OptionError(
            f"total_length must be at least the longest length, {len(sizes)}, not {steps}", option="total_length"
        )
    data = sequence.data
    there = np.arange(sizes[0]) < np.array(sizes)[:, None]
    index = np.full((steps, sizes[0]), data.shape[0])  # behind the last step
    index[: len(sizes)][there] = np.arange(there.sum())
    index = index[:, np.argsort(order)]
    filling = ops.full((1, *data.shape[1:]), padding_value, dtype=spec_of(data).dtype)
    padded = ops.getitem(ops.cat([data, filling]), index.T if batch_first else index)
    return padded, _constant(there.sum(0)[np.argsort(order)])


def _places(sequence: PackedSequence) -> tuple[list[int], np.ndarray]:
    """The number of sequences at each time, and whose is at each place."""
    if not isinstance(sequence, PackedSequence):
        raise OptionError(f"a PackedSequence is wanted, not {type(sequence).__name__}")
    sizes = known(sequence.batch_sizes)
    if sizes is None:
        raise _steps_unknown()
    order = np.arange(sizes[0])
    if sequence.unsorted_indices is not None:
        order = np.argsort(_values(sequence.unsorted_indices))
    elif sequence.sorted_indices is not None:
        order = _values(sequence.sorted_indices)
    return [int(size) for size in sizes], order


def _values(indices: Any) -> np.ndarray:
    values = known(indices)
    if values is None:
        raise ShapeError("the order of packed sequences is data here", hint="keep the indices that packing gave")
    return values


def _padded_by_data(
    sequence: PaddedSteps, batch_first: bool, padding_value: float, total_length: int | None
) -> tuple[Any, Any]:
    if total_length is None:
        raise ShapeError(
            "pad_packed_sequence pads to the greatest of the lengths, and those are data here",
            hint=f"total_length={sequence.padded.shape[int(sequence.batch_first)]} gives a known number of steps",
        )
    padded = ops.pad_steps(sequence.padded, sequence.lengths, total_length, padding_value, sequence.batch_first)
    return padded if batch_first == sequence.batch_first else ops.transpose(padded, 0, 1), sequence.lengths


def pad_sequence(
    sequences: Sequence[Any], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:
    """Sequences (L, *) of different lengths as one tensor (L, N, *), with batch_first (N, L, *), the shorter padded."""
    if padding_side not in ("left", "right"):
        raise OptionError(f'padding_side wants "left" or "right", not {padding_side!r}', option="padding_side")
    given = list(sequences)
    if not given:
        raise OptionError("pad_sequence wants at least one sequence", option="sequences")
    behind = {tuple(sequence.shape[1:]) for sequence in given}
    if len(behind) > 1 or not all(sequence.shape for sequence in given):
        shapes = ", ".join(str(tuple(sequence.shape)) for sequence in given)
        raise ShapeError(f"pad_sequence wants sequences that differ in their first axis alone and gets {shapes}")
    longest = max(sequence.shape[0] for sequence in given)
    padded = [_longer(sequence, longest, padding_value, padding_side) for sequence in given]
    return ops.stack(padded, 0 if batch_first else 1)


def _longer(sequence: Any, length: int, value: float, side: str) -> Any:
    missing = length - sequence.shape[0]
    if not missing:
        return sequence
    room = (0, 0) * (len(sequence.shape) - 1)
    return ops.pad(sequence, (*room, missing, 0) if side == "left" else (*room, 0, missing), value=value)


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> Any:
    """Pack sequences (L, *) of different lengths."""
    lengths = [int(sequence.shape[0]) for sequence in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences (L, *) of a padded tensor, each as long as said."""
    numbers = _listed(lengths)
    if numbers is None:
        raise ShapeError("how long sequences are is data here, so they have no shapes", hint="keep them padded")
    first = padded_sequences if batch_first else ops.transpose(padded_sequences, 0, 1)
    return [ops.getitem(first, (place, slice(None, length))) for place, length in enumerate(numbers)]


def unpack_sequence(packed_sequences: Any) -> list[Any]:
    """The sequences (L, *) that were packed."""
    if isinstance(packed_sequences, PaddedSteps):
        return unpad_sequence(packed_sequences.padded, packed_sequences.lengths, packed_sequences.batch_first)
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


def is_packed(input: Any) -> bool:
    """Whether a recurrent layer is given packed sequences."""
    return isinstance(input, PackedSequence | PaddedSteps)


def run_packed(kind: str, sequence: Any, hx: Any, options: dict[str, Any]) -> tuple[Any, ...]:
    """The recurrence over packed sequences: packed ones as long, and the last states in the order of the sequences.

    Params: kind, the name of the op for tensors; options, the op's others.
    """
    if isinstance(sequence, PaddedSteps):
        run = getattr(ops, f"padded_{kind}")
        output, *states = run(
            sequence.padded, sequence.lengths, hx, **options, batch_first=sequence.batch_first,
            enforce_sorted=sequence.enforce_sorted,
        )  # fmt: skip
        return sequence._replace(padded=output), *states
    sizes, order = _places(sequence)
    in_order = sequence.sorted_indices is None and sequence.unsorted_indices is None
    begin = hx if in_order else _permuted(hx, order)
    output, *states = getattr(ops, f"packed_{kind}")(sequence.data, tuple(sizes), begin, **options)
    return sequence._replace(data=output), *(states if in_order else _permuted(states, np.argsort(order)))


def _permuted(states: Any, order: np.ndarray) -> Any:
    """States (layers * directions, N, H) with the sequences in another order."""
    if states is None:
        return None
    if isinstance(states, tuple | list):
        return [_permuted(state, order) for state in states]
    return ops.index_select(states, 1, _constant(order))
