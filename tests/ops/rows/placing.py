"""Elements put by index."""

from __future__ import annotations

from tests.ops.table import T, Table, call, ours

X, INDEX = T((3, 5)), T((2, 4), "int64", low=0, high=3)
COLUMN = T(values=[1.0, 2.0, 3.0], dtype="float32")

BY_HAND = [
    (call("scatter_reduce", COLUMN, 0, T(values=[0, 0, 2], dtype="int64"), T(values=[5.0, 7, 1], dtype="float32"),
          "sum"), [13, 2, 4]),
    (call("scatter_reduce", COLUMN, 0, T(values=[0, 0], dtype="int64"), T(values=[5.0, 7], dtype="float32"), "amin",
          include_self=False), [5, 2, 3]),
    (call("index_put", COLUMN, (T(values=[2, -3], dtype="int64"),), T(values=[9.0, 8], dtype="float32")), [8, 2, 9]),
    (call("index_put", COLUMN, (T(values=[1, 1], dtype="int64"),), T(values=[1.0, 1], dtype="float32"), True),
     [1, 4, 3]),
    (ours(call("index_put", COLUMN, (T(values=[1, 1], dtype="int64"),), T(values=[4.0, 5], dtype="float32"),
               reduce="prod")), [1, 40, 3]),
]  # fmt: skip

ROWS = [
    *(call("scatter_reduce", X, 0, INDEX, T((2, 4)), kind) for kind in ("sum", "prod", "amax", "amin")),
    call("scatter_reduce", X, 0, INDEX, T((2, 4)), "amax", include_self=False),
    call("index_put", X, (T((2,), "int64", low=0, high=3),), T((2, 5))),
    call("index_put", X, (T((2, 1), "int64", low=0, high=3), T((4,), "int64", low=0, high=5)), T((4,)), True),
]

REFUSED = [
    (ours(call("scatter_reduce", X, 0, INDEX, T((2, 4)), "add")),
     "reduce wants one of sum, prod, amax, amin, not 'add'"),
    (call("index_put", X, (T((2,), "int64"),), T((3,))),
     "index_put shapes (2, 5) and (3,) do not broadcast: sizes 5 and 3"),
    (call("index_put", X, (T((2,), "int64"),), T((5,), "float64")),
     "index_put wants input and values of one dtype and gets float32 and float64"),
    (ours(call("index_put", X, (), T((5,)))), "index_put wants from 1 to 2 indices and gets 0"),
    (ours(call("index_put", X, (T((2,), "int64"),), T((5,)), reduce="mean")),
     "reduce wants one of sum, prod, amax, amin, not 'mean'"),
]  # fmt: skip

TABLE = Table(ROWS, BY_HAND, refused=REFUSED, tolerance=1e-6)
