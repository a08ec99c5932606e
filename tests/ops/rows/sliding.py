"""Overlapping pieces of one axis. PyTorch has them as the method `unfold` alone: see tests/ops/test_sliding.py."""

from __future__ import annotations

from tests.ops.table import T, Table, call, ours

X = T((2, 7, 3))

PIECES = [
    call("tensor_unfold", X, 1, 3, 2), call("tensor_unfold", X, -1, 2, 1), call("tensor_unfold", X, 1, 7, 3),
    call("tensor_unfold", X, 1, 2, 4), call("tensor_unfold", X, dimension=0, size=1, step=1),
    call("tensor_unfold", T((0, 4), "int64"), 1, 3, 1),
]  # fmt: skip

BY_HAND = [(ours(call("tensor_unfold", T(values=[1, 2, 3, 4, 5]), 0, 3, 2)), [[1, 2, 3], [3, 4, 5]])]

REFUSED = [
    (ours(call("tensor_unfold", X, 1, 8, 1)), "tensor_unfold wants a size from 1 to the 7 of axis 1 and gets 8"),
    (ours(call("tensor_unfold", X, 1, 2, 0)), "step must be at least 1, not 0"),
    (ours(call("tensor_unfold", X, 3, 2, 1)), "tensor_unfold wants dimension from -3 to 2 and gets 3"),
]

TABLE = Table([ours(row) for row in PIECES], BY_HAND, refused=REFUSED)
