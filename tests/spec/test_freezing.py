"""`freeze:` and requires_grad_: which parameters are trained."""

from __future__ import annotations

from typing import Any

import pytest

import nnbuild
from nnbuild.graph.rows import row_tree
from nnbuild.ops import TensorSpec

LAYERS = """
layers:
  backbone:
    Sequential:
      - Linear(10, 10)
      - BatchNorm1d(10)
  head: Linear(10, 2)
"""


def trained(model: Any) -> list[str]:
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]


ALL = ["backbone.0.weight", "backbone.0.bias", "backbone.1.weight", "backbone.1.bias", "head.weight", "head.bias"]


@pytest.mark.parametrize(
    ("freeze", "frozen"),
    [
        ('["backbone.*"]', ALL[:4]),
        ("backbone.*", ALL[:4]),
        ('["*.bias"]', ALL[1::2]),
        ("[head.weight, BatchNorm1d.weight]", [ALL[2], ALL[4]]),
        ("[Linear.*]", [*ALL[:2], *ALL[4:]]),
        ("\n  - backbone.?.weight\n  - head.*", [ALL[0], ALL[2], *ALL[4:]]),
        ("[]", []),
    ],
)
def test_freeze(build, freeze, frozen):
    model = build(f"{LAYERS}freeze: {freeze}")
    assert trained(model) == [name for name in ALL if name not in frozen]


def test_the_counts_of_trained_parameters(build, run_check):
    model = build(f"input: [N, 10]\n{LAYERS}freeze: [backbone.*]\nexpect: {{params: 152, trainable: 22}}\n")
    root = row_tree(nnbuild.trace(model.eval(), TensorSpec((1, 10))))
    assert (root.params, root.trainable) == (152, 22)
    assert run_check(152, 22) == 0
    assert run_check(152, 152) == 1


@pytest.fixture
def run_check(tmp_path):
    from click.testing import CliRunner

    from nnbuild.cli import cli

    def run_check(params: int, trainable: int) -> int:
        path = tmp_path / "checked.yaml"
        expect = f"expect: {{params: {params}, trainable: {trainable}}}\n"
        path.write_text(f"input: [N, 10]\n{LAYERS}freeze: [backbone.*]\n{expect}")
        return CliRunner().invoke(cli, ["check", str(path)]).exit_code

    return run_check


def test_a_block_freezes_its_own(build):
    block = """
blocks:
  B:
    layers:
      a: Linear(2, 2)
      b: Linear(2, 2)
    freeze: [a.weight]
layers:
  - B
  - Linear(2, 2)
"""
    assert trained(build(block)) == ["0.a.bias", "0.b.weight", "0.b.bias", "1.weight", "1.bias"]


def test_a_shared_parameter_goes_by_each_of_its_names(build):
    layers = "layers:\n  a: Linear(2, 2)\n  b: Linear(2, 2)\n"
    for name in ("a", "b"):
        model = build(f"{layers}freeze: [{name}.weight]\ntie: {{b.weight: a.weight}}")
        assert trained(model) == ["a.bias", "b.bias"]


@pytest.mark.parametrize(
    ("freeze", "message"),
    [
        ("[backbone]", "8:10 no parameter matches backbone (write backbone.* for all below it)"),
        ("[head.wieght]", "8:10 no parameter matches head.wieght (did you mean head.weight?)"),
        ("[head.bias, Linaer.bias]", "8:21 no parameter matches Linaer.bias (did you mean Linear.bias?)"),
        ("[stem.*]", "8:10 no parameter matches stem.* ("),
        ("[Conv2d.weight]", "8:10 no parameter matches Conv2d.weight ("),
        ("{a: b}", '8:9 freeze: is a list of patterns (as ["backbone.*", Linear.bias])'),
        ("[[a]]", "8:10 a pattern is text (as backbone.* or Linear.bias)"),
    ],
)
def test_refused(refused, freeze, message):
    assert message in refused(f"{LAYERS}freeze: {freeze}")


def test_all_that_match_nothing_come_together(refused):
    assert [line.split(" ")[0] for line in refused(f"{LAYERS}freeze: [a, head.bias, b]").split("\n")] == [
        "8:10",
        "8:24",
    ]


HEAD = ["head.weight", "head.bias"]


def test_requires_grad_around_a_layer(build):
    frozen = build("layers:\n  backbone: Linear(10, 10).requires_grad_(False)\n  head: Linear(10, 2)\n")
    assert trained(frozen) == HEAD
    text = (
        "params: {frozen: true}\nlayers:\n  backbone: Linear(10, 10).requires_grad_(not frozen)\n  head: Linear(10, 2)"
    )
    assert trained(build(text)) == HEAD
    assert trained(build(text, params={"frozen": False})) == ["backbone.weight", "backbone.bias", *HEAD]


def test_requires_grad_of_a_parameter_of_ones_own(build):
    model = build("parameters: {a: zeros(3).requires_grad_(False), b: zeros(3)}\nforward: x + a + b")
    assert trained(model) == ["b"]


def test_requires_grad_in_a_forward_holds_from_then_on_as_in_torch(build):
    model = build("""
layers:
  backbone: Linear(10, 10)
  head: Linear(10, 2)
forward: |
  self.backbone.requires_grad_(False)
  self.head.bias.requires_grad_(requires_grad=False)
  x = x.requires_grad_()
  return head(backbone(x))
""")
    root = row_tree(nnbuild.trace(model.eval(), TensorSpec((1, 10))))
    assert (root.params, root.trainable) == (132, 20)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("Linear(1, 1).requires_grad_(3)", "requires_grad_ takes true or false (as in requires_grad_(False))"),
        ("Linear(1, 1).requires_grad_(grad=False)", "requires_grad_ takes true or false"),
        ("Linear(1, 1).requires_grad_(False, False)", "requires_grad_ takes true or false"),
        ("Linear.requires_grad_(False)", "the layer type Linear has no requires_grad_()"),
    ],
)
def test_requires_grad_refused(refused, layer, message):
    assert message in refused(f"layers:\n  a: {layer}\n")
