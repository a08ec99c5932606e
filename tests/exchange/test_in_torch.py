"""Exported source run by PyTorch: the keys, shapes and dtypes of the spec's network in its order, its default weights,
what is trained, and the same outputs for the same weights.
"""

from __future__ import annotations

import warnings
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild import nn
from nnbuild.exchange.pytorch import source
from nnbuild.ops.nests import tensors_in
from nnbuild.report.catalogue import catalogue
from nnbuild.spec import SpecModule, library
from tests.exchange import networks
from tests.zoo import rule

pytestmark = pytest.mark.torch

#: Networks whose outputs are compared by `pytest` without markers: small, and together of every kind.
QUICK = [
    "lenet", "lenet_sequential", "linear", "conv_layer", "max_unpool", "module_dict", "module_list", "transposed_conv",
]  # fmt: skip
#: Of every other spec the variant that is computed in the fewest steps, if these are below 5 thousand million.
LARGE = list(
    {
        entry.spec: entry.name
        for entry in sorted(catalogue(), key=lambda entry: -(entry.macs or 0))
        if entry.name not in QUICK and (entry.macs or 0) < 5e9 and (entry.params or 0) < 1e8
    }.values()
)
#: Loops over types and over names draw one after the other what a spec draws parameter by parameter.
OTHER_DRAWS = {"initialised", "gpt2"}


def classes(text: str) -> dict[str, Any]:
    """What the source defines."""
    defined: dict[str, Any] = {}
    exec(compile(text, "exported.py", "exec"), defined)
    return defined


def network_of(text: str) -> Any:
    """The network's class, which stands last."""
    lines = [line for line in text.split("\n") if line.startswith("class ")]
    return classes(text)[lines[-1].removeprefix("class ").partition("(")[0]]


def facts(model: SpecModule) -> list[tuple[str, tuple[int, ...], str]]:
    return [(key, tuple(tensor.shape), tensor.dtype) for key, tensor in model.state_dict(keep_vars=True).items()]


def facts_in_torch(network: Any) -> list[tuple[str, tuple[int, ...], str]]:
    state = network.state_dict()
    return [(key, tuple(tensor.shape), str(tensor.dtype).removeprefix("torch.")) for key, tensor in state.items()]


def inputs_of(model: SpecModule, batch: int) -> list[np.ndarray]:
    assert model.spec is not None
    rng = np.random.default_rng(0)
    arrays = []
    for given in model.spec.inputs:
        shape = given.sized(batch)
        number = rng.standard_normal(shape) if given.dtype.startswith("float") else rng.integers(0, 2, shape)
        arrays.append(np.ones(shape, "bool") if given.name == "mask" else number.astype(given.dtype))
    return arrays


def fill(model: SpecModule, network: Any, torch: Any) -> None:
    """The same weights in both, drawn by name."""
    state = {}
    for key, tensor in network.state_dict().items():
        made = tensor.is_floating_point() and not key.endswith((".relative_coords_table", "steps"))
        state[key] = rule.tensor(key, tuple(tensor.shape)) if made else tensor.numpy().copy()
    network.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
    model.load_state_dict({key: value.numpy() for key, value in network.state_dict().items()})


def assert_equal_outputs(model: SpecModule, network: Any, torch: Any, batch: int) -> None:
    inputs = inputs_of(model, batch)
    outputs = tensors_in(model.eval()(*[array.copy() for array in inputs]))
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of nested tensors in transformers
        result = network.eval()(*[torch.from_numpy(array) for array in inputs])
    references = [each.numpy() for each in (result if isinstance(result, tuple) else (result,))]
    assert [array.shape for array in outputs] == [array.shape for array in references]
    for output, reference in zip(outputs, references, strict=True):
        assert np.isfinite(reference).all() and (reference.size == 1 or np.ptp(reference) > 0)
        assert np.abs(output - reference).max() < 1e-4 * max(1, np.abs(reference).max())


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_every_construct(name: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    if name == "einops_and_sequences":
        pytest.importorskip("einops.layers.torch")
    path = networks.write(name, tmp_path)
    model = nnbuild.load(path, seed=3)
    text = source(str(path), {}, None, {})
    torch.manual_seed(3)
    network = network_of(text)()
    assert network.training and model.training
    assert facts_in_torch(network) == facts(model)
    assert [(name, each.requires_grad) for name, each in network.named_parameters()] == [
        (name, each.requires_grad) for name, each in model.named_parameters()
    ]
    if name not in OTHER_DRAWS:
        drawn = model.state_dict()
        for key, tensor in network.state_dict().items():
            np.testing.assert_allclose(drawn[key], tensor.numpy(), atol=1e-6, err_msg=key)
    fill(model, network, torch)
    assert_equal_outputs(model, network, torch, batch=2)
    nn.manual_seed(0)


@pytest.mark.large
@pytest.mark.parametrize("name", [path.stem for path in library.files()])
def test_every_variant_has_its_keys(name: str) -> None:
    """In the file of the whole spec each variant is a function."""
    torch = pytest.importorskip("torch")
    text = source(name, {}, None, {})
    defined = classes(text)
    for variant in library.variants(library.find(name).path) or [None]:
        with torch.device("meta"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network = defined[variant]() if variant else network_of(text)()
        assert facts_in_torch(network) == facts(nnbuild.load(name, variant=variant, weights=False))


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.large) for name in LARGE)])
def test_every_network_gives_its_outputs(name: str) -> None:
    torch = pytest.importorskip("torch")
    model = nnbuild.load(name, weights=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = network_of(source(name, {}, None, {}))()
    assert facts_in_torch(network) == facts(model)
    fill(model, network, torch)
    assert_equal_outputs(model, network, torch, batch=1)


def test_params_and_choices_from_outside() -> None:
    pytest.importorskip("torch")
    text = source("resnet", {"classes": "7", "block": "Bottleneck"}, None, {})
    assert network_of(text)().fc.weight.shape == (7, 2048)
    assert "def resnet50" not in text
    assert network_of(source("resnet34", {"classes": "7"}, None, {}))().fc.weight.shape == (7, 512)
    assert 'choice="pool", act="relu"' in source("module_dict", {}, None, {"choice": "pool"})


def test_every_word_of_the_vocabulary_is_torchs() -> None:
    torch = pytest.importorskip("torch")
    from nnbuild.exchange.pytorch import vocabulary
    from nnbuild.exchange.pytorch.words import word
    from nnbuild.nn import LAYERS
    from nnbuild.ops import METHODS, OPS

    assert [name for name in METHODS if not hasattr(torch.Tensor, name)] == []
    for name in (*LAYERS, *OPS):
        found = word(name)
        if found is None:
            assert name in vocabulary.UNKNOWN
        elif found.is_method:
            assert hasattr(torch.Tensor, found.spelling), name
        elif found.spelling.startswith(("F.", "torch.", "nn.")):
            root, _, path = found.spelling.partition(".")
            attrgetter(path)({"F": torch.nn.functional, "torch": torch, "nn": torch.nn}[root])
