"""The bundled specs on PyTorch and ONNX Runtime, as nnbuild bench runs them."""

import numpy as np
import pytest

import nnbuild
from nnbuild.bench.peers import peer
from nnbuild.engine import compile
from nnbuild.errors import InputError
from nnbuild.graph.trace import trace
from nnbuild.ops.nests import tensors_in
from tests.engine.test_table import EXACT, SPECS, inputs_of

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("name", SPECS)
def test_torch_gives_what_the_engine_gives(name: str) -> None:
    pytest.importorskip("torch")
    model = nnbuild.load(name).eval()
    if name in EXACT:
        model.double()
    inputs = inputs_of(model, "float64" if name in EXACT else None)
    theirs = peer("torch", trace(model, *inputs), inputs, 2)()
    for ours, other in zip(tensors_in(compile(model)(*inputs)), theirs, strict=True):
        np.testing.assert_allclose(ours, other.numpy(), rtol=0, atol=1e-3 * max(1e-3, float(abs(other).max())))


def test_what_torch_cannot_export_is_said_in_a_line() -> None:
    for package in ("torch", "onnx", "onnxruntime"):
        pytest.importorskip(package)
    model = nnbuild.load("max_unpool").eval()
    inputs = inputs_of(model)
    with pytest.raises(InputError, match="PyTorch cannot export this model to ONNX"):
        peer("onnxruntime", trace(model, *inputs), inputs, 1)
