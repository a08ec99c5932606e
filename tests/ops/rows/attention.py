"""Attention and the bilinear map."""

from __future__ import annotations

from tests.ops.table import T, Table, call

ATTENTION = "scaled_dot_product_attention"
QUERY, KEY, VALUE = T((2, 2, 3, 4)), T((2, 2, 5, 4), low=-1, high=1), T((2, 2, 5, 6))

ROWS = [
    call(ATTENTION, QUERY, KEY, VALUE), call(ATTENTION, QUERY, KEY, VALUE, is_causal=True),
    call(ATTENTION, QUERY, KEY, VALUE, T((3, 5))), call(ATTENTION, T((3, 4)), T((5, 4)), T((5, 4)), scale=0.3),
    call(ATTENTION, T((2, 4, 3, 4)), KEY, VALUE, enable_gqa=True),
    call("bilinear", T((4, 3)), T((4, 2)), T((5, 3, 2)), T((5,))), call("bilinear", T((3,)), T((2,)), T((5, 3, 2))),
]  # fmt: skip

BY_HAND = [
    (call(ATTENTION, T(values=[[0, 0]]), T(values=[[1, 2], [3, 4]]), T(values=[[2, 4], [6, 8]])), [[4, 6]]),
    (call("bilinear", T(values=[[2, 3]]), T(values=[[5]]), T(values=[[[1], [1]], [[0], [-1]]])), [[25, -15]]),
]

MACS = [(call("bilinear", T((4, 3)), T((4, 2)), T((5, 3, 2))), 4 * 5 * 3 * 2)]

TABLE = Table(ROWS, BY_HAND, MACS)
