"""Ops whose sizes only the data tells: they compute, and infer nothing."""

from __future__ import annotations

import numpy as np
import pytest

import nnbuild
from nnbuild import ops
from nnbuild.errors import DataError, ShapeError

X = np.array([[3, 0, 1], [0, 3, 1]])


def test_nonzero() -> None:
    assert ops.nonzero(X).tolist() == [[0, 0], [0, 2], [1, 1], [1, 2]]
    assert [place.tolist() for place in ops.nonzero(X, as_tuple=True)] == [[0, 0, 1, 1], [0, 2, 1, 2]]
    assert ops.nonzero(np.array(5)).shape == (1, 0)
    assert ops.nonzero(np.array(0)).shape == (0, 0)


def test_masked_select() -> None:
    assert ops.masked_select(X, X > 0).tolist() == [3, 1, 3, 1]
    assert ops.masked_select(X, np.array([True, False, False])).tolist() == [3, 0]
    with pytest.raises(ShapeError, match="wants a mask of bools and gets int64"):
        ops.masked_select(X, X)


def test_unique() -> None:
    assert ops.unique(X).tolist() == [0, 1, 3]
    values, first, inverse, counts = ops.unique(X, False, True, True, return_index=True)
    assert values.tolist() == [3, 0, 1]
    assert first.tolist() == [0, 1, 2]
    assert inverse.tolist() == [[0, 1, 2], [1, 0, 2]]
    assert counts.tolist() == [2, 2, 2]
    assert ops.unique(np.array([[1, 2], [1, 2]]), dim=0).tolist() == [[1, 2]]


def test_nms() -> None:
    boxes = np.array([[0.0, 0, 2, 2], [0, 0, 2, 1.9], [3, 3, 4, 4]])
    assert ops.nms(boxes, np.array([0.5, 0.9, 0.1]), 0.5).tolist() == [1, 2]
    assert ops.nms(boxes, np.array([0.5, 0.9, 0.1]), 0.99).tolist() == [1, 0, 2]
    with pytest.raises(ShapeError, match=r"wants boxes \(K, 4\) and scores \(K\) and gets \(3, 4\) and \(2,\)"):
        ops.nms(boxes, np.array([0.5, 0.9]), 0.5)


@pytest.mark.parametrize("op", [op for name in ops.OPS if getattr(op := getattr(ops, name), "sized_by_data", False)])
def test_sizes_are_not_inferred(op: ops.Op) -> None:
    x = nnbuild.TensorSpec((4, 4))
    given = {"nms": (x, nnbuild.TensorSpec((4,)), 0.5), "masked_select": (x, x)}.get(op.name, (x,))
    with pytest.raises(DataError, match=f"{op.name} gives as many elements as the data says"):
        op(*given)
