"""Indexing: any index beside PyTorch, and what may mean two things."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import ops
from nnbuild.errors import NnbuildError
from tests.ops.agreement import agrees
from tests.ops.table import T, call


def test_a_mask_that_is_not_known_leaves_no_size() -> None:
    x = ops.TensorSpec((3,))
    with pytest.raises(
        NnbuildError, match="getitem is given a mask of bool: the size of what it picks depends on the data"
    ):
        x[x > 0]
    assert x[np.array([True, False, True])].shape == (2,)


def test_indices_that_may_mean_two_things() -> None:
    with pytest.raises(NnbuildError, match="may mean two things"):
        ops.getitem(np.zeros((3, 3)), [[0], [1]])
    with pytest.raises(NnbuildError, match=r"getitem wants at most 3 indices and one '...' and gets 0"):
        ops.getitem(ops.TensorSpec((2, 3, 4)), (..., ...))


def test_an_index_is_no_bool() -> None:
    with pytest.raises(NnbuildError, match="an index must be an int, a slice"):
        ops.getitem(np.zeros(3), True)


def test_one_hot_needs_the_number_of_classes() -> None:
    with pytest.raises(NnbuildError, match="without it the output's size depends on data"):
        ops.one_hot(np.array([1, 2]))


PART = st.one_of(
    st.integers(-3, 2),
    st.builds(slice, st.none() | st.integers(-4, 4), st.none() | st.integers(-4, 4), st.none() | st.integers(1, 2)),
    st.none(),
    st.just(...),
    st.lists(st.integers(-2, 1), min_size=2, max_size=2),
    st.just(T((), "int64", [[0], [1]])),
    st.just(T((), "int64", 1)),
)
INDEX = st.lists(PART, max_size=4).filter(lambda parts: sum(part is ... for part in parts) < 2).map(tuple)


@pytest.mark.torch
@settings(max_examples=150, deadline=None)
@given(sizes=st.lists(st.integers(2, 3), max_size=4).map(tuple), index=INDEX)
def test_any_index_as_torch(sizes: tuple[int, ...], index: tuple[Any, ...]) -> None:
    agrees(call("getitem", T(sizes), index))
