"""Every bundled network, written and read back, beside ONNX Runtime; and PyTorch's own files of the same networks."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import nnbuild
from nnbuild.exchange.onnx.reading import read_proto
from nnbuild.exchange.onnx.writing.file import model_bytes
from nnbuild.ops.nests import tensors_in
from nnbuild.report.catalogue import catalogue

pytestmark = pytest.mark.large

#: Parameters of the networks that are compared number by number; of larger ones a smaller variant is.
COMPARED = 12_000_000

NETWORKS = [(entry.spec, entry.name if entry.name != entry.spec else None) for entry in catalogue()]


def inputs(model: Any, batch: int) -> dict[str, np.ndarray]:
    """Inputs for the network: numbers, or tokens that every table has."""
    random = np.random.default_rng(batch)
    found = {}
    for given in model.spec.inputs:
        shape = given.sized(batch)
        drawn = random.standard_normal(shape) if given.dtype.startswith("float") else random.integers(0, 2, shape)
        found[given.name] = drawn.astype(given.dtype)
    return found


@pytest.mark.parametrize(("spec", "variant"), NETWORKS, ids=[variant or spec for spec, variant in NETWORKS])
def test_bundled_networks(spec: str, variant: str | None) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    model = nnbuild.load(spec, variant=variant).eval()
    if sum(each.numel() for each in model.parameters()) > COMPARED:
        data = model_bytes(model, model.spec.inputs, weights=False)
        read_proto(onnx.ModelProto.FromString(data))
        return
    data = model_bytes(model, model.spec.inputs)
    session = runtime.InferenceSession(data)
    back = read_proto(onnx.ModelProto.FromString(data))
    for batch in (1, 3):
        given = inputs(model, batch)
        wanted = tensors_in(model(*given.values()))
        for other in (session.run(None, given), tensors_in(back(*given.values()))):
            for own, found in zip(wanted, other, strict=True):
                assert own.shape == found.shape
                scale = max(1.0, float(np.abs(own).max(initial=0)))
                assert float(np.abs(own - found).max(initial=0)) <= 1e-4 * scale
    given_specs = [nnbuild.TensorSpec(each.sized(1), each.dtype) for each in model.spec.inputs]
    assert nnbuild.trace(back, *given_specs).macs == nnbuild.trace(model, *given_specs).macs


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["lenet", "resnet18"])
def test_files_of_pytorch(tmp_path: Path, name: str) -> None:
    """The networks of the README and a residual one, by PyTorch's exporter with its batch norms kept."""
    torch = pytest.importorskip("torch")
    from tests.exchange.onnx.torch_networks import made

    network, spec, shape = made(name)
    path = tmp_path / "net.onnx"
    x = torch.randn(2, *shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), (x,), path, dynamo=False, training=torch.onnx.TrainingMode.PRESERVE,
            dynamic_axes={"x": {0: "batch"}}, input_names=["x"], do_constant_folding=False,
        )  # fmt: skip
    own, read = nnbuild.load(spec).eval(), nnbuild.load(path)
    given = nnbuild.TensorSpec((1, *shape))
    assert sum(each.numel() for each in read.parameters()) == sum(each.numel() for each in own.parameters())
    assert nnbuild.trace(read, given).macs == nnbuild.trace(own, given).macs
    np.testing.assert_allclose(read(x.numpy()), network(x).detach().numpy(), rtol=1e-3, atol=1e-4)
