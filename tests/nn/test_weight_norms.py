"""Weight and spectral norm around layers, in both of torch's forms, beside torch's where that is installed."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild import nn, ops
from nnbuild.errors import NnbuildError
from nnbuild.graph.receptive_field import receptive_fields
from nnbuild.graph.rows import row_tree
from nnbuild.graph.samples import Samples
from nnbuild.ops import TensorSpec

Build = Callable[[Any], Any]

SIGNAL, VECTOR = (2, 4, 10), (3, 4)

#: A layer in either library's words, and the shape of its input.
CASES: dict[str, tuple[Build, tuple[int, ...]]] = {
    "weight": (lambda n: n.utils.parametrizations.weight_norm(n.Conv1d(4, 8, 3)), SIGNAL),
    "weight, last axis": (lambda n: n.utils.parametrizations.weight_norm(n.Conv1d(4, 8, 3), dim=2), SIGNAL),
    "weight, middle axis": (lambda n: n.utils.parametrizations.weight_norm(n.Conv1d(4, 8, 3), "weight", -2), SIGNAL),
    "weight, one size": (lambda n: n.utils.parametrizations.weight_norm(n.Conv1d(4, 8, 3), dim=None), SIGNAL),
    "weight, without bias": (lambda n: n.utils.parametrizations.weight_norm(n.Linear(4, 5, bias=False)), VECTOR),
    "weight, of an axis": (lambda n: n.utils.parametrizations.weight_norm(n.Linear(4, 5), name="bias"), VECTOR),
    "weight, wide": (lambda n: n.utils.parametrizations.weight_norm(n.Linear(4, 5, dtype=_float64(n))), VECTOR),
    "weight, evaluating": (lambda n: n.utils.parametrizations.weight_norm(n.Linear(4, 5).eval()), VECTOR),
    "spectral": (lambda n: n.utils.parametrizations.spectral_norm(n.Conv1d(4, 8, 3), n_power_iterations=2), SIGNAL),
    "spectral, transposed": (lambda n: n.utils.parametrizations.spectral_norm(n.ConvTranspose1d(4, 8, 3)), SIGNAL),
    "spectral, axis": (lambda n: n.utils.parametrizations.spectral_norm(n.Conv1d(4, 8, 3), dim=-1, eps=1e-6), SIGNAL),
    "spectral, of an axis": (lambda n: n.utils.parametrizations.spectral_norm(n.Linear(4, 5), "bias"), VECTOR),
    "spectral, evaluating": (lambda n: n.utils.parametrizations.spectral_norm(n.Linear(4, 40).eval()), VECTOR),
    "both": (lambda n: n.utils.parametrizations.spectral_norm(
        n.utils.parametrizations.weight_norm(n.Linear(4, 5)), "bias"), VECTOR),
    "one behind the other": (lambda n: n.utils.parametrizations.spectral_norm(
        n.utils.parametrizations.weight_norm(n.Linear(4, 5))), VECTOR),
    "in a row": (lambda n: n.Sequential(
        n.utils.parametrizations.spectral_norm(n.Linear(4, 5)), n.ReLU(), n.Linear(5, 6)), VECTOR),
    "old weight": (lambda n: n.utils.weight_norm(n.Conv1d(4, 8, 3)), SIGNAL),
    "old weight, one size": (lambda n: n.utils.weight_norm(n.Conv1d(4, 8, 3), dim=None), SIGNAL),
    "old spectral": (lambda n: n.utils.spectral_norm(n.Conv1d(4, 8, 3), n_power_iterations=3), SIGNAL),
    "old spectral, transposed": (lambda n: n.utils.spectral_norm(n.ConvTranspose1d(4, 8, 3)), SIGNAL),
    "old both": (lambda n: n.utils.spectral_norm(n.utils.weight_norm(n.RNNCell(4, 5), "weight_ih"), "weight_hh"),
                 VECTOR),
}  # fmt: skip


def _float64(library: Any) -> Any:
    return "float64" if library is nn else pytest.importorskip("torch").float64


def numbers(shape: tuple[int, ...], dtype: str = "float32") -> np.ndarray:
    return np.random.default_rng(1).normal(size=shape).astype(dtype)


def ours(case: str) -> Any:
    nn.manual_seed(5)
    return CASES[case][0](nn)


def input_of(case: str, layer: Any) -> np.ndarray:
    return numbers(CASES[case][1], next(iter(layer.parameters())).dtype)


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:.*weight_norm.*is deprecated:FutureWarning")
@pytest.mark.parametrize("case", CASES)
def test_a_normed_layer_is_torchs(case: str) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(5)
    theirs, layer = CASES[case][0](torch.nn), ours(case)
    assert repr(layer) == repr(theirs)
    _same_state(layer, theirs)
    assert [name for name, _ in layer.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    x = input_of(case, layer)
    for training in (True, True, False, False):  # in training the singular vectors move on
        layer.train(training)
        theirs.train(training)
        with torch.no_grad():
            np.testing.assert_allclose(layer(x), theirs(torch.from_numpy(x)).numpy(), rtol=1e-5, atol=1e-5)
    _same_state(layer, theirs)
    twin = CASES[case][0](torch.nn)
    twin.load_state_dict({key: torch.from_numpy(value) for key, value in layer.state_dict().items()})
    with torch.no_grad():
        np.testing.assert_allclose(layer(x), twin.eval()(torch.from_numpy(x)).numpy(), rtol=1e-5, atol=1e-5)


def _same_state(layer: Any, theirs: Any) -> None:
    got, wanted = layer.state_dict(), theirs.state_dict()
    assert list(got) == list(wanted)
    for key, value in wanted.items():
        assert (got[key].shape, str(got[key].dtype)) == (tuple(value.shape), str(value.dtype).removeprefix("torch."))
        np.testing.assert_allclose(got[key], value.numpy(), rtol=2e-5, atol=2e-6, err_msg=key)


@pytest.mark.parametrize("case", CASES)
def test_the_graph_computes_the_weight_and_makes_none(case: str) -> None:
    layer = ours(case)
    dtype = next(iter(layer.parameters())).dtype
    graph = nnbuild.trace(layer, TensorSpec(CASES[case][1], dtype))
    stored = [*layer.parameters(), *layer.buffers()]
    if case != "one behind the other":  # there the vectors start from the weight that is computed
        assert not any(tensor.is_materialized for tensor in stored)
    assert {"div", "mul"} & {node.op.name for node in graph.nodes} or "normalize" in [n.op.name for n in graph.nodes]
    root = row_tree(graph)
    assert root.params == sum(tensor.numel() for tensor in layer.parameters())
    assert root.buffers == sum(tensor.numel() for tensor in layer.buffers())
    plain = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 6)) if case == "in a row" else None
    if plain is not None:
        assert root.macs == nnbuild.trace(plain, TensorSpec(VECTOR)).macs
        assert [child.type for child in root.children] == ["ParametrizedLinear", "ReLU", "Linear"]


@pytest.mark.parametrize("case", CASES)
def test_the_engine_gives_the_same_and_folds_the_weight_once(case: str) -> None:
    layer = ours(case).eval()
    x = input_of(case, layer)
    run = nnbuild.compile(layer)
    np.testing.assert_allclose(run(x), layer(x), rtol=1e-5, atol=1e-5)
    steps = [node.op.name for step in run.plan(x).steps for node in step.nodes]
    assert not {"norm", "div", "mul", "sum", "normalize"} & set(steps)
    parameter = list(layer.parameters())[-1]
    parameter.data[...] *= np.arange(1, 1 + parameter.numel()).reshape(parameter.shape)
    np.testing.assert_allclose(run(x), layer(x), rtol=1e-5, atol=1e-5)


def test_what_the_norms_mean() -> None:
    weighted = nn.utils.parametrizations.weight_norm(nn.Linear(6, 5))
    start = weighted.weight.copy()
    weighted.parametrizations.weight.original0.data[...] = 3
    np.testing.assert_allclose(np.linalg.norm(weighted.weight, axis=1), [3] * 5, rtol=1e-6)
    np.testing.assert_allclose(weighted.weight / 3, start / np.linalg.norm(start, axis=1, keepdims=True), rtol=1e-5)
    spectral = nn.utils.parametrizations.spectral_norm(nn.Linear(6, 5), n_power_iterations=50)
    assert np.linalg.svd(spectral.weight)[1][0] == pytest.approx(1, abs=1e-5)


def test_the_first_weight_is_the_layers_own() -> None:
    nn.manual_seed(3)
    plain = nn.Conv1d(2, 3, 3).weight.data
    for norm in (nn.utils.parametrizations.weight_norm, nn.utils.weight_norm):
        nn.manual_seed(3)
        normed = norm(nn.Conv1d(2, 3, 3))
        nn.init.zeros_(list(normed.parameters())[-1])  # the sizes stay those of the weight that the layer had
        size = list(normed.parameters())[-2].data
        np.testing.assert_allclose(size, np.sqrt((plain**2).sum((1, 2), keepdims=True)), rtol=1e-6)


def test_a_normed_layer_keeps_its_receptive_field_and_its_samples_apart() -> None:
    def net(norm: Callable[[Any], Any]) -> Any:
        return nn.Sequential(norm(nn.Conv1d(1, 4, 3, dilation=2)), nn.ReLU(), norm(nn.Conv1d(4, 4, 5, stride=2)))

    def field(model: Any) -> Any:
        graph = nnbuild.trace(model, TensorSpec((1, 1, 64)))
        return receptive_fields(graph)[graph.outputs[0]][2]

    assert field(net(nn.utils.parametrizations.weight_norm)) == field(net(lambda layer: layer))
    assert field(net(nn.utils.spectral_norm)) == field(net(lambda layer: layer))
    model = net(nn.utils.parametrizations.spectral_norm).eval()
    graphs = [nnbuild.trace(model, TensorSpec((batch, 1, 64))) for batch in (8, 2)]
    assert Samples(*graphs).why_together() is None


@pytest.mark.parametrize("case", ["weight", "spectral", "old weight", "old spectral"])
def test_removing_leaves_the_weight_as_it_is(case: str) -> None:
    layer = ours(case).eval()
    x, plain = input_of(case, layer), type(layer)(4, 8, 3)
    before = layer(x)
    old = nn.utils.remove_weight_norm if "weight" in case else nn.utils.remove_spectral_norm
    remove = old if "old" in case else lambda one: nn.utils.parametrize.remove_parametrizations(one, "weight")
    assert remove(layer) is layer
    assert repr(layer) == repr(plain)
    assert sorted(layer.state_dict()) == sorted(plain.state_dict())
    np.testing.assert_array_equal(layer(x), before)
    with pytest.raises(NnbuildError):
        remove(layer)


def test_removing_may_leave_the_original() -> None:
    layer = nn.utils.parametrizations.spectral_norm(nn.Linear(2, 3))
    original = layer.parametrizations.weight.original
    nn.utils.parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    assert layer.weight is original
    with pytest.raises(NnbuildError, match="computed of several tensors"):
        nn.utils.parametrize.remove_parametrizations(
            nn.utils.parametrizations.weight_norm(nn.Linear(2, 3)), "weight", leave_parametrized=False
        )


def test_weights_of_the_old_form_load_into_the_new() -> None:
    old = nn.Sequential(nn.utils.weight_norm(nn.Linear(4, 5)))
    new = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 5)))
    new.load_state_dict(old.state_dict())
    np.testing.assert_array_equal(new(numbers(VECTOR)), old(numbers(VECTOR)))


@pytest.mark.parametrize("case", CASES)
def test_copies_are_apart(case: str) -> None:
    layer = ours(case).eval()
    x = input_of(case, layer)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        before = layer(x)
        np.testing.assert_array_equal(twin(x), before)
        for parameter in twin.parameters():
            parameter.data[...] += 1
        np.testing.assert_array_equal(layer(x), before)
        assert not np.array_equal(twin(x), before)


@pytest.mark.parametrize("norm", [nn.utils.parametrizations.weight_norm, nn.utils.weight_norm])
def test_an_assigned_weight_is_taken_apart(norm: Any) -> None:
    layer, weight = norm(nn.Linear(4, 5)), numbers((5, 4))
    layer.weight = weight
    np.testing.assert_allclose(layer.weight, weight, rtol=1e-6)
    assert "weight" not in layer.__dict__


def test_an_assigned_weight_of_a_spectral_norm_is_its_original() -> None:
    for norm, key in (
        (nn.utils.parametrizations.spectral_norm, "parametrizations.weight.original"),
        (nn.utils.spectral_norm, "weight_orig"),
    ):
        layer, weight = norm(nn.Linear(4, 5)), numbers((5, 4))
        layer.weight = weight
        np.testing.assert_array_equal(layer.state_dict()[key], weight)


def test_frozen_weights_stay_frozen() -> None:
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(4, 5).requires_grad_(False))
    assert not any(parameter.requires_grad for parameter in layer.parameters())


class Symmetric(nn.Module):
    def forward(self, x: Any) -> Any:
        return ops.add(ops.triu(x), ops.transpose(ops.triu(x, 1), 0, 1))


class Doubled(nn.Module):
    def forward(self, x: Any) -> Any:
        return ops.mul(x, 2)

    def right_inverse(self, x: Any) -> Any:
        return ops.div(x, 2)


def test_a_parametrization_of_ones_own() -> None:
    layer = nn.Linear(3, 3)
    nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
    original = layer.parametrizations.weight.original.data
    upper = np.triu(original)
    np.testing.assert_array_equal(layer.weight, upper + np.triu(original, 1).T)
    nn.utils.parametrize.register_parametrization(layer, "weight", Doubled())
    np.testing.assert_array_equal(layer.weight, 2 * (upper + np.triu(original, 1).T))
    assert nn.utils.parametrize.is_parametrized(layer) and not nn.utils.parametrize.is_parametrized(layer, "bias")
    one = nn.utils.parametrize.register_parametrization(nn.Linear(2, 2), "bias", Doubled())
    before = one.parametrizations.bias.original.data.copy()
    one.bias = 4 * np.ones(2, np.float32)
    np.testing.assert_array_equal(one.parametrizations.bias.original.data, [2, 2])
    assert before.shape == (2,)


class Shorter(nn.Module):
    def forward(self, x: Any) -> Any:
        return ops.getitem(x, 0)


WEIGHT, SPECTRAL = nn.utils.parametrizations.weight_norm, nn.utils.parametrizations.spectral_norm


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: WEIGHT(nn.Linear(2, 3), "wieght"), r"weight_norm finds no wieght in this Linear"),
        (lambda: WEIGHT(nn.ReLU()), r"weight_norm finds no weight in this ReLU"),
        (lambda: WEIGHT(nn.Linear(2, 3, bias=False), "bias"), r"finds no bias in this Linear"),
        (lambda: WEIGHT(3), r"weight_norm wants a layer and gets 3"),
        (lambda: WEIGHT(nn.Linear(2, 3), dim=2), r"weight_norm wants a dim from -2 to 1 and gets 2"),
        (lambda: WEIGHT(nn.Linear(2, 3), dim=0.5), r"weight_norm wants a whole number or none for dim and gets 0.5"),
        (lambda: WEIGHT(nn.LazyLinear(3)), r"wants a weight whose shape is known, and this LazyLinear takes it from"),
        (lambda: WEIGHT(WEIGHT(nn.Linear(2, 3))), r"has a parametrized weight already"),
        (lambda: SPECTRAL(nn.Linear(2, 3), dim=-3), r"spectral_norm wants a dim from -2 to 1 and gets -3"),
        (lambda: SPECTRAL(nn.Linear(2, 3), "weight", 0), r"wants n_power_iterations of at least 1 and gets 0"),
        (lambda: nn.utils.weight_norm(nn.utils.weight_norm(nn.Linear(2, 3))), r"weight_norm comes once"),
        (lambda: nn.utils.spectral_norm(nn.utils.weight_norm(nn.Linear(2, 3))), r"spectral_norm comes once"),
        (lambda: nn.utils.spectral_norm(nn.BatchNorm1d(2), "running_mean"), r"running_mean is a buffer"),
        (lambda: nn.utils.remove_weight_norm(nn.Linear(2, 3)), r"this Linear has no weight_norm of weight"),
        (lambda: nn.utils.parametrize.register_parametrization(nn.Linear(2, 3), "weight", Shorter()),
         r"keeps the shape of the tensor, and this makes \(2,\) of \(3, 2\)"),
    ],
)  # fmt: skip
def test_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(NnbuildError, match=message):
        call()


def test_a_child_that_is_called_so_is_a_layer_like_others() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parametrizations = nn.Linear(4, 5)

        def forward(self, x: Any) -> Any:
            return self.parametrizations(x)

    root = row_tree(nnbuild.trace(Net(), TensorSpec(VECTOR)))
    assert [(row.path, row.params) for row in root.children] == [("parametrizations", 25)]
