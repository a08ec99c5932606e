"""Activations, softmax and its relatives: by hand, at the extremes, beside PyTorch, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import ops
from nnbuild.errors import NnbuildError
from nnbuild.ops.special import erf
from tests.ops.rows import Row, T, agrees, call, computed, holds_shape_law, ids, inferred

NAN, INF = float("nan"), float("inf")
X = T((2, 3, 4))
EXTREMES = [0.0, -0.0, 1e-30, -1e-30, 0.5, -0.5, 3.0, -3.0, 6.0, -20.0, 20.5, 88.0, -88.0, 1e4, -1e4, INF, -INF, NAN]

ELEMENTWISE = {
    "relu": [()], "relu6": [()], "sigmoid": [()], "tanh": [()], "logsigmoid": [()], "selu": [()], "silu": [()],
    "mish": [()], "softsign": [()], "tanhshrink": [()], "hardsigmoid": [()], "hardswish": [()],
    "hardtanh": [(), (-0.5, 2.0)], "leaky_relu": [(), (0.3,), (-0.2,), (2.0,)], "elu": [(), (0.5,)],
    "celu": [(), (2.0,), (-0.5,)], "softplus": [(), (2.0, 1.5), (0.5, 20.0)], "softshrink": [(), (0.0,), (1.5,)],
    "hardshrink": [(), (1.0,)], "threshold": [(0.1, 20.0), (-1.0, 0.0)], "rrelu": [(), (0.1, 0.5)],
    "gelu": [()],
}  # fmt: skip
ALONG_AN_AXIS = [
    *(call(name, X, *args) for name in ("softmax", "log_softmax", "softmin") for args in [(1,), (-1,), (), (0,)]),
    call("softmax", T((2, 5)), 1, dtype="float64"), call("log_softmax", T((4,), "int64"), 0, dtype="float32"),
    call("softmax", T(()), 0), call("softmax", T((2, 0)), 1), call("log_softmax", T((0, 2)), 1),
    call("softmax", T(values=[1e4, -1e4, 0]), 0), call("log_softmax", T(values=[1e4, -1e4, 0]), 0),
    call("softmax", T(values=[-INF, -INF]), 0), call("softmax", T(values=[-INF, 1]), 0),
    call("softmax", T((2,), "float16"), 0),
    call("glu", T((2, 4))), call("glu", T((4, 3)), 0), call("glu", T((2, 6, 0)), 1),
    call("normalize", X), call("normalize", X, 1, 0), call("normalize", X, 3.0, -1), call("normalize", X, INF, 2),
    call("normalize", X, 0.5, (0, 1)), call("normalize", T(values=[[0, 0]]), dim=1),
    call("prelu", X, T((3,))), call("prelu", X, T((1,))), call("prelu", T((5,)), T((1,))),
    call("prelu", T((2, 3)), T((3,))),
]  # fmt: skip

BY_HAND = [
    (call("relu", T(values=[-1, 0, 2])), [0, 0, 2]),
    (call("sigmoid", T(values=[0, -INF, INF])), [0.5, 0, 1]),
    (call("hardtanh", T(values=[-3, 0.5, 3])), [-1, 0.5, 1]),
    (call("leaky_relu", T(values=[-2, 2]), 0.5), [-1, 2]),
    (call("elu", T(values=[-INF, 2]), 3.0), [-3, 2]),
    (call("softplus", T(values=[0, 30])), [math.log(2), 30]),
    (call("softshrink", T(values=[-2, 0.2, 2])), [-1.5, 0, 1.5]),
    (call("hardshrink", T(values=[-2, 0.2, 2])), [-2, 0, 2]),
    (call("threshold", T(values=[1, 2, 3]), 2, 9), [9, 9, 3]),
    (call("gelu", T(values=[0, 100, -100])), [0, 100, 0]),
    (call("softmax", T(values=[0, 0]), 0), [0.5, 0.5]),
    (call("log_softmax", T(values=[1000, 1000]), 0), [-math.log(2)] * 2),
    (call("glu", T(values=[3, 0])), [1.5]),
    (call("normalize", T(values=[[3, 4]])), [[0.6, 0.8]]),
    (call("prelu", T(values=[[-1, -1]]), T(values=[2, 3])), [[-2, -3]]),
]

REFUSED = [
    (call("gelu", X, "fast"), "approximate is 'none' or 'tanh', not 'fast'"),
    (call("gelu", T((2,), "int64")), "gelu wants numbers with fractions and gets int64"),
    (call("relu", T((2,), "bool")), "relu wants numbers and gets bool"),
    (call("softshrink", X, -1.0), "lambd must be at least 0, not -1.0"),
    (call("softmax", X, 3), "softmax wants dim from -3 to 2 and gets 3"),
    (call("softmax", T((2,), "int64"), 0), "softmax wants numbers with fractions and gets int64"),
    (call("glu", T((2, 3))), "glu halves axis 1, whose size 3 is odd: (2, 3)"),
    (call("glu", T(())), "glu wants a tensor of at least one axis and gets a single number"),
    (call("prelu", X, T((4,))), "prelu has 4 slopes and its input 3 channels: (2, 3, 4)"),
    (call("prelu", X, T((1, 3))), "prelu wants a weight of at most 1 axis and gets (1, 3)"),
    (call("prelu", X, T((3,), "float64")), "prelu wants input and weight of one dtype and gets float32 and float64"),
    (call("threshold", X, 1.0), "threshold cannot be called so: missing a required argument: 'value'"),
    (call("leaky_relu", X, slope=1.0), "leaky_relu cannot be called so: got an unexpected keyword argument 'slope'"),
    (call("rrelu", X, 0.5, 0.1, True), "lower must not be above upper, 0.5 is above 0.1"),
]  # fmt: skip

CALLS = [Row(name, (X, *args), {}) for name, several in ELEMENTWISE.items() for args in several]


@pytest.mark.parametrize("row", CALLS + ALONG_AN_AXIS, ids=ids)
def test_shape_rule_is_the_computed_shape(row: Row) -> None:
    holds_shape_law(row)


@pytest.mark.parametrize(("row", "expected"), BY_HAND, ids=ids)
def test_values_by_hand(row: Row, expected: list[Any]) -> None:
    np.testing.assert_allclose(computed(row), expected, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize(("row", "message"), REFUSED, ids=ids)
def test_refusals_say_why(row: Row, message: str) -> None:
    for way in (computed, inferred):
        with pytest.raises(NnbuildError) as caught:
            way(row)
        assert caught.value.message == message


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if getattr(ops, name).inplace])
def test_in_place_gives_the_same_array(name: str) -> None:
    array, args = X.array(), ELEMENTWISE[name][0]
    expected = getattr(ops, name)(array.copy(), *args)
    assert getattr(ops, name)(array, *args, inplace=True) is array
    np.testing.assert_array_equal(array, expected)


def test_erf_is_that_of_the_c_library() -> None:
    points = np.concatenate([np.linspace(-7, 7, 20_001), [1e-300, 1e-9, 30, INF, -INF]])
    exact = np.array([math.erf(point) for point in points])
    np.testing.assert_allclose(erf(points), exact, rtol=1e-15, atol=0)
    single = points.astype(np.float32)
    np.testing.assert_allclose(erf(single), [math.erf(point) for point in single], rtol=3e-7, atol=1e-37)
    assert np.isnan(erf(np.array([NAN]))).all()


def test_glu_explains_its_size() -> None:
    spec = ops.TensorSpec((2, 6))
    assert ops.glu.ask("formula", ops.glu(spec), spec) == ["axis 1 = 6/2 = 3"]


@pytest.mark.torch
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("row", CALLS, ids=ids)
def test_extremes_as_torch(row: Row, dtype: str) -> None:
    torch = pytest.importorskip("torch")
    values = np.array(EXTREMES * 3, dtype)
    expected = getattr(torch.nn.functional, row.op)(torch.from_numpy(values), *row.args[1:]).numpy()
    if row.op == "gelu" and dtype != "float64":
        expected[np.isposinf(values)] = INF  # where torch has a NaN in its vectorised loop alone
    result = getattr(ops, row.op)(values, *row.args[1:])
    assert result.dtype == expected.dtype
    tolerance = {"float64": 1e-12, "float32": 2e-6, "float16": 2e-3}[dtype]
    np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.torch
@pytest.mark.parametrize("row", [*ALONG_AN_AXIS, call("gelu", X, approximate="tanh")], ids=ids)
def test_as_torch(row: Row) -> None:
    assert agrees(row)


@pytest.mark.torch
@pytest.mark.parametrize("row", [row for row, _ in REFUSED], ids=ids)
def test_torch_refuses_too(row: Row) -> None:
    assert not agrees(row)


@pytest.mark.torch
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin", "glu", "normalize"])
@settings(max_examples=15, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_axis_as_torch(name: str, data: Any) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    options = {"dim": data.draw(st.integers(-4, 4))}
    if name == "normalize":
        options["p"] = data.draw(st.sampled_from([0.5, 1, 2.0, 3, INF]))
    agrees(Row(name, (T(shape, data.draw(st.sampled_from(["float32", "float64"]))),), options))
