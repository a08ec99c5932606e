"""The networks beside the zoo: the same keys and outputs as the same networks in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nnbuild
from tests.zoo import rule

#: Spec, its params, the input's shape, and the network in PyTorch, from the module that is given.
ROWS: list[tuple[str, dict[str, Any], tuple[int, ...], Callable[[Any], Any]]] = [
    ("unet", {"width": 2, "size": 188}, (1, 1, 188, 188), lambda torch: torch.UNet(1, 2, 4, 2, 0)),
    (
        "unet",
        {"width": 4, "depth": 3, "channels": 3, "classes": 5, "padding": 1},
        (2, 3, 36, 52),
        lambda torch: torch.UNet(3, 5, 3, 4, 1),
    ),
    (
        "segnet",
        {"classes": 3, "widths": [4, 8, 16, 16, 16]},
        (2, 3, 70, 90),
        lambda torch: torch.SegNet(3, [2, 2, 3, 3, 3], [4, 8, 16, 16, 16]),
    ),
    ("dcgan_generator", {}, (2, 100, 1, 1), lambda torch: torch.Generator(100, 64, 3)),
    ("dcgan_discriminator", {}, (2, 3, 64, 64), lambda torch: torch.Discriminator(64, 3)),
    ("m5", {}, (2, 1, 32000), lambda torch: torch.M5(10, 128)),
    ("autoencoder", {}, (2, 1, 28, 28), lambda torch: torch.Autoencoder([784, 1000, 500, 250, 30])),
    pytest.param("c3d", {}, (1, 3, 16, 112, 112), lambda torch: torch.C3D(487), marks=pytest.mark.large),
]
IDS = ["unet", "unet-padded", "segnet", "dcgan_generator", "dcgan_discriminator", "m5", "autoencoder", "c3d"]


@pytest.mark.torch
@pytest.mark.parametrize(("name", "params", "shape", "theirs"), ROWS, ids=IDS)
def test_network_is_pytorchs(
    name: str, params: dict[str, Any], shape: tuple[int, ...], theirs: Callable[[Any], Any]
) -> None:
    torch = pytest.importorskip("torch")
    from tests.zoo import torch_networks

    model = nnbuild.load(name, params=params).eval()
    network = theirs(torch_networks).eval()
    state, weights = network.state_dict(), {}
    for key, tensor in state.items():
        weights[key] = rule.tensor(key, tuple(tensor.shape)) if tensor.is_floating_point() else tensor.numpy()
        tensor.copy_(torch.from_numpy(weights[key]))
    model.load_state_dict(weights)
    x = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    with torch.no_grad():
        reference = network(torch.from_numpy(x)).numpy()
    output = model(x)
    assert output.shape == reference.shape
    assert np.abs(output - reference).max() < 1e-5 * max(1, np.abs(reference).max())


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        ("unet", 31030658, 150428424448),
        ("segnet", 29449355, 106287759360),
        ("dcgan_generator", 3576704, 104628224),
        ("dcgan_discriminator", 2765568, 103817216),
        ("c3d", 79991015, 38548959232),
        ("m5", 559114, 276421632),
        ("autoencoder", 2837314, 2833000),
    ],
)
def test_the_spec_expects_its_facts(name: str, params: int, macs: int) -> None:
    model = nnbuild.load(name)
    spec = model.spec
    assert spec is not None
    graph = nnbuild.trace(model, *(nnbuild.TensorSpec(item.sized(), item.dtype) for item in spec.inputs))
    assert spec.expect["params"] == params == sum(parameter.numel() for parameter in model.parameters())
    assert spec.expect["macs"] == macs == graph.macs
    assert tuple(size if size != "N" else 1 for size in spec.expect["output"]) == graph.outputs[0].shape
