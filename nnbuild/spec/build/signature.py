"""Signatures of blocks and of the functions under `let:`: names, defaults, and binding arguments to them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from nnbuild.errors import OptionError, SpecError, suggestion
from nnbuild.spec.build.lines import Lines, is_program
from nnbuild.spec.build.values import evaluate, value_of
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.expressions import Evaluator
from nnbuild.spec.language.scope import Frame, Scope
from nnbuild.spec.language.syntax import Code, parse_expression
from nnbuild.spec.text.nodes import Node, Scalar


class Signature:
    """Names and defaults: `Block(inplanes, planes, stride=1)`. A default may use the names before it."""

    def __init__(self, name: str, names: tuple[str, ...], defaults: dict[str, Callable[[Scope, Caller], Any]]) -> None:
        self.name = name
        self.names = names
        self.defaults = defaults

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{name}=...' if name in self.defaults else name for name in self.names)})"

    def bind(self, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments by name. Raises OptionError for what the signature does not take, or misses."""
        usage = f"it is {self}"
        if len(args) > len(self.names):
            raise OptionError(f"{self.name} takes {len(self.names)} options and gets {len(args)}", hint=usage)
        values = dict(zip(self.names, args, strict=False))
        for key, value in kwargs.items():
            if key in values:
                raise OptionError(f"{self.name} gets {key} twice", hint=usage, option=key)
            if key not in self.names:
                hint = suggestion(key, self.names) or usage
                raise OptionError(f"{self.name} has no option {key!r}", hint=hint, option=key)
            values[key] = value
        missing = [name for name in self.names if name not in values and name not in self.defaults]
        if missing:
            raise OptionError(f"{self.name} needs {' and '.join(missing)}", hint=usage)
        return values

    def fill(self, scope: Scope, given: dict[str, Any], evaluation: Scope, caller: Caller) -> None:
        """Put the values into the scope in order, defaults evaluated with those before them."""
        for name in self.names:
            scope.values[name] = given[name] if name in given else self.defaults[name](evaluation, caller)


def parse_signature(key: Scalar, what: str) -> Signature:
    """Read `Name(a, b=1)` or `Name`."""
    code = parse_expression(key)
    node = code.tree.body  # type: ignore[attr-defined]
    call = node if isinstance(node, ast.Call) else ast.Call(node, [], [])
    if not isinstance(call.func, ast.Name):
        raise SpecError(f"{what} is Name(a, b=1)", mark=key.mark)
    names: list[str] = []
    for arg in call.args:
        if not isinstance(arg, ast.Name):
            raise SpecError(f"{what} names its parameters", mark=code.mark(arg), hint="as in Block(channels, stride=1)")
        names.append(arg.id)
    names += [keyword.arg or "**" for keyword in call.keywords]
    for name in names:
        if name == "**" or names.count(name) > 1:
            raise SpecError(f"{what} names each parameter once", mark=key.mark)
    defaults = {keyword.arg: _default(code, keyword.value) for keyword in call.keywords if keyword.arg}
    return Signature(call.func.id, tuple(names), defaults)


def _default(code: Code, node: ast.expr) -> Callable[[Scope, Caller], Any]:
    return lambda scope, caller: Evaluator(code, caller).evaluate(node, scope)


def node_default(node: Node) -> Callable[[Scope, Caller], Any]:
    """A default written as a YAML value."""
    return lambda scope, caller: value_of(node, scope, caller)


class SpecFunction:
    """A function defined under `let:`, as in `halve(v): v // 2`."""

    def __init__(self, signature: Signature, body: Node, scope: Scope) -> None:
        self.signature = signature
        self.body = body
        self.scope = scope

    @property
    def described(self) -> str:
        return f"the function {self.signature.name}"

    def call_with(self, caller: Caller, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """The body's value for these arguments."""
        return caller.descend(self._run, args, kwargs)

    def _run(self, caller: Caller, args: list[Any], kwargs: dict[str, Any]) -> Any:
        inner = Frame(self.scope)
        self.signature.fill(inner, self.signature.bind(args, kwargs), inner, caller)
        if isinstance(self.body, Scalar) and is_program(self.body):
            return Lines(self.body, self.signature.name).run(inner, caller)
        if isinstance(self.body, Scalar) and self.body.quoted:  # as YAML wants a body with ': ' or brackets
            return evaluate(self.body, inner, caller)
        return value_of(self.body, inner, caller)
