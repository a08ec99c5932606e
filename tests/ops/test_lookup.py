"""Lookup tables, similarity and distance: by hand, beside PyTorch, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import ops
from nnbuild.errors import NnbuildError
from tests.ops.rows import Row, T, agrees, call, computed, holds_shape_law, ids, inferred

TABLE = T(values=[[1, 2], [3, 4], [5, 6]])
BIG = T((6, 3))
AT = T((2, 3), "int64", low=0, high=6)
FLAT = T((7,), "int64", low=0, high=6)


def indices(*values: Any) -> T:
    return T(dtype="int64", values=list(values))


BY_HAND = [
    (call("embedding", indices(2, 0), TABLE), [[5, 6], [1, 2]]),
    (call("embedding_bag", indices([0, 2]), TABLE), [[3, 4]]),
    (call("embedding_bag", indices([0, 2]), TABLE, mode="sum", padding_idx=0), [[5, 6]]),
    (call("embedding_bag", indices(0, 1, 2), TABLE, indices(0, 0, 2), mode="max"), [[0, 0], [3, 4], [5, 6]]),
    (call("embedding_bag", indices([0, 1]), TABLE, mode="sum", per_sample_weights=T(values=[[2, -1]])), [[-1, 0]]),
    (call("cosine_similarity", T(values=[[3, 4]]), T(values=[[4, 3]])), [0.96]),
    (call("pairwise_distance", T(values=[[3, 4]]), T(values=[[0, 0]]), eps=0.0), [5]),
]

REFUSED = [
    (call("embedding", T((2,)), TABLE), "embedding wants indices of int64 or int32 and gets float32"),
    (call("embedding", indices(1), T((3,))),
     "embedding wants a weight of 2 axes (num_embeddings, embedding_dim) and gets (3,)"),
    (call("embedding", indices(1), TABLE, 3), "padding_idx must lie between -3 and 2, not 3"),
    (call("embedding_bag", indices([0, 1]), TABLE, mode="min"), "mode is 'sum', 'mean' or 'max', not 'min'"),
    (call("embedding_bag", T((1, 1, 1), "int64", low=0), TABLE),
     "embedding_bag wants indices of 1 or 2 axes and gets (1, 1, 1)"),
    (call("embedding_bag", indices(0, 1), TABLE),
     "embedding_bag wants offsets with indices of 1 axis: where each bag begins"),
    (call("embedding_bag", indices([0, 1]), TABLE, indices(0)),
     "embedding_bag takes offsets only with indices of 1 axis: a row of 2-d indices is a bag"),
    (call("embedding_bag", indices(0, 1), TABLE, indices([0])),
     "embedding_bag wants offsets of 1 axis in int64 and gets TensorSpec((1, 1), int64)"),
    (call("embedding_bag", indices(0, 1), TABLE, T((0,), "int64"), include_last_offset=True),
     "embedding_bag wants at least one offset with include_last_offset and gets none"),
    (call("embedding_bag", indices([0, 1]), TABLE, per_sample_weights=T((1, 2))),
     "per_sample_weights are for mode='sum', not for 'mean'"),
    (call("embedding_bag", indices([0, 1]), TABLE, mode="sum", per_sample_weights=T((2,))),
     "embedding_bag wants per_sample_weights of (1, 2) in float32 and gets TensorSpec((2,), float32)"),
    (call("cosine_similarity", T((2, 3)), T((2, 4))),
     "cosine_similarity shapes (2, 3) and (2, 4) do not broadcast: sizes 3 and 4"),
    (call("cosine_similarity", T((2, 3)), T((2, 3)), 2), "cosine_similarity wants dim from -2 to 1 and gets 2"),
    (call("cosine_similarity", T((2, 3), "int64"), T((2, 3), "int64")),
     "cosine_similarity wants numbers with fractions and gets int64"),
]  # fmt: skip

BY_DATA = [
    (call("embedding", indices(1, 3), TABLE), "embedding wants indices from 0 to 2 and gets 3"),
    (call("embedding", indices(-1), TABLE), "embedding wants indices from 0 to 2 and gets -1"),
    (call("embedding_bag", indices(0, 1), TABLE, indices(1)),
     "embedding_bag wants offsets that begin with 0 and gets 1"),
    (call("embedding_bag", indices(0, 1), TABLE, indices(0, 3)),
     "embedding_bag wants rising offsets up to 2 and gets [0, 3]"),
    (call("embedding_bag", indices(0, 1), TABLE, indices(0, 1), include_last_offset=True),
     "embedding_bag wants 2, the number of indices, as the last offset and gets 1"),
]  # fmt: skip

ROWS = [
    call("embedding", AT, BIG), call("embedding", T((), "int32", values=1), BIG),
    call("embedding", T((0, 2), "int64"), BIG, -1),
    *(call("embedding_bag", AT, BIG, mode=mode, padding_idx=padding) for mode in ("sum", "mean", "max")
      for padding in (None, 2, -1)),
    *(call("embedding_bag", FLAT, BIG, indices(0, 2, 2, 7), mode=mode) for mode in ("sum", "mean", "max")),
    call("embedding_bag", FLAT, BIG, indices(0, 2, 7), include_last_offset=True),
    call("embedding_bag", FLAT, BIG, indices(0, 3), mode="sum", per_sample_weights=T((7,))),
    call("embedding_bag", T((0, 3), "int64"), BIG),
    call("embedding_bag", T((0,), "int64"), BIG, indices(0, 0)),
    call("cosine_similarity", T((2, 3, 4)), T((2, 3, 4))), call("cosine_similarity", T((2, 1, 4)), T((3, 1)), -1, 0.5),
    call("cosine_similarity", T((3,), "float64"), T((3,), "float64"), 0),
    call("cosine_similarity", T(values=[[0, 0]]), T(values=[[1, 0]])),
    call("pairwise_distance", T((2, 3)), T((2, 3), "float64")),
    call("pairwise_distance", T((2, 3)), T((1, 3)), 1.5, 0.1, True),
    call("pairwise_distance", T((3,)), T((3,)), float("inf")), call("pairwise_distance", T((0, 3)), T((0, 3))),
]  # fmt: skip


@pytest.mark.parametrize(("row", "expected"), BY_HAND, ids=ids)
def test_values_by_hand(row: Row, expected: list[Any]) -> None:
    holds_shape_law(row)
    np.testing.assert_allclose(computed(row), expected, rtol=1e-6)


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_shape_rule_is_the_computed_shape(row: Row) -> None:
    holds_shape_law(row)


@pytest.mark.parametrize(("row", "message"), REFUSED, ids=ids)
def test_refusals_say_why(row: Row, message: str) -> None:
    for way in (computed, inferred):
        with pytest.raises(NnbuildError) as caught:
            way(row)
        assert caught.value.message == message


@pytest.mark.parametrize(("row", "message"), BY_DATA, ids=ids)
def test_refusals_that_only_data_bring(row: Row, message: str) -> None:
    with pytest.raises(NnbuildError) as caught:
        computed(row)
    assert caught.value.message == message


def test_long_rows_are_scaled_down_in_the_table() -> None:
    table = np.array([[3.0, 4.0], [0.3, 0.4]])
    assert np.allclose(ops.embedding(np.array([0, 1]), table, max_norm=1.0), [[0.6, 0.8], [0.3, 0.4]])
    assert np.allclose(table, [[0.6, 0.8], [0.3, 0.4]])


@pytest.mark.torch
@pytest.mark.parametrize("row", ROWS + [row for row, _ in BY_HAND], ids=ids)
def test_as_torch(row: Row) -> None:
    assert agrees(row)


@pytest.mark.torch
@pytest.mark.parametrize("row", [row for row, _ in REFUSED], ids=ids)
def test_torch_refuses_too(row: Row) -> None:
    assert not agrees(row)


@pytest.mark.torch
@settings(max_examples=30, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_bags_as_torch(data: Any) -> None:
    torch: Any = pytest.importorskip("torch")
    count = data.draw(st.integers(1, 8))
    rows = np.array(data.draw(st.lists(st.integers(0, 5), min_size=count, max_size=count)))
    offsets = np.array([0, *sorted(data.draw(st.lists(st.integers(0, count), max_size=4)))])
    mode = data.draw(st.sampled_from(["sum", "mean", "max"]))
    options = {"mode": mode, "padding_idx": data.draw(st.none() | st.integers(-6, 5))}
    options["max_norm"] = data.draw(st.sampled_from([None, 1.0]))
    own, theirs = BIG.array(), torch.from_numpy(BIG.array())
    expected = torch.nn.functional.embedding_bag(torch.from_numpy(rows), theirs, torch.from_numpy(offsets), **options)
    np.testing.assert_allclose(ops.embedding_bag(rows, own, offsets, **options), expected.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(own, theirs.numpy(), rtol=1e-6)
