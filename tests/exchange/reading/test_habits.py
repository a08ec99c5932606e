"""Habits of public code: what is read is what PyTorch makes of the same file, weights and outputs included."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild.ops.nests import tensors_in

HABITS = Path(__file__).parent / "sources" / "habits.py"


@pytest.fixture(scope="module")
def module() -> Any:
    """The file as PyTorch has it."""
    pytest.importorskip("torch")
    spec = importlib.util.spec_from_file_location("habits", HABITS)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["habits"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("entry", "shape"),
    [
        ("vgg()", (2, 3, 16, 16)),
        ("PositionalEncoding(6)", (10, 2, 6)),
        ("TCN()", (2, 4, 12)),
        ("Dense()", (2, 3, 8, 8)),
        ("ViT()", (2, 3, 16, 16)),
        ("ViT(cfg=Config(dim=12, depths=[2]))", (2, 3, 16, 16)),
        ("Inferred()", (2, 3, 16, 16)),
        ("ResNet()", (2, 3, 16, 16)),
        ("ResNet.small(zero_init_residual=False)", (2, 3, 16, 16)),
        ("Search()", (2, 3, 8, 8)),
        ("RNNs()", (2, 5)),
        ("UNet(bilinear=False)", (2, 3, 18, 18)),
        ("UNet()", (2, 3, 18, 18)),
    ],
)
def test_equals_torch(module, entry, shape):
    import torch

    torch.manual_seed(0)
    theirs = eval(entry, vars(module)).eval()
    ours = nnbuild.load(f"{HABITS}:{entry}").eval()
    known = {key: (tuple(value.shape), str(value.dtype)[6:]) for key, value in theirs.state_dict().items()}
    assert {key: (value.shape, value.dtype.name) for key, value in ours.state_dict().items()} == known
    assert list(ours.state_dict()) == list(known)
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key], value.numpy(), rtol=1e-4, atol=1e-6, err_msg=key)
    whole = entry.startswith("RNN")
    x = np.random.default_rng(0).integers(0, 5, shape) if whole else np.random.default_rng(0).random(shape, np.float32)
    with torch.no_grad():
        expected = theirs(torch.tensor(x))
    _equal(ours(x), expected)
    assert [value.shape for value in nnbuild.trace(ours, x).outputs] == [each.shape for each in tensors_in(ours(x))]


def _equal(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        ours, theirs = list(ours.values()), list(theirs.values())
    if isinstance(theirs, list | tuple):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            _equal(one, other)
    else:
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-3, atol=1e-5)


def test_reading_draws_nothing_and_imports_no_torch():
    import subprocess
    import sys

    code = (
        "import sys; sys.modules['torch'] = None; import nnbuild\n"
        f"model = nnbuild.load({str(HABITS)!r} + ':ViT')\n"
        "assert not any(p.is_materialized for p in model.parameters())\n"
        "print(type(model).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "ViT"


def test_what_is_mixed_in_before_a_module_is_no_module(read):
    model = read(
        """
class Scaled:
    def scaled(self, x):
        return x * self.by

class Body(nn.Module):
    def __init__(self, width, by=2.0):
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.by = by

    def forward(self, x):
        return self.fc(x)

class Mixed(Scaled, Body):
    def forward(self, x):
        return super().forward(self.scaled(x))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = Mixed(4, by=3.0)

    def forward(self, x):
        return self.body.__call__(x) + self.body(x)
""",
        "Net",
    )
    assert list(model.state_dict()) == ["body.fc.weight", "body.fc.bias"]
    assert model(np.ones((2, 4), np.float32)).shape == (2, 4)


def test_versions_devices_and_compilers_are_asked(read):
    model = read(
        """
from packaging import version
from distutils.version import LooseVersion

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        new = version.parse(torch.__version__) >= version.parse("2.0.0") and LooseVersion("1.10") > LooseVersion("1.9")
        self.scale = nn.Parameter(torch.diag(torch.ones(3)) if new else torch.zeros(1))
        self.low = torch.float32 in (torch.float16, torch.bfloat16)

    def forward(self, x):
        if x.device.type == "cuda" or self.low or torch.compiler.is_compiling() or torch.onnx.is_in_onnx_export():
            return x
        return x @ self.scale + torch.diag(self.scale)
""",
        "Net",
    )
    assert model(np.ones((1, 3), np.float32)).tolist() == [[2.0, 2.0, 2.0]]


def test_a_call_of_what_is_no_function_is_a_type_error(read):
    model = read(
        """
def layer(name):
    try:
        return name()
    except TypeError:
        return nn.ReLU()

class Net(nn.Sequential):
    def __init__(self):
        super().__init__(layer(nn.Tanh), layer("relu"))
""",
        "Net",
    )
    assert [type(each).__name__ for each in model.children()] == ["Tanh", "ReLU"]


def test_weights_of_files_and_addresses_are_passed_over_and_told(read):
    model = read(
        """
import os
import torch.utils.model_zoo as model_zoo
from torch.hub import load_state_dict_from_url

class Net(nn.Module):
    def __init__(self, pretrained=True):
        super().__init__()
        self.fc = nn.Linear(2, 2)
        if pretrained:
            state = torch.load(os.path.join(os.path.dirname(__file__), "net.pt"), map_location="cpu")
            self.load_state_dict(state)

def net():
    model = Net()
    model.load_state_dict(model_zoo.load_url("https://example.org/net.pth"))
    left = model.load_state_dict({k: v for k, v in load_state_dict_from_url("https://example.org/net.pth").items()})
    assert not left.missing_keys
    return model
""",
        "net",
    )
    assert list(model.state_dict()) == ["fc.weight", "fc.bias"]
    assert model.spec.remarks == ("the weights that Net loads are not read; give them with --weights",)


def test_a_forward_fills_a_tensor_with_random_numbers(read):
    model = read("""
class Net(nn.Module):
    def forward(self, x):
        u = torch.empty(x.shape, device=x.device, dtype=x.dtype).uniform_(2, 3)
        n = torch.zeros_like(x)
        n.normal_(std=0.0, mean=5)
        return u, n, x.new_empty((x.shape[0], 1)).bernoulli_(0.5)
""")
    uniform, normal, mask = model(np.zeros((50, 4), np.float32))
    assert 2 <= uniform.min() < 2.2 and 2.8 < uniform.max() <= 3
    assert set(normal.flat) == {5.0}
    assert set(mask.flat) == {0.0, 1.0} and mask.dtype == np.float32


def test_contexts_that_change_no_number_do_nothing(read):
    model = read("""
from contextlib import nullcontext
from torch.nn.attention import SDPBackend, sdpa_kernel

class Net(nn.Module):
    def forward(self, x):
        with sdpa_kernel([SDPBackend.MATH]), nullcontext():
            return F.scaled_dot_product_attention(x, x, x)
""")
    assert model(np.ones((1, 2, 3, 4), np.float32)).tolist() == np.ones((1, 2, 3, 4)).tolist()
