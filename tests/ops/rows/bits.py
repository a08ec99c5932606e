"""Bits."""

from __future__ import annotations

from tests.ops.table import T, Table, call, ours

WHOLE, SHIFTS = T((2, 3), "int64", low=0, high=9), T((3,), "int64", low=0, high=5)

BY_HAND = [
    (call("bitwise_left_shift", T(values=[1, 2, 3], dtype="int64"), T(values=[1, 2, 3], dtype="int64")), [2, 8, 24]),
    (call("bitwise_right_shift", T(values=[16, -4, 7], dtype="int64"), T(values=[1, 1, 2], dtype="int64")), [8, -2, 1]),
    (ours(call("bitcast", T(values=[1.0, -2.0], dtype="float32"), "int32")), [0x3F800000, -0x40000000]),
    (ours(call("bitcast", T(values=[-1], dtype="int64"), "uint64")), [2**64 - 1]),
]

ROWS = [
    call("bitwise_left_shift", WHOLE, SHIFTS),
    call("bitwise_right_shift", WHOLE, 2),
    ours(call("bitcast", T((2, 3), "float16"), "int16")),
]

REFUSED = [
    (call("bitwise_left_shift", T((2,)), 1), "bitwise_left_shift wants whole numbers and gets float32"),
    (ours(call("bitcast", T((2,)), "int64")),
     "bitcast wants a dtype of 4 bytes, as float32 has, and gets int64"),
]  # fmt: skip

TABLE = Table(ROWS, BY_HAND, refused=REFUSED)
