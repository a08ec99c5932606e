"""Whatever a spec contains, only an NnbuildError comes out, and soon."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnbuild import limits
from nnbuild.errors import NnbuildError
from nnbuild.ops import TensorSpec
from nnbuild.spec import load
from nnbuild.spec.text.reader import read_text

from .conftest import evaluate
from .test_layers import LENET

quick = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def low(low_limits):
    assert limits.SECONDS == 1.0


def only_nnbuild_errors(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except NnbuildError as error:
        assert error.render()
        return None


def build(text: str):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        return only_nnbuild_errors(load, path)


@quick
@given(st.text())
def test_any_text_as_yaml(text):
    only_nnbuild_errors(read_text, text)


ATOMS = """1 0 -1 2.5 1e400 10**6 'a' 'abc' None True [] [1,2] (1,) {} {'a':1} range(3) x n Linear ReLU relu int len max
    sum sorted zip enumerate math.sqrt math.pi f'{n}' partial zeros normal_ abs Conv2d Sequential
    weight_norm nn.utils.spectral_norm Linear(2,3)"""
OPERATORS = "+ - * / // % ** @ << >> & | ^ == != < in is and or"
EXPRESSIONS = st.recursive(
    st.sampled_from(ATOMS.split()),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(OPERATORS.split()), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        ),
        st.tuples(inner, st.lists(inner, max_size=3)).map(lambda parts: f"{parts[0]}({', '.join(parts[1])})"),
        st.tuples(inner, inner).map(lambda parts: f"{parts[0]}[{parts[1]}]"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})"),
        st.tuples(inner, inner).map(lambda parts: f"[{parts[0]} for x in {parts[1]}]"),
        inner.map(lambda part: f"f'{{{part}:>3}}'" if "'" not in part else part),
        st.tuples(inner, inner).map(lambda parts: f"{{{parts[0]}: {parts[1]}}}"),
        st.tuples(inner, st.sampled_from(["items", "index", "upper", "shape", "__class__", "weight"])).map(
            lambda parts: f"{parts[0]}.{parts[1]}(1)"
        ),
        st.tuples(st.sampled_from(["-", "not ", "~", "*", "**"]), inner).map("".join),
    ),
    max_leaves=8,
)


@quick
@given(EXPRESSIONS)
def test_any_expression(text):
    only_nnbuild_errors(evaluate, text, n=3)


@quick
@given(st.text(alphabet="0123456789abcx()[]{}'\"*+-/%=<>.,:!@ \n\\", max_size=40))
def test_any_text_as_expression(text):
    only_nnbuild_errors(evaluate, text, x=3, a=[1, 2], b="t")


STATEMENTS = st.one_of(
    EXPRESSIONS.map(lambda text: f"x = {text}"),
    EXPRESSIONS.map(lambda text: f"y = relu(x) + {text}"),
    st.sampled_from(
        [
            "x = fc(x)",
            "x = x[0]",
            "x += 1",
            "x, y = x.shape",
            "y = [x]",
            "y.append(x)",
            "x = cat(y, 0)",
            "x = x.view(-1)",
            "x = layers[0](x)",
            "x = F.relu(x)",
            "x = x.T @ x",
            "x = x.mean(0)",
            "x = x.size(0)",
            "x = sum(y)",
            "x = max(x, y)",
            "for i in range(3):\n    x = x + i",
            "for x in y:\n    pass",
            "if x is None:\n    x = 1",
            "assert x",
            "x[0] = 1",
        ]
    ),
)


@quick
@given(st.lists(STATEMENTS, max_size=4))
def test_any_forward(statements):
    lines = "\n".join([*statements, "return x"]).replace("\n", "\n  ")
    layers = "layers:\n  fc: Linear(4, 4)\n  layers: ModuleList([ReLU()])\n"
    model = build(f"name: Net\nparams: {{n: 3}}\n{layers}forward: |\n  {lines}\n")
    if model is not None:
        only_nnbuild_errors(model, TensorSpec((2, 4)))


@quick
@given(st.integers(0, len(LENET)), st.integers(0, 12), st.text(alphabet=" \n:-[]{}()'\"*&!|#%,ax1\t", max_size=4))
def test_a_spec_with_a_slip_of_the_keyboard(start, length, inserted):
    model = build(LENET[:start] + inserted + LENET[start + length :])
    if model is not None:
        only_nnbuild_errors(model, TensorSpec((1, 3, 32, 32)))


HEADS = ["Sequential", "ModuleDict", "ModuleList", "Linear", "x", "for i in range(2)", "if 1"]
NAMES = ["a", "b", "c{1}", "on", "for x in 'ab'", "if 0", "let"]
LAYERS = st.recursive(
    st.sampled_from(
        ["ReLU", "Linear(2, 2)", "{Linear: [2, 2]}", "{Conv2d: {in_channels: x}}", "3", "", "{a: b}", "[]", "~"]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"{{Sequential: [{', '.join(items)}]}}"),
        st.tuples(st.sampled_from(HEADS), inner).map(lambda parts: f"{{{parts[0]}: {parts[1]}}}"),
    ),
    max_leaves=6,
)


@quick
@given(st.lists(st.tuples(st.sampled_from(NAMES), LAYERS), max_size=3))
def test_any_layers(entries):
    build("layers:\n" + "".join(f"  {name}: {layer}\n" for name, layer in entries))
