"""Lists, tuples, sets, dicts, comprehensions and texts with values in them, as they are written."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.spec.language import texts
from nnbuild.spec.language.assignment import Evaluates, bind
from nnbuild.spec.language.bounds import check_text, checked
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.keys import checked_key
from nnbuild.spec.language.scope import Inner, Scope
from nnbuild.spec.language.values import Items


def items(evaluator: Evaluates, nodes: list[ast.expr], scope: Scope) -> list[Any]:
    """The values of a list's nodes, starred ones spread out."""
    values: list[Any] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            values += evaluator.iterate(evaluator.evaluate(node.value, scope), "*")
            checked(values)
        else:
            values.append(evaluator.evaluate(node, scope))
    return values


def _list(evaluator: Evaluates, node: ast.List, scope: Scope) -> list[Any]:
    return items(evaluator, node.elts, scope)


def _tuple(evaluator: Evaluates, node: ast.Tuple, scope: Scope) -> tuple[Any, ...]:
    return tuple(items(evaluator, node.elts, scope))


def _set(evaluator: Evaluates, node: ast.Set, scope: Scope) -> set[Any]:
    return {checked_key(value) for value in items(evaluator, node.elts, scope)}


def key(evaluator: Evaluates, node: ast.AST, scope: Scope) -> Any:
    """The value of a node as a key."""
    value = evaluator.evaluate(node, scope)
    try:
        return checked_key(value)
    except SpecError as error:
        raise error.locate(mark=evaluator.code.mark(node)) from None


def _dict(evaluator: Evaluates, node: ast.Dict, scope: Scope) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    for name, value in zip(node.keys, node.values, strict=True):
        if name is None:
            other = evaluator.evaluate(value, scope)
            if not isinstance(other, dict):
                raise SpecError(f"** wants a dict and gets {describe(other)}")
            evaluator.budget.spend(len(other))
            result.update(other)
        else:
            result[key(evaluator, name, scope)] = evaluator.evaluate(value, scope)
    return result


def _rounds(evaluator: Evaluates, generators: list[ast.comprehension], scope: Scope) -> Iterator[Scope]:
    """The scopes of a comprehension, one for each of its items."""
    first, *rest = generators
    for item in evaluator.loop(first.iter, scope):
        evaluator.budget.spend()
        inner = Inner({}, scope)
        bind(evaluator, first.target, item, inner)
        if all(evaluator.truth(evaluator.evaluate(condition, inner)) for condition in first.ifs):
            if rest:
                yield from _rounds(evaluator, rest, inner)
            else:
                yield inner


def _list_comprehension(evaluator: Evaluates, node: ast.ListComp, scope: Scope) -> list[Any]:
    return [evaluator.evaluate(node.elt, inner) for inner in _rounds(evaluator, node.generators, scope)]


def _generator(evaluator: Evaluates, node: ast.GeneratorExp, scope: Scope) -> Items:
    return Items([evaluator.evaluate(node.elt, inner) for inner in _rounds(evaluator, node.generators, scope)])


def _set_comprehension(evaluator: Evaluates, node: ast.SetComp, scope: Scope) -> set[Any]:
    return {key(evaluator, node.elt, inner) for inner in _rounds(evaluator, node.generators, scope)}


def _dict_comprehension(evaluator: Evaluates, node: ast.DictComp, scope: Scope) -> dict[Any, Any]:
    return {
        key(evaluator, node.key, inner): evaluator.evaluate(node.value, inner)
        for inner in _rounds(evaluator, node.generators, scope)
    }


def _joined(evaluator: Evaluates, node: ast.JoinedStr, scope: Scope) -> str:
    parts: list[str] = []
    length = 0
    for part in node.values:
        parts.append(evaluator.evaluate(part, scope))
        length += len(parts[-1])
        check_text(length)
    evaluator.budget.spend_on(text := "".join(parts))
    return text


def _formatted(evaluator: Evaluates, node: ast.FormattedValue, scope: Scope) -> str:
    spec = evaluator.evaluate(node.format_spec, scope) if node.format_spec else ""
    value = evaluator.evaluate(node.value, scope)
    return texts.formatted(texts.converted(value, node.conversion), spec)


HANDLERS: dict[type, Callable[..., Any]] = {
    ast.List: _list, ast.Tuple: _tuple, ast.Set: _set, ast.Dict: _dict, ast.ListComp: _list_comprehension,
    ast.GeneratorExp: _generator, ast.SetComp: _set_comprehension, ast.DictComp: _dict_comprehension,
    ast.JoinedStr: _joined, ast.FormattedValue: _formatted,
}  # fmt: skip
