"""Evaluating expressions: a walk over the checked tree, one method per kind of node.

The same walk serves values in the spec, where calling a layer type makes a layer, and forwards, where calling a layer
runs it. Which names there are is the scope's affair, calls are in `calls`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from nnbuild.budget import Budget
from nnbuild.errors import PYTHONS_WORDS, NnbuildError, ProblemList, SpecError, suggestion
from nnbuild.spec.language import arithmetic, functions, namespaces, tensors
from nnbuild.spec.language.advice import advice
from nnbuild.spec.language.assignment import bind, subscript
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.other_names import made_under_layers
from nnbuild.spec.language.scope import MISSING, Scope
from nnbuild.spec.language.syntax import Code


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
            return _HANDLERS[type(node)](self, node, scope)
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
            raise unknown(node.id, scope)
        return value

    def _joined(self, node: ast.JoinedStr, scope: Scope) -> str:
        parts: list[str] = []
        length = 0
        for part in node.values:
            parts.append(self.evaluate(part, scope))
            length += len(parts[-1])
            arithmetic.check_text(length)
        self.budget.spend_on(text := "".join(parts))
        return text

    def _formatted(self, node: ast.FormattedValue, scope: Scope) -> str:
        if node.conversion not in (-1, ord("s")):
            raise SpecError("!r and !a are not part of the language", hint="write {value}")
        spec = self.evaluate(node.format_spec, scope) if node.format_spec else ""
        return functions.format_text(self.evaluate(node.value, scope), spec)

    # Collections

    def _list(self, node: ast.List, scope: Scope) -> list[Any]:
        return self.items(node.elts, scope)

    def _tuple(self, node: ast.Tuple, scope: Scope) -> tuple[Any, ...]:
        return tuple(self.items(node.elts, scope))

    def items(self, nodes: list[ast.expr], scope: Scope) -> list[Any]:
        """The values of a list's nodes, starred ones spread out."""
        values: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                values += self.iterate(self.evaluate(node.value, scope), "*")
                arithmetic.checked(values)
            else:
                values.append(self.evaluate(node, scope))
        return values

    def _dict(self, node: ast.Dict, scope: Scope) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                other = self.evaluate(value, scope)
                if not isinstance(other, dict):
                    raise SpecError(f"** wants a dict and gets {describe(other)}")
                self.budget.spend(len(other))
                result.update(other)
            else:
                result[self.key(key, scope)] = self.evaluate(value, scope)
        return result

    def key(self, node: ast.AST, scope: Scope) -> Any:
        key = self.evaluate(node, scope)
        try:
            return functions.checked_key(key)
        except SpecError as error:
            raise error.locate(mark=self.code.mark(node)) from None

    def iterate(self, value: Any, what: str = "for") -> list[Any]:
        """The items that a loop over the value runs through."""
        if type(value) not in tensors.PLAIN:
            if tensors.is_tensor(value):
                return tensors.items(value, self.budget)
            if hasattr(value, "_modules"):
                return self.caller.children(value)
        found = functions.iterate(value, what)
        self.budget.spend(len(found))
        return list(found)

    def loop(self, node: ast.AST, scope: Scope) -> list[Any]:
        """The items of what a loop names."""
        value = self.evaluate(node, scope)
        try:
            return self.iterate(value)
        except NnbuildError as error:
            raise error.locate(mark=self.code.mark(node)) from None

    def _comprehend(self, generators: list[ast.comprehension], scope: Scope, result: Callable[[Scope], None]) -> None:
        first, *rest = generators
        for item in self.loop(first.iter, scope):
            self.budget.spend()
            inner = Scope({}, scope)
            bind(self, first.target, item, inner)
            if all(self.truth(self.evaluate(condition, inner)) for condition in first.ifs):
                if rest:
                    self._comprehend(rest, inner, result)
                else:
                    result(inner)

    def _list_comprehension(self, node: ast.ListComp | ast.GeneratorExp, scope: Scope) -> list[Any]:
        values: list[Any] = []
        self._comprehend(node.generators, scope, lambda inner: values.append(self.evaluate(node.elt, inner)))
        return values

    def _dict_comprehension(self, node: ast.DictComp, scope: Scope) -> dict[Any, Any]:
        values: dict[Any, Any] = {}

        def add(inner: Scope) -> None:
            values[self.key(node.key, inner)] = self.evaluate(node.value, inner)

        self._comprehend(node.generators, scope, add)
        return values

    # Operators

    def _binary(self, node: ast.BinOp, scope: Scope) -> Any:
        left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
        return tensors.operate(type(node.op).__name__, left, right, self.budget)

    def _unary(self, node: ast.UnaryOp, scope: Scope) -> Any:
        value, name = self.evaluate(node.operand, scope), type(node.op).__name__
        if name == "Not":
            return not self.truth(value)
        return tensors.unary(name, value) if tensors.is_tensor(value) else arithmetic.unary(name, value)

    def _boolean(self, node: ast.BoolOp, scope: Scope) -> Any:
        wanted = isinstance(node.op, ast.Or)
        for part in node.values:
            value = self.evaluate(part, scope)
            if part is node.values[-1] or self.truth(value) is wanted:
                break
        return value

    def _compare(self, node: ast.Compare, scope: Scope) -> Any:
        left, result = self.evaluate(node.left, scope), True
        for operator, part in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(part, scope)
            result = self._compare_two(type(operator).__name__, left, right)
            if len(node.ops) > 1 and not self.truth(result):
                return result
            left = right
        return result

    def _compare_two(self, name: str, left: Any, right: Any) -> Any:
        if name not in ("Is", "IsNot") and (tensors.is_tensor(left) or tensors.is_tensor(right)):
            if name in ("In", "NotIn"):
                raise tensors.truth_refused(left if tensors.is_tensor(left) else right)
            if left is None or right is None:
                return name == "NotEq"
            return tensors.binary(name, left, right)
        if name in ("In", "NotIn") and hasattr(right, "_modules"):
            right = list(right._modules)
        return arithmetic.compare(name, left, right, self.budget)

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
        if tensors.is_tensor(value):
            raise tensors.truth_refused(value)
        return True if hasattr(value, "_modules") else bool(value)

    # Parts of values

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Any:
        value, index = self.evaluate(node.value, scope), self.evaluate(node.slice, scope)
        if tensors.is_tensor(value):
            self.budget.spend_on(index)
            return self.caller.call_op(tensors.find_op("getitem"), [value, index], {})
        if hasattr(value, "_modules"):
            return self.caller.child(value, index)
        return subscript(value, index, self.budget)

    def _slice(self, node: ast.Slice, scope: Scope) -> slice:
        bounds = [self.evaluate(bound, scope) if bound else None for bound in (node.lower, node.upper, node.step)]
        for bound in bounds:
            if not (bound is None or isinstance(bound, int)):
                raise SpecError(f"a slice wants whole numbers and gets {describe(bound)}")
        return slice(*bounds)

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Any:
        known = getattr(node, "known", None)
        if known:
            return prefixed(known, scope)
        value = self.evaluate(node.value, scope)
        if tensors.is_tensor(value):
            return tensors.attribute(value, node.attr)
        return self.caller.attribute(value, node.attr)

    # Calls

    def _call(self, node: ast.Call, scope: Scope) -> Any:
        function = node.func
        if isinstance(function, ast.Attribute) and not getattr(function, "known", None):
            receiver = self.evaluate(function.value, scope)
            args, kwargs = self.arguments(node, scope)
            return self.caller.call_method(receiver, function.attr, args, kwargs, self.code, node)
        callee = self.evaluate(function, scope)
        args, kwargs = self.arguments(node, scope)
        return self.caller.call(callee, args, kwargs, self.code, node)

    def arguments(self, node: ast.Call, scope: Scope) -> tuple[list[Any], dict[str, Any]]:
        """The values of a call's arguments."""
        kwargs: dict[str, Any] = {}
        args = self.items(node.args, scope)
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, scope)
            if keyword.arg is not None:
                kwargs[keyword.arg] = value
            elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
                kwargs.update(value)
            else:
                raise SpecError(f"** wants a dict with names and gets {describe(value)}")
        return args, kwargs

    def _starred(self, node: ast.Starred, scope: Scope) -> Any:
        raise SpecError("* stands in calls, lists and assignments only")


def prefixed(known: tuple[str, str], scope: Scope) -> Any:
    """What `F.relu`, `math.sqrt`, `self.conv1`, ... stand for."""
    prefix, name = known
    value = scope.prefixed(prefix, name)
    if value is MISSING:
        own = namespaces.names(prefix) if prefix in namespaces.NAMESPACES else None
        names = own or (functions.MATH if prefix in ("math", "np") else scope.names())
        hint = made_under_layers(name) if prefix == "nn" else None
        raise SpecError(f"{prefix}.{name} is not known here", hint=hint or suggestion(name, names))
    return value


def unknown(name: str, scope: Scope) -> SpecError:
    """The error for a name that nothing goes by."""
    names = scope.names()
    hint = advice(name) or suggestion(name, names, cutoff=0.75)
    if hint is None:
        known = f"values are named under `params:` or `let:`, text is quoted: '{name}'"
        hint = " ".join(filter(None, (suggestion(name, names), known)))
    return SpecError(f"the name {name} is not known here", hint=hint)


_HANDLERS: dict[type, Callable[[Evaluator, Any, Scope], Any]] = {
    ast.Constant: Evaluator._constant, ast.Name: Evaluator._name, ast.JoinedStr: Evaluator._joined,
    ast.FormattedValue: Evaluator._formatted, ast.List: Evaluator._list, ast.Tuple: Evaluator._tuple,
    ast.Dict: Evaluator._dict, ast.ListComp: Evaluator._list_comprehension,
    ast.GeneratorExp: Evaluator._list_comprehension, ast.DictComp: Evaluator._dict_comprehension,
    ast.BinOp: Evaluator._binary, ast.UnaryOp: Evaluator._unary, ast.BoolOp: Evaluator._boolean,
    ast.Compare: Evaluator._compare, ast.IfExp: Evaluator._conditional, ast.Subscript: Evaluator._subscript,
    ast.Slice: Evaluator._slice, ast.Attribute: Evaluator._attribute, ast.Call: Evaluator._call,
    ast.Starred: Evaluator._starred,
}  # fmt: skip
