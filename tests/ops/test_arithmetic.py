"""Arithmetic, mathematics and limits: any dtypes and numbers beside PyTorch, operators, and what the data refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import nn, ops
from nnbuild.errors import NnbuildError
from nnbuild.ops.spec import ITEM_SIZES
from tests.ops.agreement import agrees, computed, inferred
from tests.ops.rows.arithmetic import BINARY, INF, NAN, UNARY, WITH_NUMBERS
from tests.ops.table import T, call

DTYPES = [name for name in ITEM_SIZES if name not in ("uint16", "uint32", "uint64")]  # of which torch has little
ALIASES = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "negative": "neg", "absolute": "abs",
    "clip": "clamp",
}  # fmt: skip

RESULTS = [
    (("float32", 2.5), "float32"), (("int64", 2.5), "float32"), (("int64", 2), "int64"), (("bool", 1), "int64"),
    (("float16", 2.5), "float16"), (("float64", 1), "float64"), (("uint8", "int8"), "int16"), (("int64", "float16"),
     "float16"),
]  # fmt: skip


@pytest.mark.parametrize(("operands", "dtype"), RESULTS, ids=str)
def test_result_dtypes(operands: tuple[Any, Any], dtype: str) -> None:
    first, second = (T((2,), operand) if isinstance(operand, str) else operand for operand in operands)
    assert inferred(call("add", first, second)).dtype == dtype
    assert inferred(call("mul", second, first)).dtype == dtype


@pytest.mark.parametrize("name", ["floor_divide", "remainder", "fmod"])
def test_whole_numbers_are_not_divided_by_zero(name: str) -> None:
    with pytest.raises(NnbuildError, match=f"{name} cannot divide whole numbers by zero"):
        computed(call(name, T((), "int64", [1, 2]), T((), "int64", [1, 0])))


def test_where_with_one_argument_depends_on_data() -> None:
    with pytest.raises(NnbuildError, match="as many as the data says"):
        ops.where(np.array([True]))


def test_a_number_that_the_dtype_does_not_hold() -> None:
    with pytest.raises(NnbuildError, match=r"clamp is given a number that the dtype does not hold: .*300"):
        ops.clamp(np.zeros(2, np.uint8), max=300)


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_aliases_are_the_same_op(alias: str, name: str) -> None:
    assert getattr(ops, alias).name == alias
    assert getattr(ops, alias).__doc__


def test_operators_of_specs_are_the_ops() -> None:
    x, whole = ops.TensorSpec((2, 3)), ops.TensorSpec((2, 3), "int64")
    array = np.zeros((4, 1, 3), np.float64)
    for result in (x + 1, 1 - x, 2 * x, 1 / x, x // 2, x % 2, x**2, 2**x, -x, abs(x)):
        assert (result.shape, result.dtype) == ((2, 3), "float32")
    assert (array + x).shape == (4, 2, 3)
    assert (array - x).dtype == "float64"
    assert (x > 1).dtype == "bool"
    assert (~(x > 1) & (whole == whole)).dtype == "bool"
    assert (whole / 2).dtype == "float32"


@pytest.mark.torch
@pytest.mark.parametrize("name", BINARY)
def test_every_pair_of_dtypes_as_torch(name: str) -> None:
    dtypes = DTYPES if name in ("add", "eq") else ["bool", "uint8", "int64", "float16", "float64"]
    for first in dtypes:
        for second in dtypes:
            agrees(call(name, T((2, 3), first), T((3,), second, low=1)))
            if (first, second[:7]) != ("float16", "complex"):  # torch gives complex32
                agrees(call(name, T((2,), first), T((), second, low=1, values=1)))
        if name in WITH_NUMBERS:
            for number in (2, 2.5, True):
                agrees(call(name, T((2, 3), first), number))


@pytest.mark.torch
@pytest.mark.parametrize("name", UNARY)
def test_every_dtype_as_torch(name: str) -> None:
    for dtype in DTYPES:
        for shape in ((5, 3), (), (0, 2)):
            agrees(call(name, T(shape, dtype)))


NUMBERS = st.floats(-100, 100, width=32) | st.sampled_from([INF, -INF, NAN, 0.0, -0.0])


@pytest.mark.torch
@pytest.mark.parametrize("name", [name for name in BINARY if not name.startswith("bitwise")])
@settings(max_examples=8, deadline=None)
@given(
    pairs=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=4), dtype=st.sampled_from(["float32", "float64"])
)
def test_any_numbers_as_torch(name: str, pairs: list[tuple[float, float]], dtype: str) -> None:
    first, second = zip(*pairs, strict=True)
    agrees(call(name, T((), dtype, first), T((), dtype, second)))


@pytest.mark.torch
@settings(max_examples=8, deadline=None)
@given(numbers=st.lists(NUMBERS, min_size=1, max_size=4), dtype=st.sampled_from(["float32", "float64"]))
def test_any_function_as_torch(numbers: list[float], dtype: str) -> None:
    for name in UNARY:
        agrees(call(name, T((), dtype, numbers)))


def test_parameters_are_operands() -> None:
    weight = nn.Linear(3, 2).weight
    array = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(weight * 2, ops.mul(weight.data, 2))
    np.testing.assert_array_equal(ops.cat([weight, array]), np.concatenate([weight.data, array]))
    np.testing.assert_array_equal(array - weight, ops.sub(array, weight))
    assert weight[0].shape == (3,)
    assert ops.view(weight, -1).shape == (6,)
