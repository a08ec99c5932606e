"""Expressions -> documents.

`inside` says whether brackets stand around an expression, so that its operators may break the line.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from nnbuild.exchange.pytorch.style import documents
from nnbuild.exchange.pytorch.style.chains import is_fluent
from nnbuild.exchange.pytorch.style.constants import constant, joined_string
from nnbuild.exchange.pytorch.style.documents import SOFT, SPACE, Document, IfBroken, group, indent, joined, row
from nnbuild.exchange.pytorch.style.precedence import (
    ATOM,
    COMPARE,
    COMPARISONS,
    CONDITIONAL,
    UNARIES,
    binding,
    loose,
    symbol,
)

COMMA: tuple[Document, ...] = (",", SPACE)


def document(node: ast.expr, inside: bool = True) -> Document:
    """The expression without brackets around it."""
    return _HANDLERS[type(node)](node, inside)


def source(node: ast.expr) -> str:
    """The expression in one line."""
    return documents.flat([document(node)])


def bracketed(opening: str, parts: Sequence[Document], closing: str) -> Document:
    """Items one a line where they do not fit."""
    if not parts:
        return opening + closing
    return group(opening, indent(SOFT, *_items(parts)), SOFT, closing)


def _items(parts: Sequence[Document]) -> list[Document]:
    """Items with commas between them; one a line, also behind the last, unless it is the only one."""
    return [*joined(COMMA, parts), IfBroken(",")] if len(parts) > 1 else list(parts)


def arguments(parts: Sequence[Document]) -> Document:
    """Arguments in brackets: in a line of their own if they fit there, else one a line."""
    if not parts:
        return "()"
    return group("(", indent(SOFT, group(*_items(parts))), SOFT, ")")


def _around(part: Document) -> Document:
    return group("(", indent(SOFT, part), SOFT, ")")


def _operand(part: ast.expr, parent: ast.expr, inside: bool, right: bool = False) -> Document:
    return _around(document(part)) if loose(part, parent, right) else document(part, inside)


def _name(node: ast.Name, inside: bool) -> Document:
    return node.id


def _constant(node: ast.Constant, inside: bool) -> Document:
    return constant(node.value)


def _joined(node: ast.JoinedStr, inside: bool) -> Document:
    return joined_string(node, source)


def _starred(node: ast.Starred, inside: bool) -> Document:
    value = node.value
    return row("*", _around(document(value)) if binding(value) <= COMPARE else document(value, inside))


def _list(node: ast.List, inside: bool) -> Document:
    return bracketed("[", [document(item) for item in node.elts], "]")


def _tuple(node: ast.Tuple, inside: bool) -> Document:
    if len(node.elts) == 1:
        return group("(", indent(SOFT, document(node.elts[0]), ","), SOFT, ")")
    return bracketed("(", [document(item) for item in node.elts], ")")


def bare_tuple(node: ast.Tuple) -> Document:
    """A tuple that needs no brackets while it fits."""
    if len(node.elts) < 2:
        return _tuple(node, True)
    parts = [document(item) for item in node.elts]
    return group(IfBroken("("), indent(SOFT, *joined(COMMA, parts), IfBroken(",")), SOFT, IfBroken(")"))


def _set(node: ast.Set, inside: bool) -> Document:
    return bracketed("{", [document(item) for item in node.elts], "}")


def _dict(node: ast.Dict, inside: bool) -> Document:
    pairs = [
        row("**", document(value)) if key is None else row(document(key), ": ", document(value))
        for key, value in zip(node.keys, node.values, strict=True)
    ]
    return bracketed("{", pairs, "}")


def _attribute(node: ast.Attribute, inside: bool) -> Document:
    value = node.value
    number = isinstance(value, ast.Constant) and isinstance(value.value, int | float)
    if binding(value) < ATOM or number:
        return row(_around(document(value)), f".{node.attr}")
    breaks = inside and isinstance(value, ast.Call | ast.Subscript) and getattr(node, "linked", False)
    return row(document(value, inside), *([SOFT] if breaks else []), f".{node.attr}")


def _in_chain(handler: Callable[..., Document]) -> Callable[..., Document]:
    """A call or an item: of a chain of calls each one stands in a line of its own where they do not fit."""

    def handle(node: ast.Call | ast.Subscript, inside: bool) -> Document:
        if not inside or getattr(node, "linked", False) or not is_fluent(node):
            return handler(node, inside)
        links = _links(node)
        for part in links:
            part.linked = True  # type: ignore[attr-defined]
        made = group(handler(node, inside))
        for part in links:
            part.linked = False  # type: ignore[attr-defined]
        return made

    return handle


def _links(node: ast.expr) -> list[ast.expr]:
    found: list[ast.expr] = []
    while isinstance(node, ast.Call | ast.Subscript | ast.Attribute):
        found.append(node)
        node = node.func if isinstance(node, ast.Call) else node.value
    return found


def _call(node: ast.Call, inside: bool) -> Document:
    function: Document = document(node.func, inside)
    if binding(node.func) < ATOM:
        function = _around(document(node.func))
    if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.GeneratorExp):
        return row(function, arguments([_comprehended(node.args[0].elt, node.args[0].generators)]))
    named = [
        row("**" if keyword.arg is None else f"{keyword.arg}=", document(keyword.value)) for keyword in node.keywords
    ]
    return row(function, arguments([*(document(arg) for arg in node.args), *named]))


def parameters(signature: ast.arguments) -> list[Document]:
    """What a function takes."""
    positional = [*signature.posonlyargs, *signature.args]
    defaults = [None] * (len(positional) - len(signature.defaults)) + list(signature.defaults)
    made = [_parameter(arg, default) for arg, default in zip(positional, defaults, strict=True)]
    if signature.posonlyargs:
        made.insert(len(signature.posonlyargs), "/")
    if signature.vararg or signature.kwonlyargs:
        made.append(f"*{signature.vararg.arg if signature.vararg else ''}")
    made += [_parameter(*pair) for pair in zip(signature.kwonlyargs, signature.kw_defaults, strict=True)]
    return [*made, f"**{signature.kwarg.arg}"] if signature.kwarg else made


def _parameter(arg: ast.arg, default: ast.expr | None) -> Document:
    return arg.arg if default is None else row(f"{arg.arg}=", document(default))


def _lambda(node: ast.Lambda, inside: bool) -> Document:
    taken = parameters(node.args)
    return row("lambda", " " if taken else "", *joined((", ",), taken), ": ", document(node.body, inside=False))


def _named(node: ast.NamedExpr, inside: bool) -> Document:
    return _around(row(document(node.target), " := ", document(node.value)))


def _subscript(node: ast.Subscript, inside: bool) -> Document:
    value = document(node.value, inside) if binding(node.value) == ATOM else _around(document(node.value))
    index = node.slice
    if isinstance(index, ast.Tuple) and len(index.elts) > 1:
        parts = [document(item) for item in index.elts]
        return row(value, group("[", indent(SOFT, *joined(COMMA, parts), IfBroken(",")), SOFT, "]"))
    return row(value, group("[", indent(SOFT, document(index)), SOFT, "]"))


def _slice(node: ast.Slice, inside: bool) -> Document:
    parts = (node.lower, node.upper, node.step)
    gap = " " if any(part is not None and not _is_simple(part) for part in parts) else ""
    written = source(node.lower) + gap if node.lower else ""
    written += ":" + (gap + source(node.upper) if node.upper else "")
    if node.step:
        written += (gap if node.upper else "") + ":" + gap + source(node.step)
    return written


def _is_simple(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return not isinstance(node.op, ast.Not) and _is_simple(node.operand)
    return isinstance(node, ast.Name | ast.Constant)


def _is_simple_power(node: ast.expr) -> bool:
    """Whether ** may stand without a space beside the operand."""
    if isinstance(node, ast.UnaryOp):
        return not isinstance(node.op, ast.Not) and _is_simple_power(node.operand)
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and isinstance(node.value, int | float))


def _is_close(node: ast.BinOp) -> bool:
    return _is_simple_power(node.left) and _is_simple_power(node.right)


def _unary(node: ast.UnaryOp, inside: bool) -> Document:
    operand = node.operand
    power = isinstance(operand, ast.BinOp) and isinstance(operand.op, ast.Pow)
    if power and not isinstance(node.op, ast.Not):
        return row(UNARIES[type(node.op)], _around(document(operand)))
    return row(UNARIES[type(node.op)], _operand(operand, node, inside))


def _operators(parts: Sequence[tuple[str, Document]], inside: bool) -> Document:
    """Operands with the operators before them, one a line where they do not fit."""
    if not inside:
        return row(*(row(f" {words} " if words else "", part) for words, part in parts))
    return group(*(row(SPACE, f"{words} ", part) if words else part for words, part in parts))


def _binary(node: ast.BinOp, inside: bool) -> Document:
    if isinstance(node.op, ast.Pow):
        left, right = _operand(node.left, node, inside), _operand(node.right, node, inside, right=True)
        if _is_close(node):
            return row(left, "**", right)
        return _operators([("", left), ("**", right)], inside)
    parts: list[tuple[str, Document]] = []
    at: ast.expr = node
    while isinstance(at, ast.BinOp) and binding(at) == binding(node):
        parts.insert(0, (symbol(at.op), _operand(at.right, at, inside, right=True)))
        at = at.left
    return _operators([("", _operand(at, node, inside)), *parts], inside)


def _boolean(node: ast.BoolOp, inside: bool) -> Document:
    return _operators(_conditions(node, inside), inside)


def _conditions(node: ast.BoolOp, inside: bool) -> list[tuple[str, Document]]:
    """The operands, and those of an `and` within an `or`, with the words before them."""
    parts: list[tuple[str, Document]] = []
    for part in node.values:
        word = ("or" if isinstance(node.op, ast.Or) else "and") if parts else ""
        if isinstance(part, ast.BoolOp) and not loose(part, node):
            (_, first), *more = _conditions(part, inside)
            parts += [(word, first), *more]
        else:
            parts.append((word, _operand(part, node, inside)))
    return parts


def _compare(node: ast.Compare, inside: bool) -> Document:
    words = ["", *(COMPARISONS[type(operator)] for operator in node.ops)]
    parts = [_operand(part, node, inside) for part in (node.left, *node.comparators)]
    return _operators(list(zip(words, parts, strict=True)), inside)


def _conditional(node: ast.IfExp, inside: bool) -> Document:
    parts: list[tuple[str, Document]] = [("", _operand(node.body, node, inside))]
    while True:
        parts.append(("if", _operand(node.test, node, inside)))
        if not isinstance(node.orelse, ast.IfExp):
            return _operators([*parts, ("else", document(node.orelse, inside))], inside)
        node = node.orelse
        parts.append(("else", _operand(node.body, node, inside)))


def _comprehended(elt: ast.expr | tuple[ast.expr, ast.expr], generators: list[ast.comprehension]) -> Document:
    first = row(document(elt[0]), ": ", document(elt[1])) if isinstance(elt, tuple) else document(elt)
    parts: list[Document] = [first]
    for generator in generators:
        target = generator.target
        names = bare_tuple(target) if isinstance(target, ast.Tuple) else document(target)
        parts += [SPACE, row("for ", names, " in ", _unconditional(generator.iter))]
        parts += [part for condition in generator.ifs for part in (SPACE, row("if ", _unconditional(condition)))]
    return group(*parts)


def _unconditional(node: ast.expr) -> Document:
    return _around(document(node)) if binding(node) <= CONDITIONAL else document(node)


def _comprehension(opening: str, closing: str) -> Callable[..., Document]:
    def handle(node: ast.ListComp | ast.SetComp | ast.GeneratorExp, inside: bool) -> Document:
        return group(opening, indent(SOFT, _comprehended(node.elt, node.generators)), SOFT, closing)

    return handle


def _dict_comprehension(node: ast.DictComp, inside: bool) -> Document:
    return group("{", indent(SOFT, _comprehended((node.key, node.value), node.generators)), SOFT, "}")


_HANDLERS: dict[type[ast.AST], Callable[..., Document]] = {
    ast.Name: _name, ast.Constant: _constant, ast.JoinedStr: _joined, ast.Starred: _starred, ast.List: _list,
    ast.Tuple: _tuple, ast.Dict: _dict, ast.Attribute: _attribute, ast.Call: _in_chain(_call),
    ast.Subscript: _in_chain(_subscript), ast.Slice: _slice, ast.UnaryOp: _unary, ast.BinOp: _binary,
    ast.BoolOp: _boolean, ast.Compare: _compare, ast.IfExp: _conditional, ast.ListComp: _comprehension("[", "]"),
    ast.GeneratorExp: _comprehension("(", ")"), ast.DictComp: _dict_comprehension,
    ast.SetComp: _comprehension("{", "}"), ast.Set: _set, ast.Lambda: _lambda, ast.NamedExpr: _named,
}  # fmt: skip
