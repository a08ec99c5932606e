"""Arithmetic, mathematics and limits."""

from __future__ import annotations

import math

import numpy as np

from nnbuild import ops
from tests.ops.table import T, Table, call

WITH_NUMBERS = [
    "add", "sub", "mul", "div", "floor_divide", "remainder", "fmod", "eq", "ne", "lt", "le", "gt", "ge",
    "bitwise_and", "bitwise_or", "bitwise_xor",
]  # fmt: skip
BINARY = [*WITH_NUMBERS, "pow", "logical_and", "logical_or", "logical_xor", "minimum", "maximum", "atan2", "logaddexp"]
UNARY = [name for name, family in ops.OPS.items() if family == "mathematics" and name not in BINARY]
UNARY += ["neg", "logical_not", "bitwise_not", "isnan", "isinf", "isfinite", "nan_to_num"]
F, I, B = T((2, 3)), T((2, 3), "int64"), T((2, 3), "bool")
INF, NAN = math.inf, math.nan

ROWS = [
    *(call(name, T((2, 3)), T((3,), low=1)) for name in BINARY if not name.startswith("bitwise")),
    *(call(name, F) for name in UNARY if name != "bitwise_not"),
    *(call(alias, F, 2.0) for alias in ("subtract", "multiply", "divide", "true_divide", "clip")),
    call("negative", I), call("absolute", I), call("bitwise_not", B), call("bitwise_and", I, 3),
    call("logical_or", T((2, 3), "bool", [[False] * 3] * 2), T((3,), values=[0, 0, 0])),
    call("bitwise_or", B, B), call("bitwise_xor", I, I),
    call("add", F, I, alpha=2), call("add", I, 2.5), call("add", 2, I), call("sub", 1, F), call("sub", F, F, alpha=0.5),
    call("add", I, F, alpha=3), call("add", B, B), call("mul", B, 2),
    call("add", T((2, 1), "float16"), T((3,), "float16")),
    call("add", F, T((), "float64")), call("add", I, T((), "float64")), call("add", T((), "int64"), T((2,), "uint8")),
    call("div", I, 2), call("div", 1, I), call("div", F, 0), call("div", I, 2, rounding_mode="floor"),
    call("div", F, 1.5, rounding_mode="trunc"), call("div", I, -2, rounding_mode="trunc"),
    call("div", 7, T((), "int8", 2)),
    call("floor_divide", I, -2), call("floor_divide", 7, T((2,), low=1)), call("remainder", I, -2),
    call("remainder", F, 0.0),
    call("fmod", I, -2), call("pow", F, 2), call("pow", 2, F), call("pow", I, 2), call("pow", I, 0.5),
    call("pow", F, -1),
    call("pow", T((2, 3), "int64", low=1), T((3,), "int64", low=-2, high=0)), call("pow", 2, T((3,), "int64", low=0)),
    call("eq", I, F), call("ne", F, 1), call("lt", I, 1), call("ge", B, True), call("round", F, decimals=1),
    call("clamp", F, -1, 1), call("clamp", F, min=0.5), call("clamp", I, max=1), call("clamp", I, min=0.5),
    call("clamp", F, 1, -1),
    call("clamp", F, T((3,)), T((2, 1))), call("clamp", F, None, 2), call("clamp_min", I, 0.5),
    call("clamp_max", F, T((3,))),
    call("where", B, F, I), call("where", B, F, 1), call("where", B, 0, I),
    call("where", T((3,), "bool"), T((2, 1)), -INF),
    call("where", B, 1, 2), call("where", B, 1, 2.5), call("where", T((2, 3), "uint8"), F, 0.0),
    call("lerp", F, T((3,)), 0.25), call("lerp", F, T((3,)), T((2, 1))), call("addcmul", F, T((3,)), I, value=0.5),
    call("addcdiv", F, T((3,)), T((2, 1), low=1), value=2), call("nan_to_num", T(values=[NAN, INF, -INF]), 1.0, 2.0),
    call("isnan", T(values=[NAN, INF, 1])), call("isinf", T(values=[NAN, INF, 1])),
    call("isfinite", T(values=[NAN, INF, 1])),
    call("minimum", T(values=[NAN, 1]), T(values=[0, NAN])),
    call("logaddexp", T(values=[-INF, 1000]), T(values=[-INF, 1000])),
    call("erfc", T(values=[-1, 0, 5.5, 30])), call("round", T(values=[0.5, 1.5, -0.5, 2.5])),
]  # fmt: skip

BY_HAND = [
    (call("div", T(values=[1, -1, 0]), 0), [INF, -INF, NAN]),
    (call("div", T((), "int64", [7, -7]), 2), [3.5, -3.5]),
    (call("div", T((), "int64", [7, -7]), 2, rounding_mode="floor"), [3, -4]),
    (call("div", T((), "int64", [7, -7]), 2, rounding_mode="trunc"), [3, -3]),
    (call("div", T(values=[7, -7]), 2, rounding_mode="trunc"), [3, -3]),
    (call("remainder", T((), "int64", [7, -7]), 3), [1, 2]),
    (call("fmod", T((), "int64", [7, -7]), 3), [1, -1]),
    (call("sub", 1, T(values=[1, 2])), [0, -1]),
    (call("pow", 2, T(values=[1, 3])), [2, 8]),
    (call("pow", T((), "int64", [1, -1, 2, -1]), T((), "int64", [-2, -3, -1, -2])), [1, -1, 0, 1]),
    (call("add", T((), "uint8", [255]), 3), [2]),
    (call("round", T(values=[0.5, 1.5, 2.5])), [0, 2, 2]),
    (call("square", T((), "bool", [True, False])), [1, 0]),
    (call("sqrt", T((), "int8", [4, 9])), [2, 3]),
    (call("clamp", T(values=[-2, 0, 2]), -1, 1), [-1, 0, 1]),
    (call("where", T((), "bool", [True, False]), T(values=[1, 2]), 0.0), [1, 0]),
    (call("erf", T(values=[0, 1, -1])), np.array([0, 0.8427008, -0.8427008], np.float32)),
    (call("nan_to_num", T(values=[NAN, INF]), 0.5, 9.0), [0.5, 9]),
    (call("bitwise_not", T((), "bool", [True])), [False]),
    (call("lerp", T(values=[0.0]), T(values=[8.0]), 0.25), [2]),
]

REFUSED = [
    (call("sub", B, B), "sub wants numbers and gets bools"),
    (call("sub", 1, B), "sub wants numbers and gets bools"),
    (call("neg", B), "neg wants numbers and gets bools"),
    (call("bitwise_and", F, F), "bitwise_and wants whole numbers or bools and gets float32"),
    (call("add", I, I, alpha=0.5), "add wants a whole alpha for whole numbers and gets 0.5"),
    (call("pow", I, -1), "pow cannot raise whole numbers to -1"),
    (call("add", T((2,)), T((3,))), "add shapes (2,) and (3,) do not broadcast: sizes 2 and 3"),
    (call("div", F, 2, rounding_mode="up"), 'div wants rounding_mode None, "floor" or "trunc" and gets \'up\''),
    (call("frac", I), "frac wants numbers with fractions and gets int64"),
    (call("lerp", F, T((3,), "float64"), 0.5), "lerp wants tensors of one dtype and gets float32, float64"),
    (call("clamp", F), "clamp wants min or max or both"),
    (call("where", F, F, F), "where wants a condition of bools and gets float32"),
    (call("add", F, "x"), "an operand must be a tensor or a number, not 'x'"),
    (call("add", F), "add cannot be called so: missing a required argument: 'other'"),
    (call("add", F, F, beta=1), "add cannot be called so: got an unexpected keyword argument 'beta'"),
]

TABLE = Table(ROWS, BY_HAND, refused=REFUSED)
