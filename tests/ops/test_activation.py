"""Activations, softmax and its relatives: in place, at the extremes, and any axis beside PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import ops
from nnbuild.ops.special import erf
from tests.ops.agreement import agrees
from tests.ops.rows.activation import CALLS, ELEMENTWISE, INF, NAN, X
from tests.ops.table import Row, T, ids

EXTREMES = [0.0, -0.0, 1e-30, -1e-30, 0.5, -0.5, 3.0, -3.0, 6.0, -20.0, 20.5, 88.0, -88.0, 1e4, -1e4, INF, -INF, NAN]


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
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin", "glu", "normalize"])
@settings(max_examples=15, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_axis_as_torch(name: str, data: Any) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    options = {"dim": data.draw(st.integers(-4, 4))}
    if name == "normalize":
        options["p"] = data.draw(st.sampled_from([0.5, 1, 2.0, 3, INF]))
    agrees(Row(name, (T(shape, data.draw(st.sampled_from(["float32", "float64"]))),), options))
