"""Giving values to names, items and attributes: `a, *b = pair`, `parts[0] = x`, `self.fc = ...`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Protocol

from nnbuild.budget import Budget
from nnbuild.errors import NnbuildError, SpecError
from nnbuild.spec.language import tensors
from nnbuild.spec.language.bounds import checked
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.items import subscript
from nnbuild.spec.language.keys import checked_key
from nnbuild.spec.language.scope import MISSING, Scope
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
    def loop(self, node: ast.AST, scope: Scope) -> list[Any]: ...
    def truth(self, value: Any) -> bool: ...
    def key(self, node: ast.AST, scope: Scope) -> Any: ...


def bind(evaluator: Evaluates, target: ast.AST, value: Any, scope: Scope) -> None:
    """Give the value to the names of an assignment or a loop."""
    if isinstance(target, ast.Name):
        scope.assign(target.id, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for part, item in _spread(evaluator, target, value):
            bind(evaluator, part, item, scope)
    elif isinstance(target, ast.Subscript):
        _store(evaluator, target, value, scope)
    elif isinstance(target, ast.Attribute):
        owner = _owner(evaluator, target, scope)
        try:
            evaluator.caller.set_attribute(owner, target.attr, value)
        except NnbuildError as error:
            raise error.locate(mark=evaluator.code.mark(target)) from None
    else:
        raise SpecError("only names and items of lists can be assigned").locate(mark=evaluator.code.mark(target))


def _owner(evaluator: Evaluates, target: ast.Attribute, scope: Scope) -> Any:
    """What an attribute is assigned to."""
    prefix, _ = getattr(target, "known", ("self", ""))
    value = scope.lookup("self") if getattr(target, "known", None) else evaluator.evaluate(target.value, scope)
    if value is MISSING or prefix != "self":
        raise SpecError("attributes cannot be assigned", hint="assign a plain name").locate(
            mark=evaluator.code.mark(target)
        )
    return value


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
            evaluator.caller.set_items(container, index, value)
        elif hasattr(container, "language_store"):
            container.language_store(evaluator.caller, index, value)
        elif hasattr(container, "_modules"):
            evaluator.caller.set_child(container, index, value)
        elif isinstance(container, dict):
            container[checked_key(index)] = value
        elif not isinstance(container, list):
            raise SpecError(f"items of {describe(container)} cannot be assigned")
        elif isinstance(index, slice):
            container[index] = evaluator.iterate(value, "assigning a slice")
            checked(container)
        else:
            subscript(container, index, evaluator.budget)
            container[index] = value
    except NnbuildError as error:
        raise error.locate(mark=evaluator.code.mark(target)) from None


def unbind(evaluator: Evaluates, target: ast.AST, scope: Scope) -> None:
    """`del target`."""
    if isinstance(target, ast.Name):
        scope.values.pop(target.id, None)
    elif isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            unbind(evaluator, part, scope)
    elif isinstance(target, ast.Subscript):
        container, index = evaluator.evaluate(target.value, scope), evaluator.evaluate(target.slice, scope)
        if hasattr(container, "language_delete"):
            container.language_delete(evaluator.caller, index)
        elif hasattr(container, "_modules"):
            evaluator.caller.child(container, index)
            del container[index]
        elif isinstance(container, list | dict) and evaluator.caller.changing:
            subscript(container, index, evaluator.budget)
            del container[index]
        else:
            raise SpecError(f"items of {describe(container)} cannot be deleted")
    elif isinstance(target, ast.Attribute):
        evaluator.caller.delete_attribute(_owner(evaluator, target, scope), target.attr)
