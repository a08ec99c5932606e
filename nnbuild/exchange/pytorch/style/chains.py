"""Which expressions at the end of a statement get brackets where they do not fit: those of `ruff format`."""

from __future__ import annotations

import ast

from nnbuild.exchange.pytorch.style.precedence import ATOM, CONDITIONAL, OR, POWER, UNARY, binding, loose

_BRACKETS = (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp)


def is_fluent(node: ast.expr) -> bool:
    """Whether the expression is a chain of two calls at least, as x.view(2).mean(1).sum()."""
    links = 0
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        if isinstance(node, ast.Attribute):
            links += isinstance(node.value, ast.Call | ast.Subscript) or binding(node.value) < ATOM
            node = node.value
        else:
            node = node.func if isinstance(node, ast.Call) else node.value
    return links >= 2


def breaks_inside(node: ast.expr) -> bool:
    """Whether the expression has brackets of its own to break at, and never gets others."""
    if isinstance(node, ast.UnaryOp):
        return (binding(node.operand) < ATOM and loose(node.operand, node)) or breaks_inside(node.operand)
    if isinstance(node, _BRACKETS):
        return True
    if not isinstance(node, ast.Call | ast.Subscript) or is_fluent(node):
        return False
    inner: ast.expr = node
    while isinstance(inner, ast.Attribute | ast.Call | ast.Subscript):
        inner = inner.func if isinstance(inner, ast.Call) else inner.value
    return binding(inner) == ATOM


def is_word(node: ast.expr) -> bool:
    """Whether there is nothing in the expression to break at: a name, a constant, names with dots."""
    if isinstance(node, ast.UnaryOp):
        return is_word(node.operand)
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name | ast.Constant | ast.JoinedStr)


def may_do_without(node: ast.expr) -> bool:
    """Whether its first or last brackets may be broken, instead of brackets around all of it."""
    seen = _Seen()
    seen.visit(node)
    if not seen.brackets or seen.count > 1:
        return False
    return seen.loosest is None or seen.loosest == ATOM or seen.ends_in_brackets


class _Seen:
    """What the loosest operators outside all brackets are, and where there are brackets."""

    def __init__(self) -> None:
        self.loosest: int | None = None
        self.count = 0
        self.brackets = False
        self._first: ast.expr | None = None
        self._last: ast.expr | None = None
        self._loose: set[int] = set()

    @property
    def ends_in_brackets(self) -> bool:
        return any(end is not None and (id(end) in self._loose or _has_brackets(end))
                   for end in (self._first, self._last))  # fmt: skip

    def _operator(self, level: int, count: int = 1) -> None:
        if self.loosest is None or level < self.loosest:
            self.loosest, self.count = level, count
        elif level == self.loosest:
            self.count += count

    def visit(self, node: ast.expr) -> None:
        self._last = node
        if id(node) in self._loose:
            self.brackets = True
        else:
            self._look(node)
        self._first = self._first or node

    def _look(self, node: ast.expr) -> None:
        parts = _operands(node)
        self._loose |= {id(part) for part in parts if loose(part, node, part is getattr(node, "right", None))}
        if isinstance(node, ast.IfExp):
            self._operator(CONDITIONAL, 2)
        elif isinstance(node, ast.BoolOp):
            self._operator(OR, len(parts) - 1)
        elif isinstance(node, ast.Compare):
            self._operator(binding(node), len(node.ops))
        elif isinstance(node, ast.BinOp):
            self._operator(binding(node))
        elif isinstance(node, ast.Call | ast.Subscript):
            self.brackets = True
            self.visit(node.func if isinstance(node, ast.Call) else node.value)
            self._last = node
            return
        elif isinstance(node, ast.Attribute):
            if binding(node.value) < ATOM:
                self._loose.add(id(node.value))
            if isinstance(node.value, ast.Call | ast.Subscript) or id(node.value) in self._loose:
                self._operator(ATOM)
            self.visit(node.value)
            self._last = node
            return
        elif isinstance(node, _BRACKETS):
            self.brackets = True
            return
        elif isinstance(node, ast.UnaryOp) and binding(node) == UNARY:
            if isinstance(node.op, ast.Invert):
                self._operator(POWER - 1)
            self._first = self._first or node
        for part in parts:
            self.visit(part)


def _operands(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.IfExp):
        return [node.body, node.test, node.orelse]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    return [node.operand] if isinstance(node, ast.UnaryOp) else []


def _has_brackets(node: ast.expr) -> bool:
    """Whether a line may break within the brackets at its end: not within those of an index."""
    if isinstance(node, ast.Call):
        return bool(node.args or node.keywords)
    if isinstance(node, ast.List | ast.Tuple):
        return bool(node.elts)
    if isinstance(node, ast.Dict):
        return bool(node.values)
    return isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp)
