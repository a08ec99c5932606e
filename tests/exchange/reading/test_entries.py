"""Which network of a file is meant, what it is given, and what comes of it."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest

import nnbuild
from nnbuild.nn import Module

HABITS = Path(__file__).parent / "sources" / "habits.py"

NET = """
class Block(nn.Module):
    expansion = 2
    def __init__(self, n): super().__init__(); self.fc = nn.Linear(n, n * self.expansion)
    def forward(self, x): return self.fc(x)
class Other(Block):
    expansion = 3
class Net(nn.Module):
    def __init__(self, n, block=Block, *, act=nn.ReLU, name=None, **more):
        super().__init__()
        self.block, self.act, self.name, self.more = block(n), act(), name, more
    @classmethod
    def small(cls, n=2): return cls(n)
    def forward(self, x): return self.act(self.block(x))
def build(n: int = 4, depth: int = 1) -> nn.Sequential:
    return nn.Sequential(*[nn.Linear(n, n) for _ in range(depth)])
ready = build(3)
"""


@pytest.mark.parametrize(
    ("entry", "params", "keys"),
    [
        ("Net", {"n": 4}, {"block.fc.weight": (8, 4)}),
        ("Net", {"n": "4", "block": "Other", "act": "nn.GELU"}, {"block.fc.weight": (12, 4)}),
        ("Net(2)", {}, {"block.fc.weight": (4, 2)}),
        ("Net(2, block=Other)", {}, {"block.fc.weight": (6, 2)}),
        ("Net.small", {}, {"block.fc.weight": (4, 2)}),
        ("Net.small", {"n": 5}, {"block.fc.weight": (10, 5)}),
        ("build", {"depth": 2}, {"0.weight": (4, 4), "1.weight": (4, 4)}),
        ("build(n=2, depth=1)", {}, {"0.weight": (2, 2)}),
        ("ready", {}, {"0.weight": (3, 3)}),
        ("", {"n": 1, "other": 3}, {"block.fc.weight": (2, 1)}),
    ],
)
def test_an_entry(read, entry, params, keys):
    source = NET if entry else NET.replace("class Other(Block):\n    expansion = 3\n", "")
    model = read(source, entry, **params)
    found = {key: value.shape for key, value in model.state_dict().items() if key.endswith("weight")}
    assert found == keys


@pytest.mark.parametrize(
    ("entry", "params", "message"),
    [
        ("Net", {}, "Net needs n (give --set n=...)"),
        ("Nett", {}, "has no Nett (did you mean Net?)"),
        ("build", {"dept": 2}, "build has no argument dept (did you mean depth?)"),
        ("build", {"n": "nothing", "depth": 1}, "Linear wants a whole number for in_features and gets 'nothing'"),
        ("ready", {"n": 2}, "ready is a network already"),
        ("Block.expansion", {}, "Block.expansion is 2, not a module"),
        ("Net(2", {}, "'(' was never closed"),
        ("Net(m=2)", {}, "Net takes n, block, act, name and gets no n"),
        ("", {"n": 1}, "has 2 networks (say which: "),
    ],
)
def test_an_entry_that_is_none(refused, entry, params, message):
    assert message in refused(NET, entry, **params)


def test_a_package_is_read_by_its_own_names(read):
    files = {
        "pkg/__init__.py": "from .blocks import *\n",
        "pkg/blocks.py": "__all__ = ['Block']\nimport torch.nn as nn\nfrom pkg import sizes\n"
        "from .sizes import wide as w\nclass Block(nn.Sequential):\n"
        "    def __init__(self): super().__init__(nn.Linear(sizes.narrow, w))\n",
        "pkg/sizes.py": "narrow = 2\nwide = narrow * 3\n",
    }
    model = read("from pkg.blocks import Block\nimport pkg\nnet = nn.Sequential(Block(), pkg.Block())\n", "net", files)
    assert [value.shape for value in model.state_dict().values()] == [(6, 2), (6,), (6, 2), (6,)]


def test_a_library_that_is_not_read_may_be_imported(read, refused):
    source = (
        "from fancy import Layer, tool\nimport fancy.more as more\nclass Net(nn.Module):\n    def forward(self, x):\n"
    )
    assert isinstance(read(f"{source}        return x\n"), Module)
    with pytest.raises(nnbuild.SpecError, match=r"fancy\.tool is not known here"):
        read(f"{source}        return tool(x)\n")(np.ones(2, np.float32))
    fallback = "try:\n    from fancy import Layer\nexcept ImportError:\n    Layer = nn.ReLU\nnet = Layer()\n"
    assert type(read(fallback, "net")).__name__ == "ReLU"


def test_a_network_of_source_is_a_module():
    model = nnbuild.load(f"{HABITS}:vgg", params={"n": 3}, seed=1)
    assert (type(model).__name__, model.spec.params, model.spec.file) == ("VGG", {"n": 3}, HABITS)
    twin = copy.deepcopy(model).eval()
    model.eval()
    x = np.ones((1, 3, 16, 16), np.float32)
    seen = []
    model.fc.register_forward_hook(lambda module, args, output: seen.append(output.shape))
    np.testing.assert_array_equal(model(x), twin(x))
    assert seen == [(1, 3)]
    twin.fc.weight.data[...] = 0
    assert model.fc.weight.data.any()
    twin.load_state_dict(model.state_dict())
    np.testing.assert_array_equal(model(x), twin(x))
    np.testing.assert_allclose(nnbuild.compile(model)(x), model(x), rtol=1e-4, atol=1e-6)
    assert repr(model).startswith("VGG(\n  (features): Sequential(")


def test_what_a_forward_keeps_is_forgotten_after_the_call():
    model = nnbuild.load(f"{HABITS}:ViT").eval()
    x = np.ones((1, 3, 16, 16), np.float32)
    assert model(x)["logits"].shape == (1, 4)
    assert not hasattr(model.stages[0][0].attn, "attn")


def test_a_layer_that_is_written_like_one_of_torch(read):
    model = read(
        "class LayerNorm(nn.Module):\n"
        "    def __init__(self, n): super().__init__(); self.g = nn.Parameter(torch.ones(n))\n"
        "    def forward(self, x): return x * self.g\nnet = nn.Sequential(LayerNorm(3), nn.LayerNorm(3))\n",
        "net",
    )
    assert list(model.state_dict()) == ["0.g", "1.weight", "1.bias"]


def test_a_cache_that_a_forward_fills_is_of_one_call(read):
    model = read(
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.cache, self.seen = {}, []\n"
        "    def forward(self, x):\n        if 'a' not in self.cache:\n            self.cache['a'] = x + 1\n"
        "        self.seen.append(1)\n        return self.cache['a'] * len(self.seen)\n"
    ).eval()
    nnbuild.trace(model, nnbuild.TensorSpec((1, 2)))
    for value in (1, 2):
        np.testing.assert_array_equal(model(np.full((1, 2), value, np.float32)), [[value + 1] * 2])


def test_an_option_that_a_try_may_leave_out(read):
    model = read(
        "def act(kind):\n    try:\n        return kind(inplace=True)\n    except TypeError:\n        return kind()\n"
        "net = nn.Sequential(act(nn.ReLU), act(nn.GELU))\n",
        "net",
    )
    assert [type(layer).__name__ for layer in model] == ["ReLU", "GELU"]
