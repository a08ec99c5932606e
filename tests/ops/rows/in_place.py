"""Ops that write into their first argument."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnbuild import ops
from tests.ops.table import Row, T, Table, call

X, Y = T(values=[[0.1, 0.4, 0.9], [0.6, 0.3, 0.8]]), T(values=[[0.5, 0.4, 0.2], [0.6, 0.7, 0.1]])
I, J = T(dtype="int64", values=[[1, 4, 9], [6, 3, 8]]), T(dtype="int64", values=[[5, 4, 2], [6, 7, 1]])
PICKED = T(dtype="int64", values=[[0, 1]])
BINARY = [
    "add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "floor_divide", "remainder", "fmod",
    "pow", "eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor",
]  # fmt: skip
ARGS: dict[str, tuple[Any, ...]] = {
    **{f"{name}_": (Y,) for name in BINARY},
    "clamp_": (0.2, 0.5), "clip_": (0.2, 0.5), "clamp_min_": (0.4,), "clamp_max_": (0.4,), "lerp_": (Y, 0.25),
    "addcmul_": (Y, Y), "addcdiv_": (Y, Y), "cumsum_": (1,), "cumprod_": (0,), "fill_": (2,), "copy_": (T((3,)),),
    "scatter_": (1, PICKED, Y), "scatter_add_": (0, PICKED, Y), "threshold_": (0.5, 7.0),
    "masked_fill_": (T((2, 3), "bool"), -1.0), "addmm_": (T((2, 2)), T((2, 3))), "atan2_": (Y,),
    "baddbmm_": (T((2, 3, 2)), T((2, 2, 3))),
}  # fmt: skip
TARGETS = {"baddbmm_": T((2, 3, 3))}


def row(name: str) -> Row:
    if name.startswith("bitwise"):
        return call(name, I) if name == "bitwise_not_" else call(name, I, J)
    return call(name, TARGETS.get(name, X), *ARGS.get(name, ()))


#: One for every op of the family.
IN_PLACE = [row(name) for name, family in ops.OPS.items() if family == "in_place"]
ALL = slice(None)
ITEMS = [
    call("setitem", X, 0, 1.5), call("setitem", X, (ALL, slice(0, None, 2)), T((2, 2))),
    call("setitem", X, (..., -1), T((2,))), call("setitem", X, T(dtype="int64", values=[1, 0]), T((2, 3))),
    call("setitem", I, (1, [0, 2]), 7), call("setitem", X, T((2, 3), "bool"), 0.0),
]  # fmt: skip

BY_HAND = [
    (call("add_", T(values=[1, 2]), 3), [4, 5]),
    (call("div_", T(values=[1, 2]), 2), [0.5, 1]),
    (call("gt_", T(values=[1, 2]), 1), [0, 1]),
    (call("zero_", T(values=[1, 2])), [0, 0]),
    (call("fill_", T(values=[1, 2]), 7), [7, 7]),
    (call("copy_", T(values=[[1, 2], [3, 4]]), T(values=[5, 6])), [[5, 6], [5, 6]]),
    (call("setitem", T(values=[[1, 2], [3, 4]]), (ALL, 0), 9.0), [[9, 2], [9, 4]]),
    (call("setitem", T(values=[1, 2, 3]), [2, 0], T(values=[7, 8])), [8, 2, 7]),
    (call("setitem", T(values=[1, 2, 3]), np.array([True, False, True]), 0.0), [0, 2, 0]),
]

TABLE = Table([*IN_PLACE, *ITEMS], BY_HAND)
