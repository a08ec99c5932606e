"""Listings of PyTorch source: PyTorch runs them, they are read without it, and both have the bundled specs' keys."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import nnbuild
from nnbuild.graph.trace import trace
from nnbuild.ops import TensorSpec
from tests.exchange.test_in_torch import facts, facts_in_torch, network_of
from tests.zoo import rule

LISTINGS = Path(__file__).parent / "listings"
#: The spec of the same network, by the listing.
SPECS = {
    "lenet_sequential": "lenet_sequential",
    "lenet_sequential_order_dict": "lenet",
    "module_list": "module_list",
    "module_dict": "module_dict",
    "alexnet": "alexnet",
}


def test_every_listing_has_its_spec() -> None:
    assert {path.stem for path in LISTINGS.glob("*.py")} == set(SPECS)


@pytest.mark.torch
@pytest.mark.parametrize("name", SPECS)
def test_a_listing_is_the_network_of_its_spec(name: str) -> None:
    torch = pytest.importorskip("torch")
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = network_of((LISTINGS / f"{name}.py").read_text())()
    assert facts_in_torch(network) == facts(nnbuild.load(SPECS[name]))


class Read(NamedTuple):
    """What a listing is once it is read, counted by hand. Params: given, what is passed beside the input."""

    title: str
    shape: tuple[int, ...]
    output: tuple[int, ...]
    params: int
    macs: int
    given: dict[str, str]


#: LeNet: 28 * 28 * 6 * 75 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10 multiply-adds.
_LENET = ((1, 3, 32, 32), (1, 10), 62_006, 352_800 + 240_000 + 48_000 + 10_080 + 840, {})
#: AlexNet: windows of 363, 1600, 1728, 3456 and 2304 numbers, then three linear layers.
_ALEXNET = (
    55 * 55 * 64 * 363 + 27 * 27 * 192 * 1600 + 13 * 13 * (384 * 1728 + 256 * 3456 + 256 * 2304)
    + 9216 * 4096 + 4096 * 4096 + 4096 * 1000
)  # fmt: skip
_CHOSEN = ("ModuleDict", (1, 10, 8, 8))
READ = [
    ("lenet_sequential", Read("LeNetSequential", *_LENET)),
    ("lenet_sequential_order_dict", Read("LeNetSequentialOrderDict", *_LENET)),
    ("module_list", Read("ModuleList", (1, 10), (1, 10), 20 * 110, 20 * 100, {})),
    ("module_dict", Read(*_CHOSEN, (1, 10, 6, 6), 911, 6 * 6 * 10 * 90, {"choice": "conv", "act": "prelu"})),
    ("module_dict", Read(*_CHOSEN, (1, 10, 2, 2), 911, 0, {"choice": "pool", "act": "relu"})),
    ("alexnet", Read("AlexNet", (1, 3, 224, 224), (1, 1000), 61_100_840, _ALEXNET, {})),
]


def read(name: str, title: str) -> Any:
    return nnbuild.load(f"{LISTINGS / name}.py:{title}").eval()


@pytest.mark.parametrize(("name", "known"), READ)
def test_a_listing_is_read(name: str, known: Read) -> None:
    network = read(name, known.title)
    graph = trace(network, TensorSpec(known.shape), **known.given)
    assert sum(parameter.numel() for parameter in network.parameters()) == known.params
    assert (graph.macs, graph.outputs[0].shape) == (known.macs, known.output)


def test_the_keys_of_the_listings() -> None:
    names = ("features.0", "features.3", "classifier.0", "classifier.2", "classifier.4")
    assert keys("lenet_sequential", "LeNetSequential") == _keys(names)
    names = ("features.conv1", "features.conv2", "classifier.fc1", "classifier.fc2", "classifier.fc3")
    assert keys("lenet_sequential_order_dict", "LeNetSequentialOrderDict") == _keys(names)
    assert keys("module_list", "ModuleList") == _keys([f"linears.{i}" for i in range(20)])
    chosen = [*_keys(["choices.conv"]), "activations.prelu.weight"]
    assert keys("module_dict", "ModuleDict") == chosen
    names = [*(f"features.{i}" for i in (0, 3, 6, 8, 10)), *(f"classifier.{i}" for i in (1, 4, 6))]
    assert keys("alexnet", "AlexNet") == _keys(names)


def keys(name: str, title: str) -> list[str]:
    return [key for key, _, _ in facts(read(name, title))]


def _keys(names: Any) -> list[str]:
    return [f"{name}.{part}" for name in names for part in ("weight", "bias")]


def test_twenty_linears_by_hand() -> None:
    network = read("module_list", "ModuleList")
    x = expected = rule.tensor("x", (2, 10))
    for linear in network.linears:
        expected = expected @ linear.weight.data.T + linear.bias.data
    np.testing.assert_allclose(network(x), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.torch
@pytest.mark.parametrize(
    ("name", "known"), [pytest.param(*each, marks=pytest.mark.large) if each[0] == "alexnet" else each for each in READ]
)
def test_what_is_read_gives_pytorchs_outputs(name: str, known: Read) -> None:
    torch = pytest.importorskip("torch")
    own = read(name, known.title)
    network = network_of((LISTINGS / f"{name}.py").read_text())().eval()
    assert facts_in_torch(network) == facts(own)
    state = {key: rule.tensor(key, tuple(value.shape)) for key, value in network.state_dict().items()}
    network.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
    own.load_state_dict(state)
    x = rule.tensor("x", (2, *known.shape[1:]))
    with torch.no_grad():
        expected = network(torch.from_numpy(x), **known.given).numpy()
    assert np.ptp(expected) > 0
    assert np.abs(own(x, **known.given) - expected).max() < 1e-4 * max(1, np.abs(expected).max())
