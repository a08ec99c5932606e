"""Recurrent layers and cells: values by hand, costs, refusals, and random options beside PyTorch.

The table tests/cases/recurrent.py holds their shapes, values, weights and printed forms.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import nn, ops
from nnbuild.errors import OptionError, ShapeError
from nnbuild.graph import trace
from nnbuild.ops import TensorSpec
from nnbuild.ops.nests import tensors_in

SMALL = TensorSpec((5, 2, 3))


def ones(layer: nn.Module) -> Any:
    """The layer with every weight 1."""
    return layer.apply(lambda module: [nn.init.ones_(parameter) for parameter in module.parameters(recurse=False)])


def test_a_plain_network_by_hand() -> None:
    layer = ones(nn.RNN(1, 1, bias=False, nonlinearity="relu"))
    output, last = layer(np.array([[[1]], [[2]], [[3]]], np.float32))
    assert output.ravel().tolist() == [1, 3, 6]
    assert last.tolist() == [[[6]]]


def test_the_way_back_ends_at_the_first_step() -> None:
    layer = ones(nn.RNN(1, 1, bias=False, nonlinearity="relu", bidirectional=True))
    output, last = layer(np.array([[[1]], [[2]], [[3]]], np.float32))
    assert output.reshape(3, 2).tolist() == [[1, 6], [3, 5], [6, 3]]
    assert last.ravel().tolist() == [6, 6]


def test_an_lstm_step_by_hand() -> None:
    h, c = ones(nn.LSTMCell(1, 1, bias=False).double())(np.zeros((1, 1)), (np.zeros((1, 1)), np.ones((1, 1))))
    np.testing.assert_allclose(c, 0.5)  # the gates are sigmoid(0) = 1/2: half of c is kept, and tanh(0) taken in
    np.testing.assert_allclose(h, 0.5 * math.tanh(0.5))


def test_a_gru_step_by_hand() -> None:
    h = ones(nn.GRUCell(1, 1, bias=False).double())(np.ones((1, 1)), np.ones((1, 1)))
    gate = 1 / (1 + math.exp(-2))
    np.testing.assert_allclose(h, (1 - gate) * math.tanh(1 + gate) + gate)


def test_a_layer_is_its_cell_step_by_step() -> None:
    layer, cell = nn.LSTM(3, 4), nn.LSTMCell(3, 4)
    cell.load_state_dict({key.removesuffix("_l0"): value for key, value in layer.state_dict().items()})
    x = np.random.default_rng(0).standard_normal((5, 2, 3)).astype(np.float32)
    output, (h, c) = layer(x)
    state = None
    for time in range(5):
        state = cell(x[time], state)
        np.testing.assert_allclose(output[time], state[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose([h[0], c[0]], state, rtol=1e-5, atol=1e-6)


def test_half_precision_is_computed_in_single() -> None:
    layer = nn.GRU(3, 4)
    x = np.random.default_rng(0).standard_normal((5, 2, 3)).astype(np.float16)
    single = layer(x.astype(np.float32))[0]
    half = layer.half()(x)[0]
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, single, atol=5e-3)


def test_large_inputs_saturate_without_a_warning() -> None:
    output, _ = ones(nn.LSTM(1, 1))(np.array([[[-1e4]], [[1e4]]], np.float32))
    assert np.isfinite(output).all()


def test_dropout_between_layers_is_for_training_only() -> None:
    layer = nn.LSTM(3, 4, 2, dropout=1.0)
    x = np.ones((5, 2, 3), np.float32)
    trained = layer(x)[0]
    alone = layer.train()(np.zeros_like(x))[0]  # nothing of the first layer comes through
    np.testing.assert_allclose(trained, alone)
    assert not np.allclose(layer.eval()(x)[0], trained)


@pytest.mark.parametrize(
    ("layer", "macs"),
    [
        (nn.RNN(3, 4), 5 * 2 * 4 * (3 + 4)),
        (nn.GRU(3, 4, 2), 5 * 2 * 3 * 4 * (3 + 4 + 4 + 4)),
        (nn.LSTM(3, 4, bidirectional=True), 5 * 2 * 2 * 16 * (3 + 4)),
        (nn.LSTM(3, 4, proj_size=2), 5 * 2 * (16 * (3 + 2) + 2 * 4)),
    ],
    ids=str,
)
def test_macs_are_all_matrices_at_every_step(layer: nn.Module, macs: int) -> None:
    graph = trace(layer, SMALL)
    assert [node.op.name for node in graph.nodes] == [type(layer).__name__.lower().replace("rnn", "rnn_tanh")]
    assert graph.macs == macs


def test_macs_of_a_cell() -> None:
    assert trace(nn.GRUCell(3, 4), TensorSpec((2, 3))).macs == 2 * 12 * 7


def test_the_size_is_explained() -> None:
    both = trace(nn.LSTM(3, 4, bidirectional=True), SMALL).nodes[0]
    assert both.ask("formula") == ["features: 3 -> 2 directions * 4 = 8"]
    assert trace(nn.GRUCell(3, 4), TensorSpec((2, 3))).nodes[0].ask("formula") == ["features: 3 -> 4"]


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        ("LSTM(3, 4)", [(5, 2, 4)], r"LSTM wants 3 input features and gets 4: \(5, 2, 4\)"),
        ("GRU(3, 4)", [(5,)], r"GRU wants an input \(L, N, features\), or \(L, features\) without a batch, and gets"),
        ("RNN(3, 4)", [(0, 2, 3)], "wants a sequence of at least 1 step"),
        ("RNN(3, 4)", [(5, 2, 3), (1, 3, 4)], r"wants a state h of .* = \(1, 2, 4\) and gets \(1, 3, 4\)"),
        ("GRU(3, 4)", [(5, 3), (1, 1, 4)], r"= \(1, 4\) and gets \(1, 1, 4\)"),
        ("LSTM(3, 4)", [(5, 2, 3), (1, 2, 4)], r"wants two states, a pair of tensors \(h, c\), and gets one tensor"),
        ("LSTMCell(3, 4)", [(2, 2, 3)], r"LSTMCell wants an input \(N, features\) or \(features\)"),
        ("GRUCell(3, 4)", [(2, 3), (1, 4)], r"wants a state h of \(batch, size\) = \(2, 4\) and gets \(1, 4\)"),
    ],
)
def test_shapes_that_do_not_fit(layer: str, inputs: list[tuple[int, ...]], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        eval(layer, vars(nn) | {name: getattr(nn, name) for name in nn.LAYERS})(*map(TensorSpec, inputs))


def test_dtypes_that_do_not_fit() -> None:
    with pytest.raises(ShapeError, match="wants input and weight ih of one dtype and gets float64 and float32"):
        nn.GRU(3, 4)(TensorSpec((5, 2, 3), "float64"))
    with pytest.raises(ShapeError, match="wants input and state h of one dtype"):
        nn.GRU(3, 4)(SMALL, TensorSpec((1, 2, 4), "float64"))
    with pytest.raises(ShapeError, match="wants numbers with fractions and gets int64"):
        nn.GRU(3, 4)(TensorSpec((5, 2, 3), "int64"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_size": 0}, "LSTM wants hidden_size of at least 1 and gets 0"),
        ({"num_layers": 0}, "LSTM wants num_layers of at least 1"),
        ({"dropout": 1.5}, "LSTM wants a dropout between 0 and 1 and gets 1.5"),
        ({"proj_size": 4}, "LSTM wants proj_size of at least 0 and below hidden_size=4 and gets 4"),
    ],
)
def test_options_that_do_not_fit(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        nn.LSTM(**{"input_size": 3, "hidden_size": 4, **options})


def test_only_an_lstm_projects() -> None:
    with pytest.raises(OptionError, match="GRU has no option 'proj_size'"):
        nn.GRU(3, 4, proj_size=2)


def test_dropout_in_a_single_layer_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="LSTM drops out between layers, and with num_layers=1"):
        nn.LSTM(3, 4, dropout=0.5)


def test_the_op_counts_its_weights() -> None:
    weights = [np.ones((4, 3), np.float32), np.ones((4, 4), np.float32)]
    with pytest.raises(OptionError, match=r"num_layers=1 in 1 direction\(s\) wants 4 weights each and gets 2 in all"):
        ops.rnn_tanh(np.ones((5, 2, 3), np.float32), None, weights)
    with pytest.raises(ShapeError, match="wants weights of"):
        ops.lstm(np.ones((5, 2, 3), np.float32), None, [weights[0], np.ones((8, 1), np.float32)], False)


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_random_options_as_torch(data: st.DataObject) -> None:
    torch = pytest.importorskip("torch")
    kind = data.draw(st.sampled_from(["RNN", "LSTM", "GRU"]))
    options: dict[str, Any] = {
        "num_layers": data.draw(st.integers(1, 3)),
        "bias": data.draw(st.booleans()),
        "batch_first": data.draw(st.booleans()),
        "bidirectional": data.draw(st.booleans()),
    }
    if kind == "LSTM":
        options["proj_size"] = data.draw(st.integers(0, 3))
    if kind == "RNN":
        options["nonlinearity"] = data.draw(st.sampled_from(["tanh", "relu"]))
    nn.manual_seed(1)
    torch.manual_seed(1)
    ours, theirs = getattr(nn, kind)(3, 4, **options), getattr(torch.nn, kind)(3, 4, **options)
    for key, tensor in theirs.state_dict().items():
        np.testing.assert_array_equal(ours.state_dict()[key], tensor.numpy(), err_msg=key)
    dtype = data.draw(st.sampled_from(["float32", "float64"]))
    ours.to(dtype), theirs.to(getattr(torch, dtype))
    length, batch, batched = data.draw(st.integers(1, 4)), data.draw(st.integers(0, 3)), data.draw(st.booleans())
    rng = np.random.default_rng(0)
    shape = ((batch, length) if options["batch_first"] else (length, batch)) if batched else (length,)
    x = rng.standard_normal((*shape, 3)).astype(dtype)
    states = None
    if data.draw(st.booleans()):
        count = options["num_layers"] * (1 + options["bidirectional"])
        sizes = (options.get("proj_size") or 4, 4)[: 2 if kind == "LSTM" else 1]
        drawn = [rng.standard_normal((count, *([batch] if batched else []), size)).astype(dtype) for size in sizes]
        states = tuple(drawn) if kind == "LSTM" else drawn[0]
    result = tensors_in(ours(x, states))
    with torch.no_grad():
        expected = theirs(
            torch.from_numpy(x),
            tuple(map(torch.from_numpy, states)) if isinstance(states, tuple)
            else None if states is None else torch.from_numpy(states),
        )  # fmt: skip
    expected = [expected[0], *(expected[1] if isinstance(expected[1], tuple) else [expected[1]])]
    tolerance = 1e-10 if dtype == "float64" else 1e-4
    for array, tensor in zip(result, expected, strict=True):
        np.testing.assert_allclose(array, tensor.numpy(), rtol=tolerance, atol=tolerance / 10)
