"""Which operators bind tighter than others, and where brackets are needed."""

from __future__ import annotations

import ast

LAMBDA, CONDITIONAL, OR, AND, NOT, COMPARE, UNARY, POWER, ATOM = 0, 1, 2, 3, 4, 5, 12, 13, 20

_BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.BitOr: ("|", 6), ast.BitXor: ("^", 7), ast.BitAnd: ("&", 8), ast.LShift: ("<<", 9), ast.RShift: (">>", 9),
    ast.Add: ("+", 10), ast.Sub: ("-", 10), ast.Mult: ("*", 11), ast.Div: ("/", 11), ast.FloorDiv: ("//", 11),
    ast.Mod: ("%", 11), ast.MatMult: ("@", 11), ast.Pow: ("**", POWER),
}  # fmt: skip

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip

UNARIES: dict[type[ast.unaryop], str] = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not "}


def symbol(operator: ast.operator) -> str:
    return _BINARY[type(operator)][0]


def binding(node: ast.expr) -> int:
    """How tight the outermost operator binds."""
    if isinstance(node, ast.Lambda):
        return LAMBDA
    if isinstance(node, ast.IfExp):
        return CONDITIONAL
    if isinstance(node, ast.BoolOp):
        return OR if isinstance(node.op, ast.Or) else AND
    if isinstance(node, ast.UnaryOp):
        return NOT if isinstance(node.op, ast.Not) else UNARY
    if isinstance(node, ast.Compare):
        return COMPARE
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value < 0:
        return UNARY
    return _BINARY[type(node.op)][1] if isinstance(node, ast.BinOp) else ATOM


def needed(node: ast.expr) -> int:
    """How tight an operand on the left has to bind to stand without brackets; one on the right tighter still."""
    return binding(node)


def loose(part: ast.expr, parent: ast.expr, right: bool = False) -> bool:
    """Whether the operand needs brackets."""
    if isinstance(part, ast.GeneratorExp | ast.Tuple):
        return False  # they have brackets of their own
    own, other = binding(part), binding(parent)
    if other == POWER:
        return own < UNARY if right else own <= POWER
    if other in (NOT, UNARY):
        return own < other
    if other in (COMPARE, CONDITIONAL):
        return own <= other
    return own < other or (own == other and (right or other in (OR, AND)))
