"""Lookup tables: long rows are scaled down, and any bags beside PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import ops
from tests.ops.rows.lookup import BIG


def test_long_rows_are_scaled_down_in_the_table() -> None:
    table = np.array([[3.0, 4.0], [0.3, 0.4]])
    assert np.allclose(ops.embedding(np.array([0, 1]), table, max_norm=1.0), [[0.6, 0.8], [0.3, 0.4]])
    assert np.allclose(table, [[0.6, 0.8], [0.3, 0.4]])


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
