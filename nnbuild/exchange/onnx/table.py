"""The operators that are one op of nnbuild's: the table that reading and writing share.

What takes more than other names of the options stands in `nodes/`, for reading, and in `writing/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Row(NamedTuple):
    """An operator and its op.

    Params: operator, ONNX's name; op, the name in nnbuild.ops; options, from an attribute to the op's argument; since,
    the version from which on it is so; also, other names of the op, for writing.
    """

    operator: str
    op: str
    options: Mapping[str, str] = {}
    since: int = 1
    also: tuple[str, ...] = ()


ROWS = (
    # one tensor
    Row("Abs", "abs", also=("absolute",)),
    Row("Acos", "acos", since=7),
    Row("Acosh", "acosh", since=9),
    Row("Asin", "asin", since=7),
    Row("Asinh", "asinh", since=9),
    Row("Atan", "atan", since=7),
    Row("Atanh", "atanh", since=9),
    Row("BitwiseNot", "bitwise_not", since=18),
    Row("Ceil", "ceil"),
    Row("Cos", "cos", since=7),
    Row("Cosh", "cosh", since=9),
    Row("Erf", "erf", since=9),
    Row("Exp", "exp"),
    Row("Floor", "floor"),
    Row("HardSwish", "hardswish", since=14),
    Row("IsNaN", "isnan", since=9),
    Row("Log", "log"),
    Row("Mish", "mish", since=18),
    Row("Neg", "neg", also=("negative",)),
    Row("Not", "logical_not"),
    Row("Reciprocal", "reciprocal"),
    Row("Relu", "relu"),
    Row("Sigmoid", "sigmoid"),
    Row("Sign", "sign", since=9),
    Row("Sin", "sin", since=7),
    Row("Sinh", "sinh", since=9),
    Row("Softsign", "softsign"),
    Row("Sqrt", "sqrt"),
    Row("Tan", "tan", since=7),
    Row("Tanh", "tanh"),
    # one tensor and options
    Row("Celu", "celu", {"alpha": "alpha"}, since=12),
    Row("Elu", "elu", {"alpha": "alpha"}),
    Row("LeakyRelu", "leaky_relu", {"alpha": "negative_slope"}),
    Row("LogSoftmax", "log_softmax", {"axis": "dim"}, since=13),
    Row("Softmax", "softmax", {"axis": "dim"}, since=13),
    # two tensors that broadcast
    Row("Add", "add", since=7),
    Row("And", "logical_and", since=7),
    Row("BitwiseAnd", "bitwise_and", since=18),
    Row("BitwiseOr", "bitwise_or", since=18),
    Row("BitwiseXor", "bitwise_xor", since=18),
    Row("Equal", "eq", since=7),
    Row("Greater", "gt", since=7),
    Row("GreaterOrEqual", "ge", since=12),
    Row("Less", "lt", since=7),
    Row("LessOrEqual", "le", since=12),
    Row("MatMul", "matmul", also=("mm", "bmm", "mv", "dot")),
    Row("Mul", "mul", since=7, also=("multiply",)),
    Row("Or", "logical_or", since=7),
    Row("Sub", "sub", since=7, also=("subtract",)),
    Row("Where", "where", since=9),
    Row("Xor", "logical_xor", since=7),
)

BY_OPERATOR = {row.operator: row for row in ROWS}
BY_OP = {name: row for row in ROWS for name in (row.op, *row.also)}
