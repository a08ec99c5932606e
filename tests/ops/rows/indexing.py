"""Indexing."""

from __future__ import annotations

import math

import numpy as np

from tests.ops.table import T, Table, call, ours

X, SQUARE, ONE = T((2, 3, 4)), T((3, 3)), T(())
I0, I1, I2 = T((), "int64", 1), T((), "int64", [1, 0, -1]), T((), "int64", [[0, 1], [1, -1]])
AT = slice(None)
PLACES = T((2, 3), "int64", low=0, high=2)

ROWS = [
    *(call("getitem", X, index) for index in [
        0, -1, AT, slice(1), slice(-2, None), slice(0, 9, 2), slice(3, 1), None, ..., (), (0, 1, 2), (..., 0), (0, ...),
        (AT, None), (None, ..., None), (AT, -1), (AT, slice(1, None), 0), (..., slice(None, None, 3)), (AT, ..., 1),
        [0, 1, 1], (AT, [[0], [1]]), ([[0], [1]],),
        (AT, [2, 0]), (AT, AT, [0, 1]), ([0, 1], [1, 2]), (0, AT, [0, 1]), (AT, 0, [0, 1]), ([0, 1], AT, [1, 2]),
        ([0, 1], None, [1, 2]), (AT, [[0], [1]], [2, 3]), (None, [0, 1]), ([0], AT, 1), I0, I1, I2, (AT, I1),
        (AT, I1, None), (0, AT, I1), (I0, AT, I1),
        (I1, ..., I1), (AT, I2, 1), (slice(0, 1), I1, slice(1, 3)),
    ]),
    call("getitem", ONE, ()), call("getitem", ONE, None), call("getitem", ONE, ...),
    call("getitem", T((0, 3)), (AT, 0)),
    call("getitem", X, (AT, T((0,), "int64"))), call("getitem", X, T((2,), "int32", [0, 1])),
    call("gather", X, 1, T((2, 2, 4), "int64", low=0, high=3)),
    call("gather", X, -1, T((1, 3, 9), "int64", low=0, high=4)),
    call("gather", X, 0, T((2, 0, 4), "int64")), call("gather", ONE, 0, T((), "int64", 0)),
    call("gather", T((3,)), 0, T((), "int64", [2, 0])),
    call("index_select", X, 1, T((), "int64", [2, 2, 0])), call("index_select", X, -1, T((), "int32", [3])),
    call("index_select", X, 0, I0),
    call("take_along_dim", X, T((1, 2, 4), "int64", low=0, high=3), 1),
    call("take_along_dim", X, T((), "int64", [[5, 0]])),
    call("scatter", T((3, 4)), 1, T((3, 2), "int64", low=0, high=1), 2.0),
    call("scatter", T((3, 4)), 0, T((1, 4), "int64", [[0, 1, 2, 0]]), T((3, 4))),
    call("scatter", T((3, 4)), 0, T((1, 2), "int64", [[0, 2]]), value=1.5),
    call("scatter", T((3,), "int64"), 0, T((), "int64", [2]), 7),
    call("scatter", T((3, 4)), 0, T((2, 4), "int64", [[0, 1, 2, 0], [0, 1, 0, 2]]), T((3, 4)), reduce="add"),
    call("scatter", T((3, 4)), 1, T((3, 2), "int64", low=0, high=1), 2.0, reduce="multiply"),
    call("scatter_add", T((3, 4)), 0, T((2, 4), "int64", low=0, high=3), T((2, 4))),
    call("scatter_add", T((3,)), 0, T((), "int64", [1, 1, 1]), T((3,))),
    call("masked_fill", X, T((3, 1), "bool"), -math.inf),
    call("masked_fill", T((2, 3), "int64"), T((2, 3), "bool"), 5), call("masked_fill", ONE, T((2,), "bool"), 0),
    call("masked_fill", X, T((2, 3, 4), "bool"), ONE),
    call("masked_fill", T((2,), "int32"), T((2,), "bool"), 1.7),
    call("masked_fill", T((3,), "bool"), T((3,), "bool"), True),
    call("tril", SQUARE), call("tril", X, -1), call("tril", X, 2), call("triu", SQUARE, 1),
    call("triu", X, diagonal=-1), call("triu", T((3, 2), "bool")), call("tril", T((0, 3))),
]  # fmt: skip

BY_HAND = [
    (call("getitem", T(values=[[1, 2], [3, 4]]), (AT, 0)), [1, 3]),
    (call("getitem", T(values=[1, 2, 3]), [2, 0]), [3, 1]),
    (call("getitem", T(values=[1, 2, 3]), np.array([True, False, True])), [1, 3]),
    (call("getitem", T(values=[1, 2, 3]), [True, False, True]), [1, 3]),
    (call("getitem", T(values=[[1, 2], [3, 4]]), np.array([[True, False], [True, False]])), [1, 3]),
    (call("getitem", T(values=[[1, 2], [3, 4]]), (AT, np.array([False, True]))), [[2], [4]]),
    (call("gather", T(values=[[1, 2], [3, 4]]), 1, T((), "int64", [[1], [0]])), [[2], [3]]),
    (call("index_select", T(values=[[1, 2], [3, 4]]), 1, T((), "int64", [1])), [[2], [4]]),
    (call("scatter", T(values=[0, 0]), 0, T((), "int64", [1]), 9.0), [0, 9]),
    (call("scatter_add", T(values=[0, 0]), 0, T((), "int64", [1, 1]), T(values=[2, 3])), [0, 5]),
    (call("masked_fill", T(values=[1, 2]), T((), "bool", [True, False]), 0), [0, 2]),
    (call("tril", T(values=[[1, 2], [3, 4]])), [[1, 0], [3, 4]]),
    (call("triu", T(values=[[1, 2], [3, 4]]), 1), [[0, 2], [0, 0]]),
    (call("one_hot", T((), "int64", [1, 0]), 3), [[0, 1, 0], [1, 0, 0]]),
]

REFUSED = [
    (call("getitem", X, 2), "getitem wants an index from -2 to 1 and gets 2"),
    (call("getitem", X, (0, 0, 0, 0)), "getitem wants at most 3 indices and one '...' and gets 4"),
    (call("getitem", X, slice(None, None, -1)), "getitem wants a step of at least 1 and gets -1"),
    (call("getitem", X, "a"), "an index must be an int, a slice, None, ..., a list or a tensor, not 'a'"),
    (call("getitem", X, T((2,))), "getitem wants indices of whole numbers and gets float32"),
    (call("getitem", X, ([0, 1], [0, 1, 2])), "getitem shapes (2,) and (3,) do not broadcast: sizes 2 and 3"),
    (call("getitem", X, ([[0], [0, 1]],)), "getitem wants lists of one length and gets (1,) and (2,)"),
    (call("gather", X, 1, T((2, 3), "int64")),
     "gather wants an index of as many axes as the input (2, 3, 4) and gets (2, 3)"),
    (call("gather", X, 1, T((3, 1, 1), "int64")),
     "gather wants an index of at most 2 in axis 0 of the input and gets 3"),
    (call("gather", SQUARE, 1, T((2, 3))), "gather wants an index of int64 and gets float32"),
    (call("index_select", X, 1, PLACES), "index_select wants an index of one axis and gets (2, 3)"),
    (call("take_along_dim", X, PLACES, 1),
     "take_along_dim wants indices of as many axes as the input (2, 3, 4) and gets (2, 3)"),
    (call("scatter", SQUARE, 0, PLACES, 1.0, reduce="max"), 'reduce wants "add" or "multiply", not \'max\''),
    (call("scatter", SQUARE, 0, PLACES), "src or value must say what to put"),
    (call("scatter", SQUARE, 0, PLACES, T((1, 3))),
     "scatter wants an index of at most 1 in axis 0 of the src and gets 2"),
    (call("scatter", SQUARE, 0, PLACES, T((2, 3), "float64")),
     "scatter wants input and src of one dtype and gets float32 and float64"),
    (call("masked_fill", X, X, 0), "masked_fill wants a mask of bools and gets float32"),
    (call("masked_fill", X, T((4,), "bool"), T((4,))), "masked_fill wants one value and gets a tensor (4,)"),
    (call("masked_fill", T((2,), "int64"), T((2,), "bool"), math.inf),
     "masked_fill cannot put inf into a tensor of int64"),
    (call("tril", T((3,))), "tril wants a tensor of at least 2 axes and gets (3,)"),
    (ours(call("one_hot", T((2,)), 3)), "one_hot wants whole numbers of int64 and gets float32"),
]  # fmt: skip

BEYOND = [
    (call("getitem", X, [0, 5]), "getitem takes what is not there: index 5 is out of bounds for axis 0 with size 2"),
    (call("gather", T((3,)), 0, T((), "int64", [3])), "gather wants indices from 0 to 2 and gets 3"),
    (call("gather", T((3,)), 0, T((), "int64", [-1])), "gather wants indices from 0 to 2 and gets -1"),
    (call("index_select", X, 0, T((), "int64", [2])), "index_select wants indices from 0 to 1 and gets 2"),
    (call("one_hot", T((), "int64", [3]), 3), "one_hot wants indices from 0 to 2 and gets 3"),
]

TABLE = Table(ROWS, BY_HAND, refused=REFUSED, refused_by_data=BEYOND)
