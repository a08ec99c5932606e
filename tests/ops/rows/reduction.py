"""Reductions, running sums and order."""

from __future__ import annotations

import math

import numpy as np

from nnbuild.ops.spec import ITEM_SIZES
from tests.ops.table import T, Table, call, ours

X, I, B, ONE, EMPTY = T((2, 3, 4)), T((2, 3), "int64"), T((2, 3), "bool"), T(()), T((0, 3))
HALF, DOUBLE = T((2, 3), "float16"), T((2, 3), "float64")
INF, NAN = math.inf, math.nan
WITH_DIMS = ["sum", "mean", "amax", "amin", "var", "std", "norm", "logsumexp"]

ROWS = [
    *(call(name, X, *args) for name in WITH_DIMS for args in [(0,), ((0, 2),), ([-1],)] if name != "norm"),
    *(call(name, X, **options) for name in WITH_DIMS for options in [{"dim": (1, -1), "keepdim": True}]),
    *(call(name, tensor) for name in WITH_DIMS[:-1] for tensor in (X, ONE, HALF, DOUBLE)),
    *(call(name, X, dim=()) for name in ("sum", "mean", "amax", "var", "norm")),
    call("sum", I), call("sum", B, 0), call("sum", T((2,), "uint8")), call("sum", X, dtype="float64"),
    call("sum", EMPTY, 0),
    call("sum", X, axis=1, keepdims=True), call("mean", I, dtype="float32"), call("mean", EMPTY),
    call("mean", EMPTY, 0),
    call("prod", X), call("prod", I, 1), call("prod", EMPTY, 0, True), call("prod", B), call("prod", ONE, 0),
    call("amax", EMPTY, 1), call("amin", I), call("amax", B, 0),
    call("all", B), call("any", B, 0), call("all", T((2, 3), "bool", [[True] * 3] * 2), 1),
    call("any", T((2, 3), "bool", [[False] * 3] * 2), 1), call("all", X, (0, 1)), call("any", EMPTY, 0, True),
    call("all", T((3,), "uint8")),
    call("all", T((3, 2), "uint8"), 1), call("count_nonzero", I), call("count_nonzero", X, 1),
    call("count_nonzero", B, (0, 1)),
    call("var", X, False), call("var", X, 0, False), call("var", X, 0, True, True), call("var", X, 1, correction=0),
    call("var", X, correction=2), call("std", T((1, 3)), 0), call("std", X, dim=(0, 2), unbiased=False),
    call("var", T((2,)), correction=3),
    *(call("norm", X, p) for p in (1, 2, 3, 0, INF, -INF, 0.5, -1, "fro")),
    *(call("norm", X, p, 1) for p in (1, 2, 3, 0, INF, -INF, "fro")),
    call("norm", X, 2, (0, 1), True), call("norm", X, dim=-1), call("norm", X, dtype="float64"),
    call("norm", EMPTY, 2, 0),
    call("norm", ONE, 2), call("norm", EMPTY, INF, 1),
    call("logsumexp", I, 0), call("logsumexp", T(values=[-INF, -INF]), 0), call("logsumexp", T(values=[INF, 1]), 0),
    call("logsumexp", T(values=[1000, 1000]), -1, True), call("logsumexp", EMPTY, 0), call("logsumexp", ONE, 0),
    *(call(name, X, *args) for name in ("var_mean", "std_mean") 
      for args in [(), (0,), ((0, 2), False), (1, True, True)]),
    *(call(name, DOUBLE, dim=-1, correction=0) for name in ("var_mean", "std_mean")), call("var_mean", X, False),
    call("cumsum", X, 0), call("cumsum", I, -1), call("cumsum", B, 1), call("cumsum", ONE, 0),
    call("cumsum", X, dim=1, dtype="float64"),
    call("cumprod", X, 2), call("cumprod", I, 0),
    call("max", X), call("min", I), call("max", X, 1), call("min", X, -1, True), call("max", B, 0), call("max", ONE, 0),
    call("max", EMPTY, 1), call("max", X, T((3, 1))), call("min", I, T((3,))), call("max", X, dim=2, keepdim=True),
    call("max", T(values=[[1, NAN, NAN], [3, 2, 3]]), 1), call("min", T(values=[[1, NAN, 0], [2, 2, 3]]), 1),
    call("argmax", X), call("argmax", X, 1), call("argmin", I, -1, True), call("argmax", X, None, True),
    call("argmax", ONE),
    call("argmin", HALF, 0), call("argmax", EMPTY, 1),
    call("sort", X), call("sort", X, 0, True), call("sort", ONE), call("sort", EMPTY, 0),
    call("sort", X, dim=1, descending=True),
    call("argsort", X), call("argsort", X, 1, True), call("argsort", I, stable=True),
    call("sort", T(values=[2, NAN, 1, INF])),
    call("sort", T(values=[2, NAN, 1, INF]), 0, True),
    call("sort", T(values=[1, 1, 0, 1]), descending=True, stable=True),
    call("topk", X, 2), call("topk", X, 2, 0), call("topk", X, 1, 1, False), call("topk", X, 0), call("topk", ONE, 1),
    call("topk", T(values=[3, 1, 2]), 3), call("kthvalue", X, 2), call("kthvalue", X, 1, 0, True),
    call("kthvalue", ONE, 1),
    call("median", X), call("median", X, 1), call("median", X, -1, True),
    call("median", T(values=[[1, NAN, 3], [3, 1, 2]]), 1),
    call("median", ONE), call("median", T((), "int64", [3, 1, 2, 4])), call("median", ONE, 0),
]  # fmt: skip

BY_HAND = [
    (call("sum", T((), "bool", [True, True])), 2),
    (call("mean", T(values=[[1, 2], [3, 6]]), 0), [2, 4]),
    (call("var", T(values=[1, 2, 3])), 1),
    (call("var", T(values=[1, 2, 3]), unbiased=False), np.float32(2 / 3)),
    (call("var", T(values=[1])), NAN),
    (call("var_mean", T(values=[1, 2, 3])), (1, 2)),
    (call("std_mean", T(values=[[1, 5], [3, 7]]), 1, False), ([2, 2], [3, 5])),
    (call("norm", T(values=[3, -4])), 5),
    (call("norm", T(values=[3, -4]), 1), 7),
    (call("norm", T(values=[3, -4]), INF), 4),
    (call("cumsum", T(values=[1, 2, 3]), 0), [1, 3, 6]),
    (call("cumprod", T(values=[1, 2, 3]), 0), [1, 2, 6]),
    (call("argmax", T(values=[1, 3, 3])), 1),
    (call("argmin", T(values=[[4, 1], [0, 2]]), 1), [1, 0]),
    (call("argsort", T(values=[2, 3, 2]), descending=True), [1, 0, 2]),
    (call("logsumexp", T(values=[1000, 1000]), 0), np.float32(1000 + math.log(2))),
    (call("count_nonzero", T(values=[0, 1, 2])), 2),
    (call("prod", T(values=[2, 3])), 6),
    (call("median", T(values=[4, 1, 3, 2])), 2),
]

PAIRS = [
    (call("max", T(values=[[1, 5], [7, 3]]), 1), [[5, 7], [1, 0]]),
    (call("min", T(values=[[1, 5], [7, 3]]), 0), [[1, 3], [0, 1]]),
    (call("topk", T(values=[1, 4, 2, 3]), 2), [[4, 3], [1, 3]]),
    (call("topk", T(values=[1, 4, 2, 3]), 2, largest=False), [[1, 2], [0, 2]]),
    (call("sort", T(values=[3, 1, 2])), [[1, 2, 3], [1, 2, 0]]),
    (call("kthvalue", T(values=[3, 1, 2]), 2), [2, 2]),
]

REFUSED = [
    (call("mean", I), "mean wants numbers with fractions and gets int64"),
    (call("var", I), "var wants numbers with fractions and gets int64"),
    (call("var_mean", I), "var_mean wants numbers with fractions and gets int64"),
    (call("norm", I), "norm wants numbers with fractions and gets int64"),
    (call("sum", X, 3), "sum wants dim from -3 to 2 and gets 3"),
    (call("sum", X, (0, 0)), "sum wants each dim once and gets (0, 0)"),
    (call("sum", ONE, 1), "sum wants dim from -1 to 0 and gets 1"),
    (call("prod", X, (0, 1)), "dim wants a whole number, not (0, 1)"),
    (call("amax", EMPTY, 0), "amax wants at least one element to reduce and gets (0, 3)"),
    (call("max", EMPTY), "max wants at least one element to reduce and gets (0, 3)"),
    (call("max", X, (0, 1)), "dim wants a whole number, not (0, 1)"),
    (call("argmax", EMPTY, 0), "argmax wants at least one element to reduce and gets (0, 3)"),
    (call("argmax", B), "argmax wants numbers and gets bools"),
    (call("norm", EMPTY, INF), "norm wants at least one element to reduce and gets (0, 3)"),
    (call("logsumexp", X, ()), "logsumexp wants at least one axis and gets none"),
    (call("cumsum", X, 3), "cumsum wants dim from -3 to 2 and gets 3"),
    (call("topk", X, 5), "topk wants k from 0 to the 4 of axis 2 and gets 5"),
    (call("topk", X, -1), "topk wants k from 0 to the 4 of axis 2 and gets -1"),
    (call("kthvalue", X, 0), "kthvalue wants k from 1 to the 4 of axis 2 and gets 0"),
    (call("var", X, 0, False, correction=1), "correction and unbiased say the same: give one of them"),
    (call("median", X, keepdim=True), "keepdim wants a dim beside it"),
    (ours(call("sum", X, dtype="int7")), f"dtype wants one of {', '.join(ITEM_SIZES)}, not 'int7'"),
]  # fmt: skip

TABLE = Table(ROWS, [*BY_HAND, *PAIRS], refused=REFUSED)
