"""Reductions and order: any axis beside PyTorch, and what nobody needs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import ops
from nnbuild.errors import NnbuildError
from tests.ops.agreement import agrees, computed, inferred
from tests.ops.rows.reduction import PAIRS
from tests.ops.table import Row, T, call, ids


@pytest.mark.parametrize("row", [row for row, _ in PAIRS], ids=ids)
def test_values_and_indices_have_names(row: Row) -> None:
    values, indices = result = computed(row)
    assert result.values is values and result.indices is indices
    assert inferred(row).indices.dtype == "int64"


def test_refusals_of_what_torch_has_but_nobody_needs() -> None:
    spec = ops.TensorSpec((2, 3))
    with pytest.raises(NnbuildError, match="p wants a number or \"fro\", not 'nuc'"):
        ops.norm(spec, "nuc")
    with pytest.raises(NnbuildError, match="any wants at least one axis and gets none"):
        ops.any(spec, ())
    with pytest.raises(NnbuildError, match="topk wants k of 1 of a single number and gets 0"):
        ops.topk(ops.TensorSpec(()), 0)


def test_half_precision_is_summed_in_single() -> None:
    ones = np.ones(5000, np.float16)
    assert ops.sum(ones) == 5000
    assert ops.mean(ones, dtype="float16") == 1


DIM = st.integers(-3, 3)
SIZES = st.lists(st.integers(0, 4), max_size=3).map(tuple)
DTYPE = st.sampled_from(["float32", "float64", "int64", "int32", "uint8", "bool", "float16"])


@pytest.mark.torch
@pytest.mark.parametrize(
    "name", ["sum", "mean", "prod", "amax", "amin", "all", "any", "var", "std", "logsumexp", "count_nonzero"]
)
@settings(max_examples=15, deadline=None)
@given(sizes=SIZES, dtype=DTYPE, dim=DIM, keepdim=st.booleans())
def test_any_reduction_as_torch(name: str, sizes: tuple[int, ...], dtype: str, dim: int, keepdim: bool) -> None:
    options = {} if name == "count_nonzero" else {"keepdim": keepdim}
    agrees(call(name, T(sizes, dtype), dim=dim, **options))


@pytest.mark.torch
@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin", "sort", "cumsum", "cumprod", "median"])
@settings(max_examples=15, deadline=None)
@given(sizes=SIZES, dtype=st.sampled_from(["float32", "float64"]), dim=DIM)
def test_any_order_as_torch(name: str, sizes: tuple[int, ...], dtype: str, dim: int) -> None:
    agrees(call(name, T(sizes, dtype), dim=dim))
