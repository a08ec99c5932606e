"""Functions that a program defines: `def`, `lambda`, methods, with the scope that they were made in."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from nnbuild.errors import OptionError, SpecError, suggestion
from nnbuild.spec.language.scope import Frame, Scope
from nnbuild.spec.language.syntax import Code, is_docstring


class Parameters:
    """What a function takes, as it is written."""

    __slots__ = ("defaults", "keywords", "named", "positional", "rest", "unnamed")

    def __init__(self, arguments: ast.arguments) -> None:
        positional = [*arguments.posonlyargs, *arguments.args]
        self.unnamed = len(arguments.posonlyargs)
        self.positional = tuple(arg.arg for arg in positional)
        self.rest = arguments.vararg.arg if arguments.vararg else None
        self.named = tuple(arg.arg for arg in arguments.kwonlyargs)
        self.keywords = arguments.kwarg.arg if arguments.kwarg else None
        self.defaults: dict[str, ast.expr] = dict(
            zip(reversed(self.positional), reversed(arguments.defaults), strict=False)
        )
        for name, default in zip(self.named, arguments.kw_defaults, strict=True):
            if default is not None:
                self.defaults[name] = default

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all arguments but `*args` and `**kwargs`."""
        return (*self.positional, *self.named)

    def without_self(self) -> Parameters:
        """The parameters behind `self`."""
        if self.positional[:1] == ("self",):
            self.positional = self.positional[1:]
        return self

    @property
    def required(self) -> tuple[str, ...]:
        """The names that have no default."""
        return tuple(name for name in self.names if name not in self.defaults)

    def bind(
        self, who: str, args: list[Any] | tuple[Any, ...], kwargs: dict[str, Any], default: Callable[[str], Any]
    ) -> dict[str, Any]:
        """The values by name. Params: who, for messages; default, gives the value of an argument that is left out.

        Defaults are asked for in order, once everything else is bound.
        """
        shown = self.names[1:] if self.names[:1] == ("self",) else self.names
        takes = f"{who} takes {', '.join(shown) or 'no inputs'}"
        values: dict[str, Any] = dict(zip(self.positional, args, strict=False))
        if self.rest:
            values[self.rest] = tuple(args[len(self.positional) :])
        elif len(args) > len(self.positional):
            raise OptionError(f"{takes} and gets {len(args) - (len(self.names) - len(shown))} inputs")
        more: dict[str, Any] = {}
        known = frozenset(self.names[self.unnamed :]) if kwargs else ()
        for key, value in kwargs.items():
            if key in known:
                if key in values:
                    raise OptionError(f"{takes} and gets {key} twice")
                values[key] = value
            elif self.keywords:
                more[key] = value
            else:
                raise OptionError(f"{takes} and gets {key}", hint=suggestion(key, self.names))
        if self.keywords:
            values[self.keywords] = more
        for key in self.names:
            if key not in values:
                if key not in self.defaults:
                    raise OptionError(f"{takes} and gets no {key}")
                values[key] = default(key)
        return values


class Closure:
    """A function. Params: node, its `def` or `lambda`; defaults, the values of its defaults by name; owner, the class
    that it is a method of.
    """

    def __init__(
        self, node: ast.FunctionDef | ast.Lambda, code: Code, scope: Scope, defaults: dict[str, Any], owner: Any = None
    ) -> None:
        self.node = node
        self.code = code
        self.scope = scope
        self.defaults = defaults
        self.owner = owner
        self.parameters = parameters_of(node)
        self.fields: dict[str, Any] = {}
        body = node.body if isinstance(node.body, list) else [node.body]
        self.body: list[Any] = [part for part in body if not is_docstring(part)]
        self.yields = isinstance(node, ast.FunctionDef) and "yield" in code.written.text and _yields(node)

    @property
    def __name__(self) -> str:
        return self.node.name if isinstance(self.node, ast.FunctionDef) else "<lambda>"

    @property
    def described(self) -> str:
        return "a lambda" if isinstance(self.node, ast.Lambda) else f"the function {self.__name__}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Closure:
        return self

    def frame(self, args: list[Any], kwargs: dict[str, Any]) -> Frame:
        """The names of one call."""
        frame = Frame(self.scope)
        frame.values = self.parameters.bind(self._who(), args, kwargs, self.defaults.__getitem__)
        frame.owner = self.owner
        if self.owner is not None and self.parameters.positional:
            frame.first = frame.values[self.parameters.positional[0]]
        return frame

    def _who(self) -> str:
        """How messages call the function."""
        name = self.__name__
        if self.owner is None:
            return name
        return str(self.owner.name) if name in ("__init__", "forward") else f"{self.owner.name}.{name}"

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """The function's value for these arguments."""
        return caller.descend(self._run, args, kwargs)

    def _run(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        caller.budget.spend(len(self.parameters.names) + len(args) + len(kwargs))
        return caller.execute(self, self.frame(args, kwargs))

    def language_get(self, caller: Any, name: str) -> Any:
        """Its name, its words, or what was put on it."""
        if name in ("__name__", "__qualname__"):
            return self.__name__
        if name == "__doc__":
            return ast.get_docstring(self.node) if isinstance(self.node, ast.FunctionDef) else None
        if name == "__module__":
            return "nnbuild"
        if name in self.fields:
            return self.fields[name]
        raise SpecError(f"{self.described} has no attribute {name}")

    def language_set(self, caller: Any, name: str, value: Any) -> None:
        """Put a value on the function."""
        self.fields[name] = value


def _yields(node: ast.FunctionDef) -> bool:
    """Whether calling the function makes a generator."""
    known: bool | None = getattr(node, "yields", None)
    if known is None:
        pending: list[ast.AST] = list(node.body)
        known = False
        while pending and not known:
            part = pending.pop()
            known = isinstance(part, ast.Yield | ast.YieldFrom)
            if not isinstance(part, ast.FunctionDef | ast.Lambda | ast.ClassDef):
                pending += ast.iter_child_nodes(part)
        node.yields = known  # type: ignore[attr-defined]
    return known


def parameters_of(node: ast.FunctionDef | ast.Lambda) -> Parameters:
    """What the function takes, worked out once."""
    known: Parameters | None = getattr(node, "parameters", None)
    if known is None:
        known = node.parameters = Parameters(node.args)  # type: ignore[union-attr]
    return known


class Bound:
    """A method of an object: `self.encode`. Params: function, what is called; receiver, its first argument."""

    __slots__ = ("function", "receiver")

    def __init__(self, function: Any, receiver: Any) -> None:
        self.function = function
        self.receiver = receiver

    @property
    def __name__(self) -> str:
        name: str = getattr(self.function, "__name__", "method")
        return name

    @property
    def described(self) -> str:
        return f"the method {self.__name__}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bound) and other.function is self.function and other.receiver is self.receiver

    def __hash__(self) -> int:
        return hash((id(self.function), id(self.receiver)))

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """The method's value."""
        return caller.call(self.function, [self.receiver, *args], kwargs, None, None)

    def language_get(self, caller: Any, name: str) -> Any:
        """Of the function, and what it is bound to."""
        if name == "__self__":
            return self.receiver
        if name == "__func__":
            return self.function
        return caller.attribute(self.function, name)
