"""Diagonals."""

from __future__ import annotations

from tests.ops.table import T, Table, call

X = T((2, 3, 4))

ROWS = [
    call("diagonal", X), call("diagonal", X, 1), call("diagonal", X, -1), call("diagonal", X, 9),
    call("diagonal", X, 0, 1, 2), call("diagonal", X, 2, -1, 0), call("diagonal", T((3, 3)), offset=-2),
    call("diagonal", T((0, 3))),
]  # fmt: skip

BY_HAND = [(call("diagonal", T(values=[[1, 2, 3], [4, 5, 6]]), 1), [2, 6])]

REFUSED = [
    (call("diagonal", X, 0, 1, 1), "diagonal wants two axes and gets 1 and 1 of (2, 3, 4)"),
    (call("diagonal", X, 0, 0, 3), "diagonal wants dim2 from -3 to 2 and gets 3"),
    (call("diagonal", T((3,))), "diagonal wants dim2 from -1 to 0 and gets 1"),
]

TABLE = Table(ROWS, BY_HAND, refused=REFUSED)
