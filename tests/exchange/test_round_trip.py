"""Specs as PyTorch source, read back without PyTorch: the same keys, shapes, parameters, multiply-adds and outputs."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild.exchange.pytorch import source
from nnbuild.graph.trace import trace
from nnbuild.ops import TensorSpec
from nnbuild.ops.nests import tensors_in
from nnbuild.spec import library
from tests.exchange import networks
from tests.exchange.programs import PROGRAMS
from tests.exchange.test_in_torch import facts, inputs_of

#: Small ones, together of every kind.
QUICK = ("lenet", "module_dict", "module_list", "char_lstm", "max_unpool", "linear", "mtcnn_pnet", "autoencoder")
SPECS = [path.stem for path in library.files()]
#: Up to how many multiply-adds outputs are compared.
SMALL = 1e9


def title(text: str) -> str:
    """The class of the network: the last one of the file."""
    return [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)][-1]


def assert_the_same(model: Any, again: Any) -> None:
    """The network that is read from source is the one that it was written from."""
    assert facts(again) == facts(model)
    trained = [[(name, each.requires_grad) for name, each in one.named_parameters()] for one in (model, again)]
    assert trained[0] == trained[1]
    inputs = [TensorSpec(given.sized(), given.dtype) for given in model.spec.inputs]
    graph, graph_again = trace(model.eval(), *inputs), trace(again.eval(), *inputs)
    assert graph_again.macs == graph.macs
    assert [each.shape for each in graph_again.outputs] == [each.shape for each in graph.outputs]
    if graph.macs is None or graph.macs > SMALL:
        return
    again.load_state_dict(model.state_dict())
    arrays = inputs_of(model, 1)
    outputs = tensors_in(model(*[array.copy() for array in arrays]))
    for output, other in zip(outputs, tensors_in(again(*arrays)), strict=True):
        np.testing.assert_allclose(other, output, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.large) for name in SPECS)])
def test_a_bundled_spec_comes_back(name: str, tmp_path: Path) -> None:
    text = source(name, {}, None, {})
    (tmp_path / "net.py").write_text(text)
    for variant in (None,) if name in QUICK else library.variants(library.find(name).path) or (None,):
        model = nnbuild.load(name, variant=variant, weights=False)
        assert_the_same(model, nnbuild.load(f"{tmp_path / 'net.py'}:{variant or title(text)}"))


@pytest.mark.parametrize(
    "name", [name if name in PROGRAMS else pytest.param(name, marks=pytest.mark.large) for name in networks.NETWORKS]
)
def test_every_construct_comes_back(name: str, tmp_path: Path) -> None:
    path = networks.write(name, tmp_path)
    text = source(str(path), {}, None, {})
    (tmp_path / "net.py").write_text(text)
    assert_the_same(nnbuild.load(path), nnbuild.load(f"{tmp_path / 'net.py'}:{title(text)}"))
