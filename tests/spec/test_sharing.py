"""One layer given to several blocks: counted once, known by every name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild import nn
from nnbuild.graph.rows import row_tree
from nnbuild.ops import TensorSpec

BLOCKS = """
inputs: {tokens: {shape: [N, 7], dtype: int64}}
blocks:
  Encoder(table):
    layers:
      table: table
      fc: Linear(8, 8)
    forward: fc(table(x))
  Decoder(embedding, inner):
    layers:
      emb: embedding
      inner: inner
    forward: inner(x) @ emb.weight.T
"""

BY_LET = f"""{BLOCKS}
let:
  table: Embedding(20, 8)
layers:
  encoder: Encoder(table)
  shared: Linear(8, 8)
  decoder: Decoder(table, Sequential(shared, ReLU()))
forward: decoder(shared(encoder(tokens)))
"""

BY_LAYER = f"""{BLOCKS}
layers:
  embedding: Embedding(20, 8)
  encoder: Encoder(self.embedding)
  shared: Linear(8, 8)
  decoder:
    Decoder:
      embedding: embedding
      inner: Sequential(self.shared, ReLU())
forward: decoder(shared(encoder(tokens)))
"""

REST = ["encoder.fc.weight", "encoder.fc.bias", "shared.weight", "shared.bias", "decoder.emb.weight",
        "decoder.inner.0.weight", "decoder.inner.0.bias"]  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "keys"),
    [(BY_LET, ["encoder.table.weight", *REST]), (BY_LAYER, ["embedding.weight", "encoder.table.weight", *REST])],
)
def test_the_same_parameters_under_every_name(build, spec, keys):
    model = build(spec)
    assert list(model.state_dict()) == keys
    assert model.encoder.table is model.decoder.emb and model.decoder.inner[0] is model.shared
    assert sum(parameter.numel() for parameter in model.parameters()) == 20 * 8 + 2 * 72
    root = row_tree(nnbuild.trace(model, TensorSpec((1, 7), "int64")))
    assert (root.params, root.macs) == (20 * 8 + 2 * 72, 7 * (3 * 64 + 20 * 8))
    again = [(row.path, row.params, row.macs) for row, _ in root.walk() if row.again]
    assert ("shared", 0, 7 * 64) in again


def in_torch(keyed: bool) -> Any:
    torch = pytest.importorskip("torch")

    class Encoder(torch.nn.Module):
        def __init__(self, table: Any) -> None:
            super().__init__()
            self.table = table
            self.fc = torch.nn.Linear(8, 8)

        def forward(self, x: Any) -> Any:
            return self.fc(self.table(x))

    class Decoder(torch.nn.Module):
        def __init__(self, embedding: Any, inner: Any) -> None:
            super().__init__()
            self.emb = embedding
            self.inner = inner

        def forward(self, x: Any) -> Any:
            return self.inner(x) @ self.emb.weight.T

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            table = torch.nn.Embedding(20, 8)
            if keyed:
                self.embedding = table
            self.encoder = Encoder(table)
            self.shared = torch.nn.Linear(8, 8)
            self.decoder = Decoder(table, torch.nn.Sequential(self.shared, torch.nn.ReLU()))

        def forward(self, tokens: Any) -> Any:
            return self.decoder(self.shared(self.encoder(tokens)))

    torch.manual_seed(3)
    return Net()


@pytest.mark.torch
@pytest.mark.parametrize(("spec", "keyed"), [(BY_LET, False), (BY_LAYER, True)])
def test_the_network_is_torchs(build, spec, keyed):
    theirs, model = in_torch(keyed), build(spec, seed=3)
    torch = pytest.importorskip("torch")
    wanted, got = theirs.state_dict(), model.state_dict()
    assert list(got) == list(wanted)
    for key, value in wanted.items():
        np.testing.assert_allclose(got[key], value.numpy(), rtol=1e-6, atol=1e-7)
    tokens = np.arange(14).reshape(2, 7)
    changed = {key: value + 1 for key, value in wanted.items()}
    theirs.load_state_dict(changed)
    model.load_state_dict({key: value.numpy() for key, value in changed.items()})
    with torch.no_grad():
        expected = theirs(torch.from_numpy(tokens)).numpy()
    np.testing.assert_allclose(model(tokens), expected, rtol=1e-5)
    np.testing.assert_allclose(nnbuild.compile(model)(tokens), expected, rtol=1e-5)


def test_the_names_of_the_spec_come_before_those_of_layers(build):
    model = build("""
blocks:
  B(norm):
    layers:
      norm: norm(4)
      last: norm(5)
    forward: norm(x)
layers:
  - B(BatchNorm1d)
""")
    assert model._modules["0"].last.num_features == 5


def test_a_layer_under_two_names(build):
    model = build("layers:\n  flatten: Linear(3, 3)\n  act: ReLU\n  again: flatten\n  more: act\n")
    assert model.again is model.flatten and model.more is model.act
    assert row_tree(nnbuild.trace(model, TensorSpec((1, 3)))).params == 12


def test_a_layer_left_out_is_none(build):
    model = build("layers:\n  a: Linear(3, 3) if False else None\n  b: Linear(3, 3) if a is None else Linear(3, 4)\n")
    assert model.b.out_features == 3


def test_every_use_of_a_block_makes_its_own(build):
    model = build("""
blocks:
  B:
    let:
      inner: Linear(2, 2)
    layers:
      a: inner
      b: Sequential(inner, ReLU())
layers:
  - B
  - B
""")
    assert list(model.state_dict()) == [
        f"{at}.{name}.{kind}" for at in (0, 1) for name in ("a", "b.0") for kind in ("weight", "bias")
    ]
    assert sum(parameter.numel() for parameter in model.parameters()) == 12


def test_a_used_file_draws_nothing(build):
    other = "name: Other\nlet:\n  fc: Linear(3, 3)\nblocks:\n  B: {layers: [ReLU]}\nlayers:\n  fc: fc\n"
    model = build("use: [other.yaml]\nlayers:\n  - B\n  - Linear(2, 2)\n  - Other", {"other.yaml": other}, seed=4)
    nn.manual_seed(4)
    first, second = nn.Linear(2, 2), nn.Linear(3, 3)
    np.testing.assert_array_equal(model._modules["1"].weight.data, first.weight.data)
    np.testing.assert_array_equal(model._modules["2"].fc.weight.data, second.weight.data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("let:\n  a: Linear(2, 2)\nlayers: [ReLU]", "2:6 a holds a Linear that is not under `layers:` (write `a: a`"),
        (
            "let:\n  a: Linear(2, 2)\nlayers:\n  b: a\nforward: b(a(x))",
            "2:6 a holds a Linear that is not under `layers:`",
        ),
        ("blocks:\n  B(a):\n    forward: a(x)\nlayers:\n  - B(Linear(2, 2))", "5:7 a holds a Linear that is not under"),
        (
            "layers:\n  a: ModuleList([Linear(2, 2)] * 2)\nforward: x",
            "2:18 one Linear stands in two places, a.0 and a.1",
        ),
        ("let:\n  a: list([Linear(2, 2)] * 2)\nlayers:\n  b: Sequential(*a)", "one Linear stands in two places"),
        ("layers:\n  a: b\n  b: ReLU", "2:6 there is no layer type b"),
        ("layers:\n  a: Sequential(self.b)\n  b: ReLU", "2:17 self.b is not known here"),
    ],
)
def test_refused(refused, text, message):
    assert message in refused(text)


def test_a_layer_without_weights_may_be_anywhere(build):
    model = build("let:\n  act: ReLU()\nlayers:\n  a: act\n  b: act\nforward: act(x)")
    np.testing.assert_array_equal(model(np.float32([-1, 1])), [0, 1])
