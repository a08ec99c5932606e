"""weight_norm and spectral_norm written around a layer of a spec, beside PyTorch's where that is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild.ops import TensorSpec

SPEC = """
name: Normed
input: [N, 4, 32]
blocks:
  Block(channels, norm=True):
    layers:
      conv: weight_norm(Conv1d(channels, channels, 3, padding=1)) if norm else Conv1d(channels, channels, 3, padding=1)
    forward: x + conv(x)
layers:
  stem: nn.utils.weight_norm(Conv1d(4, 8, 3), dim=None)
  body: Sequential(*[Block(8) for i in range(2)])
  mid: torch.nn.utils.spectral_norm(Conv1d(8, 8, 3), n_power_iterations=2, eps=1e-6)
  last: nn.utils.parametrizations.spectral_norm(ConvTranspose1d(8, 4, 3), 'weight', 3)
  head: parametrizations.weight_norm(Linear(30, 5), name='weight', dim=1)
forward: head(last(mid(body(stem(x)))))
"""

KEYS = [
    "stem.bias", "stem.weight_g", "stem.weight_v",
    *(f"body.{index}.conv.{name}" for index in range(2) for name in (
        "bias", "parametrizations.weight.original0", "parametrizations.weight.original1")),
    "mid.bias", "mid.weight_orig", "mid.weight_u", "mid.weight_v",
    "last.bias", "last.parametrizations.weight.original", "last.parametrizations.weight.0._u",
    "last.parametrizations.weight.0._v",
    "head.bias", "head.parametrizations.weight.original0", "head.parametrizations.weight.original1",
]  # fmt: skip


def test_keys_and_counts(build):
    model = build(SPEC)
    assert list(model.state_dict()) == KEYS
    graph = nnbuild.trace(build(SPEC), TensorSpec((1, 4, 32)))
    assert graph.macs == 8 * 4 * 3 * 30 + 2 * 8 * 8 * 3 * 30 + 8 * 8 * 3 * 28 + 8 * 4 * 3 * 28 + 4 * 30 * 5


def in_torch() -> Any:
    torch = pytest.importorskip("torch")
    nn = torch.nn
    old, new = nn.utils, nn.utils.parametrizations

    class Block(nn.Module):
        def __init__(self, channels: int) -> None:
            super().__init__()
            self.conv = new.weight_norm(nn.Conv1d(channels, channels, 3, padding=1))

        def forward(self, x: Any) -> Any:
            return x + self.conv(x)

    class Normed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = old.weight_norm(nn.Conv1d(4, 8, 3), dim=None)
            self.body = nn.Sequential(Block(8), Block(8))
            self.mid = old.spectral_norm(nn.Conv1d(8, 8, 3), n_power_iterations=2, eps=1e-6)
            self.last = new.spectral_norm(nn.ConvTranspose1d(8, 4, 3), "weight", 3)
            self.head = new.weight_norm(nn.Linear(30, 5), name="weight", dim=1)

        def forward(self, x: Any) -> Any:
            return self.head(self.last(self.mid(self.body(self.stem(x)))))

    torch.manual_seed(7)
    return Normed()


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:.*weight_norm.*is deprecated:FutureWarning")
def test_the_network_is_torchs(build):
    theirs = in_torch()
    torch = pytest.importorskip("torch")
    model = build(SPEC, seed=7)
    assert repr(model) == repr(theirs)
    x = np.random.default_rng(0).normal(size=(2, 4, 32)).astype(np.float32)
    with torch.no_grad():
        expected = theirs.eval()(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(model.eval()(x), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(nnbuild.compile(model)(x), expected, rtol=1e-5, atol=1e-5)


def test_the_forward_sees_the_normed_weight(build):
    model = build("layers:\n  fc: weight_norm(Linear(3, 3))\nforward: x @ fc.weight.T")
    x = np.eye(3, dtype=np.float32)
    model.fc.parametrizations.weight.original0.data[...] = 2
    np.testing.assert_allclose(np.linalg.norm(model(x), axis=0), [2, 2, 2], rtol=1e-6)


def test_patterns_reach_a_normed_layer_by_its_path_and_its_type(build):
    text = "layers:\n  a: weight_norm(Linear(2, 3))\n  b: Conv1d(1, 1, 1)\ninit: {Linear.bias: ones_}\nfreeze: [%s]\n"
    for pattern in ("Linear.*", "a.*"):
        model = build(text % pattern)
        assert [name for name, one in model.named_parameters() if one.requires_grad] == ["b.weight", "b.bias"]
        np.testing.assert_array_equal(model.a.bias.data, [1, 1, 1])


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("weight_norm(Linear)", "2:6 weight_norm wants a layer first and gets the layer type Linear (write"),
        ("weight_norm()", "2:6 weight_norm wants a layer first and gets None (write weight_norm(Conv1d(1, 8, 3)))"),
        ("spectral_norm(3)", "2:6 spectral_norm wants a layer first and gets 3"),
        ("weight_norm(Linear(2, 3), axis=1)", "2:6 weight_norm has no option 'axis' (there are name, dim)"),
        ("spectral_norm(Linear(2, 3), n_power_iteration=1)", "(did you mean n_power_iterations?)"),
        ("weight_norm(Linear(2, 3), 'weight', 0, 1)", "weight_norm takes a layer and 2 options, and gets 3"),
        ("weight_norm(Linear(2, 3), 'weight', name='bias')", "weight_norm gets name twice"),
        ("weight_norm(Linear(2, 3), dim=2)", "2:6 weight_norm wants a dim from -2 to 1 and gets 2"),
        ("spectral_norm(Linear(2, 3), 'weight', 10 ** 6)", "2:6 spectral_norm of more than 1,000 power iterations"),
        ("weight_norm(Linear(2, 3), dim=[0])", "2:6 weight_norm wants a whole number or none for dim and gets (0,)"),
        ("weight_norm(ReLU())", "2:6 weight_norm finds no weight in this ReLU (it has no weights)"),
        ("weight_norm(Linear(2, 3), 'wieght')", "(did you mean weight?)"),
        ("nn.utils.wight_norm(Linear(2, 3))", "2:6 utils.wight_norm is not known here (did you mean weight_norm?)"),
    ],
)  # fmt: skip
def test_refused(refused, layer, message):
    assert message in refused(f"layers:\n  a: {layer}\n")


def test_a_misfit_is_told_of_the_layer(build):
    model = build("layers:\n  a: weight_norm(Conv1d(2, 8, 3))\n")
    with pytest.raises(nnbuild.ShapeError, match="Conv1d wants 2 input channels and gets 4") as caught:
        nnbuild.trace(model, TensorSpec((1, 4, 32)))
    assert (caught.value.path, caught.value.mark.line) == ("a", 2)
