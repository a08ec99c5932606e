"""Small pieces of syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from nnbuild.spec.language.closures import Parameters


def name(text: str) -> ast.expr:
    """A name, or several with dots between them."""
    first, *rest = text.split(".")
    node: ast.expr = ast.Name(first)
    for part in rest:
        node = ast.Attribute(node, part)
    return node


def attribute(value: ast.expr | str, part: str) -> ast.Attribute:
    return ast.Attribute(name(value) if isinstance(value, str) else value, part)


def call(function: ast.expr | str, *args: ast.expr, **named: ast.expr) -> ast.Call:
    keywords = [ast.keyword(key, value) for key, value in named.items()]
    return ast.Call(name(function) if isinstance(function, str) else function, list(args), keywords)


def text(value: str) -> ast.Constant:
    return ast.Constant(value)


def assign(target: ast.expr | str, value: ast.expr) -> ast.Assign:
    return ast.Assign([name(target) if isinstance(target, str) else target], value)


def run(value: ast.expr) -> ast.Expr:
    return ast.Expr(value)


def is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def is_not_none(node: ast.expr) -> ast.Compare:
    """The test `node is not None`."""
    return ast.Compare(node, [ast.IsNot()], [ast.Constant(None)])


def negated(test: ast.expr) -> ast.expr:
    """The test the other way round."""
    opposite: dict[type[ast.cmpop], type[ast.cmpop]] = {
        ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn,
        ast.NotIn: ast.In, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    }  # fmt: skip
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return ast.Compare(test.left, [opposite[type(test.ops[0])]()], test.comparators)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)


def function(title: str, args: ast.arguments, body: Iterable[ast.stmt]) -> ast.FunctionDef:
    return ast.FunctionDef(title, args, list(body), [])


def signature(
    names: Iterable[str], defaults: dict[str, ast.expr] | None = None, only_named: Iterable[str] = ()
) -> ast.arguments:
    """Names, some with defaults. Params: only_named, names without a default that are given by name only."""
    names, defaults = list(names), defaults or {}
    first = next((index for index, each in enumerate(names) if each in defaults), len(names))
    last = next((index for index in range(first, len(names)) if names[index] not in defaults), len(names))
    named = [*names[last:], *only_named]
    return ast.arguments(
        [],
        [ast.arg(each) for each in names[:last]],
        None,
        [ast.arg(each) for each in named],
        [defaults.get(each) for each in named],
        None,
        [defaults[each] for each in names[first:last]],
    )


def arguments(taken: Parameters, defaults: dict[str, ast.expr], spelt: Callable[[str], str] = str) -> ast.arguments:
    """What a function takes, as it was. Params: spelt, what names become."""
    return ast.arguments(
        [ast.arg(spelt(name)) for name in taken.positional[: taken.unnamed]],
        [ast.arg(spelt(name)) for name in taken.positional[taken.unnamed :]],
        ast.arg(spelt(taken.rest)) if taken.rest else None,
        [ast.arg(spelt(name)) for name in taken.named],
        [defaults.get(name) for name in taken.named],
        ast.arg(spelt(taken.keywords)) if taken.keywords else None,
        [defaults[name] for name in taken.positional if name in defaults],
    )


def literal(value: Any) -> ast.expr | None:
    """The source of a plain value: numbers, text, and lists and dicts of them; None for another."""
    if value is None or isinstance(value, bool | int | float | str):
        return ast.Constant(value)
    if isinstance(value, list | tuple):
        items = [literal(item) for item in value]
        kind = ast.List if isinstance(value, list) else ast.Tuple
        return None if None in items else kind(items)  # type: ignore[arg-type]
    if isinstance(value, dict):
        keys, values = [literal(key) for key in value], [literal(item) for item in value.values()]
        return None if None in (*keys, *values) else ast.Dict(keys, values)  # type: ignore[arg-type]
    return None
