"""Packed sequences: as in PyTorch, through every recurrent layer, from Python and in forwards."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild import TensorSpec, nn, ops, trace
from nnbuild.engine import compile
from nnbuild.errors import NnbuildError
from nnbuild.nn.sequences import PackedSequence

rnn = nn.utils.rnn
RANDOM = np.random.default_rng(0)
SEQUENCES = [RANDOM.normal(size=(length, 2)).astype(np.float32) for length in (2, 4, 1)]
WAYS = list(itertools.product(("RNN", "LSTM", "GRU"), (False, True), (1, 2), (False, True), (False, True)))


def same(ours: Any, theirs: Any) -> None:
    """Equal shapes, dtypes and values, through nests; None is None."""
    if theirs is None or ours is None:
        assert ours is theirs
    elif hasattr(theirs, "detach"):
        expected = theirs.detach().numpy()
        assert (ours.shape, ours.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(ours, expected, atol=1e-5)
    else:
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            same(one, other)


@pytest.mark.torch
@pytest.mark.parametrize(("kind", "bidirectional", "layers", "batch_first", "in_order"), WAYS)
def test_recurrent_layers_as_pytorchs(
    kind: str, bidirectional: bool, layers: int, batch_first: bool, in_order: bool
) -> None:
    torch: Any = pytest.importorskip("torch")
    theirs = getattr(torch.nn, kind)(3, 4, layers, bidirectional=bidirectional, batch_first=batch_first)
    layer = getattr(nn, kind)(3, 4, layers, bidirectional=bidirectional, batch_first=batch_first)
    layer.load_state_dict({key: tensor.numpy() for key, tensor in theirs.state_dict().items()})
    lengths = [5, 3, 3, 1] if in_order else [3, 1, 5, 2]
    x = RANDOM.normal(size=(4, 6, 3) if batch_first else (6, 4, 3)).astype(np.float32)
    states = [RANDOM.normal(size=(layers * (1 + bidirectional), 4, 4)).astype(np.float32) for _ in range(2)]
    packed = rnn.pack_padded_sequence(x, lengths, batch_first, in_order)
    of_torch = torch.nn.utils.rnn
    expected = of_torch.pack_padded_sequence(torch.from_numpy(x), lengths, batch_first, in_order)
    same(packed, expected)
    for given in (None, tuple(states) if kind == "LSTM" else states[0]):
        output, hidden = layer(packed, given)
        output_there, hidden_there = theirs(expected, _in_torch(torch, given))
        same(output, output_there)
        same(hidden, hidden_there)
        for options in ({}, {"total_length": 7, "padding_value": 2.0}, {"batch_first": True}):
            padded = of_torch.pad_packed_sequence(output_there, **options)
            same(rnn.pad_packed_sequence(output, **options), padded)
        same(rnn.unpack_sequence(output), of_torch.unpack_sequence(output_there))


def _in_torch(torch: Any, given: Any) -> Any:
    if given is None:
        return None
    return tuple(map(torch.from_numpy, given)) if isinstance(given, tuple) else torch.from_numpy(given)


@pytest.mark.torch
@pytest.mark.parametrize("options", [{}, {"batch_first": True, "padding_value": 1.5}, {"padding_side": "left"}])
def test_padding_and_packing_of_sequences_as_pytorch(options: dict[str, Any]) -> None:
    torch: Any = pytest.importorskip("torch")
    theirs, tensors = torch.nn.utils.rnn, list(map(torch.from_numpy, SEQUENCES))
    same(rnn.pad_sequence(SEQUENCES, **options), theirs.pad_sequence(tensors, **options))
    same(rnn.pack_sequence(SEQUENCES, False), theirs.pack_sequence(tensors, False))
    same(rnn.pack_sequence(SEQUENCES[1:]), theirs.pack_sequence(tensors[1:]))
    padded = rnn.pad_sequence(SEQUENCES)
    same(
        rnn.unpad_sequence(padded, [2, 4, 1]), theirs.unpad_sequence(torch.from_numpy(padded), torch.tensor([2, 4, 1]))
    )


def test_sequences_come_out_as_they_went_in() -> None:
    for result, sequence in zip(rnn.unpack_sequence(rnn.pack_sequence(SEQUENCES, False)), SEQUENCES, strict=True):
        np.testing.assert_array_equal(result, sequence)


X = np.zeros((6, 3, 2), np.float32)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rnn.pack_padded_sequence(X, [1, 2]), "wants 3 lengths, one for each sequence, and gets 2"),
        (lambda: rnn.pack_padded_sequence(X, [1, 2, 3]), "wants the longest sequence first and gets lengths"),
        (lambda: rnn.pack_padded_sequence(X, [7, 2, 1]), "wants lengths up to the 6 steps there are and gets 7"),
        (lambda: rnn.pack_padded_sequence(X, [3, 2, 0]), "wants lengths of at least 1 and gets 0"),
        (lambda: rnn.pack_padded_sequence(X, [3.5, 2, 0]), "lengths want one whole number for each sequence"),
        (lambda: rnn.pack_padded_sequence(X[0, 0], [3]), "wants sequences, of at least 2 axes, and gets \\(2,\\)"),
        (lambda: rnn.pad_packed_sequence(rnn.pack_padded_sequence(X, [3, 2, 1]), total_length=2),
         "total_length must be at least the longest length, 3, not 2"),
        (lambda: rnn.pad_packed_sequence(X), "a PackedSequence is wanted, not ndarray"),
        (lambda: rnn.pad_sequence([]), "pad_sequence wants at least one sequence"),
        (lambda: rnn.pad_sequence([X, X[0]]), "wants sequences that differ in their first axis alone"),
        (lambda: rnn.pad_sequence([X], padding_side="up"), "padding_side wants \"left\" or \"right\", not 'up'"),
        (lambda: nn.LSTM(2, 3)((X, X)), "LSTM wants a tensor for input and gets a tuple of 2"),
    ],
)  # fmt: skip
def test_refusals(call: Any, message: str) -> None:
    with pytest.raises(NnbuildError, match=message):
        call()


TAGGER = """\
inputs:
  x: [N, 6, 3]
  lengths: {shape: [N], dtype: int64}
layers:
  lstm: LSTM(3, 4, 2, batch_first=True, bidirectional=True)
  fc: Linear(8, 2)
forward: |
  packed = nn.utils.rnn.pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
  assert isinstance(packed, torch.nn.utils.rnn.PackedSequence)
  out, (h, c) = self.lstm(packed)
  out, sizes = pad_packed_sequence(out, batch_first=True, padding_value=0.5, total_length=x.size(1))
  return self.fc(out), torch.cat((h[-2], h[-1]), 1), sizes
"""


def loaded(text: str, folder: Path) -> Any:
    path = folder / "net.yaml"
    path.write_text(text)
    return nnbuild.load(path).eval()


def test_lengths_that_are_an_input_leave_shapes_known(tmp_path: Path) -> None:
    model = loaded(TAGGER, tmp_path)
    graph = trace(model, TensorSpec((4, 6, 3)), TensorSpec((4,), "int64"))
    assert [value.shape for value in graph.outputs] == [(4, 6, 2), (4, 8), (4,)]
    recurrent = next(node for node in graph.nodes if node.op is ops.padded_lstm)
    assert recurrent.macs is None
    x, lengths = RANDOM.normal(size=(4, 6, 3)).astype(np.float32), np.array([3, 6, 1, 4])
    plain = model(x, lengths)
    for fast, slow in zip(compile(model, x, lengths)(x, lengths), plain, strict=True):
        np.testing.assert_allclose(fast, slow, atol=1e-6)
    alone = model(x[2:3], lengths[2:3])
    for whole, one in zip(plain, alone, strict=True):
        np.testing.assert_allclose(whole[2:3], one, atol=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (", total_length=x.size(1)", "", "pads to the greatest of the lengths, and those are data here"),
        (
            "  out, (h, c)",
            "  y = packed.data\n  out, (h, c)",
            "has as many steps as its lengths say, and those are data",
        ),
        ("  out, (h, c)", "  y = unpack_sequence(packed)\n  out, (h, c)", "how long sequences are is data here"),
        ("rnn.pack_padded", "rnn.pack_paded", "rnn.pack_paded_sequence is not known here"),
    ],
)
def test_what_only_the_data_would_tell(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(NnbuildError, match=message):
        trace(loaded(TAGGER.replace(old, new), tmp_path), TensorSpec((4, 6, 3)), TensorSpec((4,), "int64"))


KNOWN = """\
input: [4, 6, 3]
layers:
  gru: GRU(3, 4, batch_first=True)
  fc: Linear(4, 2)
forward: |
  packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
  out, h = self.gru(packed)
  out = PackedSequence(torch.tanh(self.fc(out.data)), *out[1:])
  return pad_packed_sequence(out, batch_first=True), h
"""


@pytest.mark.parametrize(
    "lengths", ["[3, 1, 5, 2]", "torch.tensor([3, 1, 5, 2])", "torch.tensor([1, 0, 2, 1]) * 2 + 1"]
)
def test_known_lengths_have_steps_to_compute_on(lengths: str, tmp_path: Path) -> None:
    model = loaded(KNOWN.replace("LENGTHS", lengths), tmp_path)
    graph = trace(model, TensorSpec((4, 6, 3)))
    assert [value.shape for value in graph.outputs] == [(4, 5, 2), (4,), (1, 4, 4)]
    numbers = [3, 1, 5, 3] if "*" in lengths else [3, 1, 5, 2]
    assert graph.macs == sum(numbers) * (12 * 3 + 12 * 4 + 4 * 2)
    x = RANDOM.normal(size=(4, 6, 3)).astype(np.float32)
    (padded, found), hidden = compile(model, x)(x)
    np.testing.assert_array_equal(found, numbers)
    for place, length in enumerate(numbers):
        output, state = model.gru(x[place, :length])
        np.testing.assert_allclose(padded[place, :length], np.tanh(model.fc(output)), atol=1e-6)
        np.testing.assert_allclose(hidden[:, place], state, atol=1e-6)
        assert not padded[place, length:].any()


def test_packed_sequences_have_torchs_fields() -> None:
    packed = rnn.pack_sequence(SEQUENCES, False)
    assert isinstance(packed, PackedSequence)
    assert packed.batch_sizes.tolist() == [3, 2, 1, 1]
    assert packed.sorted_indices.tolist() == [1, 0, 2]
    assert packed.unsorted_indices.tolist() == [1, 0, 2]
