"""Evaluating expressions: a walk over the checked tree, one function per kind of node.

The same walk serves values in the spec, where calling a layer type makes a layer, forwards, where calling a layer runs
it, and classes of PyTorch source. Which names there are is the scope's affair, calls are in `calls`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from nnbuild.budget import Budget
from nnbuild.errors import PYTHONS_WORDS, NnbuildError, ProblemList, SpecError
from nnbuild.spec.language import arithmetic, displays, tensors
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.closures import Closure, parameters_of
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.kinds import is_type
from nnbuild.spec.language.lookup import prefixed
from nnbuild.spec.language.scope import MISSING, Inner, Scope, frame_of
from nnbuild.spec.language.syntax import Code, not_in_language
from nnbuild.spec.language.values import Broken, Hint, Items


class Evaluator:
    """Evaluates the nodes of one piece of code. Params: caller, which knows what calls mean here."""

    __slots__ = ("budget", "caller", "code")

    def __init__(self, code: Code, caller: Caller) -> None:
        self.code = code
        self.caller = caller
        self.budget: Budget = caller.budget

    def evaluate(self, node: ast.AST, scope: Scope) -> Any:
        """The node's value. An error gets the place of the innermost node that raises it."""
        self.budget.spend()
        try:
            handler = _HANDLERS.get(type(node))
            if handler is None:
                raise not_in_language(node)
            return handler(self, node, scope)
        except NnbuildError as error:
            if error.mark is None and not isinstance(error, ProblemList):
                error.locate(mark=self.code.mark(node))
                instead = self.caller.instead_of(error)
                if instead is not None:
                    return instead
            raise
        except PYTHONS_WORDS as error:
            raise SpecError(f"this cannot be computed: {error}", mark=self.code.mark(node)) from error

    # Names and constants

    def _constant(self, node: ast.Constant, scope: Scope) -> Any:
        return node.value

    def _name(self, node: ast.Name, scope: Scope) -> Any:
        value = scope.lookup(node.id)
        if value is MISSING:
            raise self.caller.unknown(node.id, scope)
        if type(value) is Broken:
            raise value.error
        return value

    def _named(self, node: ast.NamedExpr, scope: Scope) -> Any:
        value = self.evaluate(node.value, scope)
        around: Scope = scope
        while isinstance(around, Inner) and around.parent is not None:
            around = around.parent
        around.assign(node.target.id, value)
        return value

    def _lambda(self, node: ast.Lambda, scope: Scope) -> Closure:
        return Closure(node, self.code, scope, self.defaults(node, scope))

    def defaults(self, node: ast.FunctionDef | ast.Lambda, scope: Scope) -> dict[str, Any]:
        """The values of a function's defaults; one that cannot be had is an error where it is needed."""
        values: dict[str, Any] = {}
        for name, default in parameters_of(node).defaults.items():
            try:
                values[name] = self.evaluate(default, scope)
            except NnbuildError as error:
                values[name] = Broken(error)
        return values

    def _yield(self, node: ast.Yield, scope: Scope) -> None:
        frame = frame_of(scope)
        if frame is None:
            raise not_in_language(node)
        frame.yielded.append(self.evaluate(node.value, scope) if node.value else None)

    def _yield_from(self, node: ast.YieldFrom, scope: Scope) -> None:
        frame = frame_of(scope)
        if frame is None:
            raise not_in_language(node)
        frame.yielded += self.iterate(self.evaluate(node.value, scope), "yield from")

    # Collections

    def key(self, node: ast.AST, scope: Scope) -> Any:
        """The node's value as the key of a dict."""
        return displays.key(self, node, scope)

    def iterate(self, value: Any, what: str = "for") -> list[Any]:
        """The items that a loop over the value runs through."""
        return self.caller.items(value, what)

    def loop(self, node: ast.AST, scope: Scope) -> list[Any]:
        """The items of what a loop names."""
        value = self.evaluate(node, scope)
        try:
            return self.iterate(value)
        except NnbuildError as error:
            raise error.locate(mark=self.code.mark(node)) from None

    # Operators

    def _binary(self, node: ast.BinOp, scope: Scope) -> Any:
        left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
        return self.caller.operate(type(node.op).__name__, left, right)

    def _unary(self, node: ast.UnaryOp, scope: Scope) -> Any:
        name = type(node.op).__name__
        if name == "Not":
            return not self.condition(node.operand, scope)
        value = self.evaluate(node.operand, scope)
        if tensors.is_tensor(value):
            return tensors.unary(name, value)
        return arithmetic.unary(name, value)

    def _boolean(self, node: ast.BoolOp, scope: Scope) -> Any:
        wanted = isinstance(node.op, ast.Or)
        for part in node.values[:-1]:
            value = self.evaluate(part, scope)
            try:
                if self.truth(value) is wanted:
                    return value
            except NnbuildError as error:
                raise error.locate(mark=self.code.mark(part)) from None
        return self.evaluate(node.values[-1], scope)

    def _compare(self, node: ast.Compare, scope: Scope) -> Any:
        left, result = self.evaluate(node.left, scope), True
        for place, (operator, comparator) in enumerate(zip(node.ops, node.comparators, strict=True)):
            right = self.evaluate(comparator, scope)
            result = self._compared(type(operator).__name__, left, right)
            if place < len(node.ops) - 1 and not self.truth(result):
                return result
            left = right
        return result

    def _compared(self, name: str, left: Any, right: Any) -> Any:
        if name in ("Is", "IsNot"):
            return arithmetic.compare(name, left, right, self.budget)
        if tensors.is_tensor(left) or tensors.is_tensor(right):
            if name in ("In", "NotIn"):
                if isinstance(right, list | tuple) and any(left is item for item in right):
                    return name == "In"
                raise tensors.truth_refused(left if tensors.is_tensor(left) else right)
            if name in ("Eq", "NotEq") and any(side is None or isinstance(side, str) for side in (left, right)):
                return name == "NotEq"
            return tensors.binary(name, left, right)
        if name in ("In", "NotIn"):
            return self.contains(left, right) is (name == "In")
        return arithmetic.compare(name, left, right, self.budget)

    def contains(self, value: Any, container: Any) -> bool:
        """Whether the value is in the container."""
        own = getattr(container, "language_contains", None)
        if own is not None:
            return bool(own(self.caller, value))
        if hasattr(container, "_modules"):
            keys = getattr(container, "keys", None)
            container = list(keys()) if keys else list(container._modules.values())
        if isinstance(container, Items):
            container = list(container)
        return arithmetic.compare("In", value, container, self.budget)

    def _conditional(self, node: ast.IfExp, scope: Scope) -> Any:
        return self.evaluate(node.body if self.condition(node.test, scope) else node.orelse, scope)

    def condition(self, node: ast.AST, scope: Scope) -> bool:
        """Whether a test holds; refused for data, at the test's place."""
        value = self.evaluate(node, scope)
        try:
            return self.truth(value)
        except NnbuildError as error:
            raise error.locate(mark=self.code.mark(node)) from None

    def truth(self, value: Any) -> bool:
        """Whether a value counts as true, as in Python."""
        if type(value) in tensors.PLAIN:
            return bool(value)
        if tensors.is_tensor(value):
            return self.caller.tensor_truth(value)
        if hasattr(value, "_modules") and not isinstance(value, type):
            return len(value) > 0 if hasattr(type(value), "__len__") else True
        if isinstance(value, dict | list | tuple | set | frozenset):
            return bool(value)
        return True

    # Parts of values

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Any:
        value, index = self.evaluate(node.value, scope), self.evaluate(node.slice, scope)
        return self.item(value, index)

    def item(self, value: Any, index: Any) -> Any:
        """value[index]."""
        if tensors.is_tensor(value):
            return self.caller.tensor_item(value, index)
        own = getattr(value, "language_item", None)
        if own is not None:
            return own(self.caller, index)
        if hasattr(value, "_modules") and not isinstance(value, type):
            return self.caller.child(value, index)
        if is_type(value):
            return value if isinstance(value, Hint) else Hint(getattr(value, "name", "type"), (value,))
        return self.caller.plain_item(value, index)

    def _slice(self, node: ast.Slice, scope: Scope) -> slice:
        bounds = [self.evaluate(bound, scope) if bound else None for bound in (node.lower, node.upper, node.step)]
        for place, bound in enumerate(bounds):
            if tensors.is_tensor(bound):
                bounds[place] = self.caller.number(bound)
            elif not (bound is None or isinstance(bound, int)):
                raise SpecError(f"a slice wants whole numbers and gets {describe(bound)}")
        return slice(*bounds)

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Any:
        known = getattr(node, "known", None)
        value = prefixed(known, scope) if known else self.caller.attribute(self.evaluate(node.value, scope), node.attr)
        if type(value) is Broken:
            raise value.error
        return value

    # Calls

    def _call(self, node: ast.Call, scope: Scope) -> Any:
        function = node.func
        if isinstance(function, ast.Attribute) and not getattr(function, "known", None):
            receiver = self.evaluate(function.value, scope)
            args, kwargs = self.arguments(node, scope)
            return self.caller.call_method(receiver, function.attr, args, kwargs, self.code, node)
        callee = self.evaluate(function, scope)
        args, kwargs = self.arguments(node, scope)
        scoped = getattr(callee, "call_in", None)
        if scoped is not None:
            return scoped(scope, self.caller, args, kwargs)
        return self.caller.call(callee, args, kwargs, self.code, node)

    def arguments(self, node: ast.Call, scope: Scope) -> tuple[list[Any], dict[str, Any]]:
        """The values of a call's arguments."""
        kwargs: dict[str, Any] = {}
        args = displays.items(self, node.args, scope)
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, scope)
            if keyword.arg is not None:
                kwargs[keyword.arg] = value
                continue
            self.budget.spend(len(value) if isinstance(value, dict) else 0)
            if isinstance(value, dict) and all(isinstance(key, str) for key in value):
                kwargs.update(value)
            else:
                raise SpecError(f"** wants a dict with names and gets {describe(value)}")
        return args, kwargs

    def _starred(self, node: ast.Starred, scope: Scope) -> Any:
        raise SpecError("* stands in calls, lists and assignments only")


_HANDLERS: dict[type, Callable[..., Any]] = {
    ast.Constant: Evaluator._constant, ast.Name: Evaluator._name, ast.NamedExpr: Evaluator._named,
    ast.Lambda: Evaluator._lambda, ast.Yield: Evaluator._yield, ast.YieldFrom: Evaluator._yield_from,
    ast.BinOp: Evaluator._binary, ast.UnaryOp: Evaluator._unary, ast.BoolOp: Evaluator._boolean,
    ast.Compare: Evaluator._compare, ast.IfExp: Evaluator._conditional, ast.Subscript: Evaluator._subscript,
    ast.Slice: Evaluator._slice, ast.Attribute: Evaluator._attribute, ast.Call: Evaluator._call,
    ast.Starred: Evaluator._starred, **displays.HANDLERS,
}  # fmt: skip
