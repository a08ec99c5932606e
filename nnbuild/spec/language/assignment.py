"""Giving values to names, and taking items out of lists: `a, *b = pair`, `parts[0] = x`, `sizes[-1]`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Protocol

from nnbuild.budget import Budget
from nnbuild.errors import NnbuildError, SpecError, suggestion
from nnbuild.spec.language import tensors
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.scope import Scope
from nnbuild.spec.language.syntax import Code


class Evaluates(Protocol):
    """What is needed of the evaluator of expressions."""

    @property
    def budget(self) -> Budget: ...
    @property
    def caller(self) -> Caller: ...
    @property
    def code(self) -> Code: ...
    def evaluate(self, node: ast.AST, scope: Scope) -> Any: ...
    def iterate(self, value: Any, what: str) -> list[Any]: ...
    def key(self, node: ast.AST, scope: Scope) -> Any: ...


def bind(evaluator: Evaluates, target: ast.AST, value: Any, scope: Scope) -> None:
    """Give the value to the names of an assignment or a loop."""
    if isinstance(target, ast.Name):
        scope.values[target.id] = value
    elif isinstance(target, (ast.Tuple, ast.List)):
        for part, item in _spread(evaluator, target, value):
            bind(evaluator, part, item, scope)
    elif isinstance(target, ast.Subscript):
        _store(evaluator, target, value, scope)
    else:
        raise SpecError("only names and items of lists can be assigned").locate(mark=evaluator.code.mark(target))


def _spread(evaluator: Evaluates, target: ast.Tuple | ast.List, value: Any) -> Iterator[tuple[ast.AST, Any]]:
    parts = target.elts
    try:
        items = evaluator.iterate(value, "unpacking")
        starred = next((index for index, part in enumerate(parts) if isinstance(part, ast.Starred)), None)
        extra = len(items) - len(parts)
        if extra < (0 if starred is None else -1) or (starred is None and extra):
            raise SpecError(f"{len(parts)} names for {len(items)} values")
    except NnbuildError as error:
        raise error.locate(mark=evaluator.code.mark(target)) from None
    if starred is None:
        yield from zip(parts, items, strict=True)
        return
    middle = starred + extra + 1
    yield from zip(parts[:starred], items[:starred], strict=True)
    yield parts[starred].value, list(items[starred:middle])  # type: ignore[attr-defined]
    yield from zip(parts[starred + 1 :], items[middle:], strict=True)


def _store(evaluator: Evaluates, target: ast.Subscript, value: Any, scope: Scope) -> None:
    container, index = evaluator.evaluate(target.value, scope), evaluator.evaluate(target.slice, scope)
    try:
        if tensors.is_tensor(container):
            evaluator.budget.spend_on([index, value])
            evaluator.caller.call_op(tensors.find_op("setitem"), [container, index, value], {})
            return
        if not isinstance(container, (list, dict)) or isinstance(index, slice):
            raise SpecError(f"items of {describe(container)} cannot be assigned")
        if isinstance(container, dict):
            container[evaluator.key(target.slice, scope)] = value
        else:
            subscript(container, index, evaluator.budget)
            container[index] = value
    except NnbuildError as error:
        raise error.locate(mark=evaluator.code.mark(target)) from None


def subscript(value: Any, index: Any, budget: Budget) -> Any:
    """value[index] for lists, tuples, texts, ranges and dicts."""
    if isinstance(value, dict):
        if isinstance(index, (str, int, float, bool, type(None))) and index in value:
            return value[index]
        names = [str(key) for key in value][:20]
        known = f"there are {', '.join(names)}" if names else "it is empty"
        raise SpecError(f"no key {describe(index)}", hint=suggestion(str(index)[:80], names) or known)
    if not isinstance(value, (list, tuple, str, range)):
        raise SpecError(f"{describe(value)} has no items")
    if isinstance(index, slice):
        budget.spend(len(value))
        if index.step == 0:
            raise SpecError("a slice's step cannot be 0")
        return value[index]
    if not isinstance(index, int):
        raise SpecError(f"an index is a whole number, not {describe(index)}")
    if not -len(value) <= index < len(value):
        raise SpecError(f"index {index} of {describe(value)}", hint="indices start at 0")
    return value[index]
