"""Params, variants and choices: values from outside."""

from __future__ import annotations

import numpy as np
import pytest

from nnbuild import nn
from nnbuild.errors import NnbuildError
from nnbuild.spec.build.module import SpecModule

from .conftest import report

TEXT = """
name: Net
params: {n: 4, p: 0.5, flag: true, mode: 'same', dims: [1, 2], act: ReLU, extra: null, twice: 2 * n, table: {a: 1}}
variants:
  small: {n: 2}
  big: {n: 8, dims: [1, 2, 3], act: Tanh}
layers:
  - Linear(n, twice)
"""


def test_defaults(build):
    params = build(TEXT).spec.params
    assert params.pop("act") is nn.ReLU
    assert params == {
        "n": 4, "p": 0.5, "flag": True, "mode": "same", "dims": [1, 2], "extra": None, "twice": 8, "table": {"a": 1},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"n": 5}, 5), ({"n": "5"}, 5), ({"n": "2 * 3"}, 6), ({"p": 1}, 1.0), ({"p": "1e-3"}, 1e-3),
        ({"flag": "false"}, False), ({"mode": "valid"}, "valid"), ({"mode": "12"}, "12"), ({"dims": "[3, 4]"}, [3, 4]),
        ({"dims": (3, 4)}, (3, 4)), ({"act": "Tanh"}, nn.Tanh), ({"act": nn.Tanh}, nn.Tanh), ({"extra": "3"}, 3),
        ({"extra": "word"}, "word"), ({"table": {"b": 2}}, {"b": 2}), ({"table": "{'b': 2}"}, {"b": 2}),
    ],
)  # fmt: skip
def test_given(build, given, value):
    spec = build(TEXT, params=given).spec
    got = spec.params[next(iter(given))]
    assert got == value
    assert type(got) is type(value)
    assert spec.customised


def test_variants(build):
    model = build(TEXT, variant="big")
    assert (model.spec.params["n"], model.spec.params["twice"], model.spec.params["act"]) == (8, 16, nn.Tanh)
    assert (model.spec.variant, model.spec.customised) == ("big", False)
    assert build(TEXT, variant="big", params={"n": "3"}).spec.params["n"] == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"params": {"m": 3}}, "Net has no param m"),
        ({"params": {"flog": 3}}, "Net has no param flog (did you mean flag?)"),
        ({"params": {"n": "abc"}}, "the param n, like 4, cannot be 'abc': the name abc is not known here"),
        ({"params": {"n": 1.5}}, "3:13 the param n is a whole number, like 4, and gets 1.5"),
        ({"params": {"n": "1.5"}}, "the param n is a whole number, like 4, and gets 1.5"),
        ({"params": {"n": True}}, "the param n is a whole number, like 4, and gets True"),
        ({"params": {"n": None}}, "the param n is a whole number, like 4, and gets None"),
        ({"params": {"p": "x"}}, "the param p, like 0.5, cannot be 'x'"),
        ({"params": {"flag": "1"}}, "the param flag is true or false, like True, and gets 1"),
        (
            {"params": {"flag": "yes"}},
            "cannot be 'yes': the name yes is not known here (write true; as text, quote it)",
        ),
        ({"params": {"mode": 3}}, "the param mode is text, like 'same', and gets 3"),
        ({"params": {"dims": 3}}, "the param dims is a list, like a list of 2, and gets 3"),
        ({"params": {"act": "3"}}, "the param act is a layer type such as ReLU and gets 3"),
        ({"params": {"act": int}}, "the param act is a layer type such as ReLU and gets the layer type int"),
        ({"params": {"table": "3"}}, "the param table is a mapping"),
        ({"params": {"n": "9 ** 9 ** 9"}}, "grows beyond 256 bits"),
        ({"params": {"n": "__import__('os')"}}, "the name __import__ is not known here"),
        ({"variant": "bigg"}, "Net has no variant bigg (did you mean big?)"),
        ({"choose": {"act": "x"}}, "Net has no choice 'act' (it declares none)"),
    ],
)
def test_refused(refused, options, message):
    assert message in refused(TEXT, **options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("params: 3\nlayers: [ReLU]", "1:9 params is a mapping"),
        ("params: {a b: 3}\nlayers: [ReLU]", "1:10 'a b' is not a name that an expression can use"),
        (
            "params: {a: b}\nlayers: [ReLU]",
            "1:13 the name b is not known here (values are named under `params:` or `let:`, text is quoted: 'b')",
        ),
        ("params: {a: 010}\nlayers: [ReLU]", "1:13 '010' is not a number (write 10, or 0o10 for octal"),
        ("params: {a: 3:3}\nlayers: [ReLU]", "1:13 '3:3' is not a number"),
        ("params: {a: on}\nlayers: [ReLU]", "1:13 the name on is not known here (write true; as text, quote it)"),
        ("params: {n: 1}\nvariants: {v: {m: 1}}\nlayers: [ReLU]", "2:16 m is not one of the params (the params are n)"),
        (
            "params: {nun: 1}\nvariants: {v: {num: 1}}\nlayers: [ReLU]",
            "2:16 num is not one of the params (did you mean nun?)",
        ),
        ("variants: {v: {m: 1}}\nlayers: [ReLU]", "1:16 m is not one of the params (declare it under `params:`)"),
        ("variants: {v: 3}\nlayers: [ReLU]", "1:15 the variant v is a mapping"),
    ],
)
def test_sections_refused(refused, text, message):
    assert message in refused(text)


def test_variants_by_default_are_the_params(build):
    text = "params: {n: 4}\nvariants: {a: , b: {n: 2}}\nlayers:\n  - Linear(n, n)\n"
    assert build(text).spec.params == {"n": 4} == build(text, variant="a").spec.params


CHOOSE = """
name: Net
choose: {choice: conv, act: relu, times: 2, flag: true}
layers:
  choices: {ModuleDict: {conv: {Conv2d: [10, 10, 3]}, pool: {MaxPool2d: 3}}}
  activations: ModuleDict([['relu', ReLU()], ['prelu', PReLU()]])
forward: |
  x = choices[choice](x)
  x = activations[act](x)
  return x * times if flag else x
"""


def test_choices(build):
    model = build(CHOOSE)
    assert isinstance(model, SpecModule)
    assert model.spec.choose == {"choice": "conv", "act": "relu", "times": 2, "flag": True}
    x = np.random.default_rng(0).normal(size=(1, 10, 5, 5)).astype(np.float32)
    conv, pool = model(x), model(x, choice="pool", times=1)
    np.testing.assert_allclose(conv, 2 * np.maximum(model._modules["choices"]["conv"](x), 0))
    np.testing.assert_array_equal(pool, np.maximum(model._modules["choices"]["pool"](x), 0))
    assert model.choose(choice="pool", times=1) is model
    np.testing.assert_array_equal(model(x), pool)
    np.testing.assert_array_equal(build(CHOOSE, choose={"choice": "pool", "times": "1"})(x), pool)


def test_choices_refused(build, refused):
    model = build(CHOOSE)
    x = np.zeros((1, 10, 5, 5), np.float32)
    for call, message in [
        (lambda: model(x, choice="conx"),
         "8:7 this ModuleDict has no item the text 'conx' (did you mean conv?)"),
        (lambda: model(x, chioce="conv"), "Net takes x and gets chioce"),
        (lambda: model.choose(chioce="conv"), "Net has no choice 'chioce' (did you mean choice?)"),
    ]:  # fmt: skip
        with pytest.raises(NnbuildError) as caught:
            call()
        assert report(caught.value) == message
    assert "Net has no choice 'x' (there are choice, act, times, flag)" in refused(CHOOSE, choose={"x": 1})
    assert "the choice times, like 2, cannot be 'x'" in refused(CHOOSE, choose={"times": "x"})
    assert "1:10 the forward does not use the choice b (remove it)" in refused("choose: {b: 1}\nlayers: [ReLU]\n")
    assert "1:13 the choice b is text" in refused("choose: {b: [1]}\nlayers: [ReLU]\nforward: x * b\n")
