"""Parameters and buffers of a block's own, tied parameters, initialisation."""

from __future__ import annotations

import numpy as np
import pytest

from nnbuild import nn
from nnbuild.ops import TensorSpec

TOKENS = """
params: {n: 3, width: 4}
parameters:
  token: zeros(1, 1, width)
  position: normal_(empty(1, n + 1, width), std=0.02)
  gamma: full((width,), 1e-6)
  scale: Parameter(ones(width), requires_grad=False)
  none: null
  more: ParameterList([randn(2), torch.ones(3)])
buffers:
  steps: arange(n)
  zero: zeros(2, dtype=torch.int64)
  mask: {value: "ones(n, n)", persistent: false}
  index: |
    rows = arange(n).view(-1, 1)
    return rows - arange(n)
layers: [Identity]
forward: |
  x = torch.cat([token.expand(x.shape[0], -1, -1), x], 1) + self.position
  return x * gamma + more[0].sum()
"""


def test_parameters_and_buffers(build):
    model = build(TOKENS)
    shapes = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    assert shapes == {
        "token": (1, 1, 4), "position": (1, 4, 4), "gamma": (4,), "scale": (4,), "more.0": (2,), "more.1": (3,),
    }  # fmt: skip
    assert model.none is None
    assert not model.scale.requires_grad
    assert [name for name in model.state_dict() if name not in shapes] == ["steps", "zero", "index"]
    np.testing.assert_array_equal(model.index, [[0, -1, -2], [1, 0, -1], [2, 1, 0]])
    assert (model.zero.dtype, model.mask.shape) == ("int64", (3, 3))
    np.testing.assert_allclose(model.gamma.data, 1e-6)
    assert model(np.zeros((2, 3, 4), np.float32)).shape == (2, 4, 4)
    assert model(TensorSpec((2, 3, 4))).shape == (2, 4, 4)


def test_parameters_are_drawn_in_the_order_of_the_sections(build):
    model = build("parameters:\n  a: randn(20)\nlayers:\n  fc: Linear(3, 4)\n", seed=5)
    nn.manual_seed(5)
    first = nn.init.normal_(nn.Parameter.empty((20,)))
    np.testing.assert_array_equal(model.a.data, first.data)
    np.testing.assert_array_equal(model.fc.weight.data, nn.Linear(3, 4).weight.data)


def test_tie(build):
    text = "tie: {b.weight: a.weight}\nlayers:\n  a: Linear(4, 4)\n  b: Linear(4, 4, bias=False)\n"
    model = build(text)
    assert model.b.weight is model.a.weight
    assert sum(parameter.numel() for parameter in model.parameters()) == 20
    assert list(model.state_dict()) == ["a.weight", "a.bias", "b.weight"]


def test_init(build):
    text = """
init:
  "*.bias": zeros_
  Conv2d.weight: kaiming_normal_(mode='fan_out', nonlinearity='relu')
  features.1.*: nn.init.constant_(0.5)
  Linear: {weight: "uniform_(-1 / in_features, 1 / in_features)", bias: constant_(out_features) if big else None}
  "*.0.weight": ones_
params: {big: true}
layers:
  features: {Sequential: [{Conv2d: [3, 4, 3]}, {BatchNorm2d: 4}, {Conv2d: [4, 4, 3]}]}
  head: Linear(4, 3)
"""
    model = build(text, seed=1)
    state = model.state_dict()
    np.testing.assert_array_equal(state["features.0.weight"], 1)
    np.testing.assert_array_equal(state["features.0.bias"], 0)
    np.testing.assert_array_equal(state["features.1.weight"], 0.5)
    np.testing.assert_array_equal(state["features.1.bias"], 0.5)
    assert 0.1 < state["features.2.weight"].std() < 0.4
    assert abs(state["head.weight"]).max() <= 0.25
    np.testing.assert_array_equal(state["head.bias"], 3)
    np.testing.assert_array_equal(build(text, params={"big": False}).head.bias.data, 0)


def test_init_in_a_block_and_by_block(build):
    text = """
blocks:
  Head(n):
    layers: {fc: Linear(n)}
    parameters: {scale: ones(n)}
    init: {fc.bias: ones_}
layers:
  a: Head(2)
init: {Head.scale: zeros_}
"""
    model = build(text.replace("Linear(n)", '"Linear(n, n)"'))
    np.testing.assert_array_equal(model.a.fc.bias.data, 1)
    np.testing.assert_array_equal(model.a.scale.data, 0)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ("parameters: {a: 3}", "1:17 a is 3, not a parameter (zeros(2, 3), ones, full, empty, randn, or normal_("),
        ("parameters: {a: 'zeros(-1)'}", "1:18 zeros wants sizes, whole numbers of at least 0, and gets -1"),
        ("parameters: {a: zeros(2.5)}", "1:17 zeros wants sizes"),
        ("parameters: {a: 'zeros(2, out=3)'}", "1:18 zeros has no option 'out' (as in zeros(2, 3, dtype='float32'))"),
        ("parameters:\n  a: zeros(2, dtype='int3')", "2:6 the text 'int3' is not a dtype (as float32 or int64)"),
        ("parameters: {a: full(3)}", "full wants a shape and a number (as in full((2, 3), 0.5))"),
        ("parameters: {a: normal_(3)}", "normal_ fills a parameter and gets 3 (as in normal_(empty(3, 4)))"),
        ("parameters: {a: zeros_()}", "zeros_ fills a parameter and gets nothing"),
        ("parameters:\n  a: normal_(empty(3), stdd=1)", "normal_ cannot be called so: "),
        ("parameters:\n  a: xavier_normal_(empty(3))", "2:6 xavier_normal_ wants a weight of 2 axes or more"),
        ("parameters: {a: Parameter()}", "Parameter wants a tensor"),
        ("parameters: {a.b: zeros(2)}", "1:14 the name a.b has a dot"),
        ("parameters: {forward: zeros(2)}", "1:14 the name forward is taken (choose another)"),
        ("parameters: {fc: zeros(2)}\n", "the name fc stands twice"),
        ("parameters: [a]", "1:13 parameters is a mapping"),
        ("buffers: {a: word}", "1:14 the name word is not known here"),
        ("buffers: {a: 3}", "1:14 a is 3, not a tensor (as in arange(10) or zeros(2, 3))"),
        ("buffers: {a: {persistent: true}}", "1:14 a buffer needs a value"),
        ("buffers: {a: {valu: 3}}", "1:15 a buffer has no option valu (did you mean value?)"),
        ("tie: {fc.weight: fc.weigth}", "1:18 there is no parameter fc.weigth (did you mean fc.weight?)"),
        ("tie: {fc.wait: fc.weight}", "1:7 there is no parameter fc.wait"),
        ("tie: {fc.weight: fc.bias}", "1:18 fc.weight (4, 4) cannot be tied to fc.bias (4,)"),
        ("tie: 3", "1:6 tie is a mapping"),
        ("init: {fc.wait: zeros_}", "1:8 no parameter matches fc.wait (did you mean fc.weight?)"),
        ("init: {Conv2d.weight: zeros_}", "1:8 no parameter matches Conv2d.weight (did you mean fc.weight?)"),
        ("init: {zzz: zeros_}", "1:8 no parameter matches zzz (a path with * and ?, or LayerType.parameter)"),
        ("init: {fc.weight: zeroes_}", "1:19 the name zeroes_ is not known here (did you mean zeros_?"),
        ("init: {fc.weight: 3}", "1:19 3 does not initialise (one of uniform_, normal_"),
        ("init: {fc.weight: [zeros_]}", "1:19 an init is a call like normal_(std=0.02)"),
        ("init: {fc: {weight: {a: 3}}}", "1:21 an init is a call like normal_(std=0.02)"),
        ("init: {fc.weight: normal_(sdt=1)}", "1:19 normal_ cannot be called so"),
        ("init: {fc.bias: xavier_normal_}", "1:17 xavier_normal_ wants a weight of 2 axes or more"),
        ("init: {fc.weight: kaiming_normal_(mode='out')}", "1:19 kaiming_normal_ wants the mode fan_in or fan_out"),
        ("init: 3", "1:7 init is a mapping"),
    ],
)  # fmt: skip
def test_refused(refused, sections, message):
    assert message in refused(sections + "\nlayers:\n  fc: Linear(4, 4)\n")


def test_problems_come_together(refused):
    text = "parameters: {a: 3, b: 4}\nbuffers: {c: 5}\nlayers:\n  - Linear(4)\n"
    assert [line.split(" ")[0] for line in refused(text).split("\n")] == ["1:17", "1:23", "2:14", "4:5"]


def test_a_buffer_is_computed_at_first_use(build):
    text = """
parameters: {start: "normal_(empty(3), std=0.5)"}
buffers:
  places: |
    steps = arange(4) - 1
    return (steps[:, None] * 4 + steps).flatten()
  scale: ones(2) / 2
layers: {fc: "Linear(4, 4)"}
"""
    model = build(text)
    places, scale = model.places, model.scale
    assert not (places.is_materialized or scale.is_materialized or model.start.is_materialized)
    assert (places.shape, places.dtype, scale.shape, scale.dtype) == ((16,), "int64", (2,), "float32")
    assert list(places.data[:5]) == [-5, -4, -3, -2, -1]
    assert list(scale.data) == [0.5, 0.5]
