"""What names mean inside a forward, a method or a function of several lines."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Set
from typing import TYPE_CHECKING, NamedTuple

from nnbuild.exchange.pytorch import syntax
from nnbuild.exchange.pytorch.kinds import PLAIN, RESULT, TENSOR
from nnbuild.exchange.pytorch.names import Called, Callee, Frame, Key
from nnbuild.exchange.pytorch.translator import Meaning, Translator
from nnbuild.exchange.pytorch.vocabulary import RESERVED

if TYPE_CHECKING:
    from nnbuild.exchange.pytorch.files import Source


class Members(NamedTuple):
    """What a module has by name: its layers, its parameters and buffers, arguments and values of its own, methods, and
    what its programs put on it.
    """

    layers: Set[str] = frozenset()
    tensors: Set[str] = frozenset()
    own: Set[str] = frozenset()
    methods: Mapping[str, Called] = {}
    stored: Set[str] = frozenset()


class Inside(Translator):
    """Names inside a program: its own variables, what the module has, then what every spec knows.

    Params: members, of the module; kept, takes up the names of arguments and values that the module has to keep.
    """

    def __init__(self, source: Source, owner: Callee, members: Members, kept: list[str]) -> None:
        super().__init__(source, owner, Frame(()))
        self.members = members
        self.kept = kept
        self.renamed: dict[str, str] = {}
        self.later: set[str] = set()
        self.given: set[str] = set()
        self.module_functions: Mapping[str, Called] = {}

    def bind(self, name: str, kind: str) -> None:
        """A variable of the program, from here on."""
        self.renamed[name] = self.spelt_variable(name)
        self.kinds[name] = kind
        self.functions.pop(name, None)

    def spelt_variable(self, name: str) -> str:
        """What a variable is called: not as what the file has at its top."""
        return f"{name}_" if name in RESERVED or name in self.source.titles else name

    def bound(self, name: str, kind: str) -> ast.Name:
        self.bind(name, kind)
        return ast.Name(self.renamed[name])

    def lookup(self, name: str, node: ast.AST | None = None) -> Meaning | None:
        for scope in reversed(self.scopes[1:]):
            if name in scope:
                return Meaning(scope[name].place(0), scope[name].kind)
        if name in self.renamed:
            return Meaning(ast.Name(self.renamed[name]), self.kinds[name])
        found = self.outside(name, node)
        return Meaning(ast.Name(self.spelt_variable(name))) if found is None and name in self.later else found

    def outside(self, name: str, node: ast.AST | None) -> Meaning | None:
        """What a name stands for that is no variable of the program."""
        return self._of_module(name) or self.of_file(name) or self.of_language(name, node)

    def _of_module(self, name: str) -> Meaning | None:
        has = self.members
        if name in has.stored and name in has.own:
            return Meaning(self._keep(name), self._kind_of_name(name))
        if name in has.layers or name in has.tensors or name in has.methods or name in has.stored or name == "training":
            return Meaning(syntax.attribute("self", name), self._kind_of_name(name))
        return Meaning(self._keep(name)) if name in has.own else None

    def _keep(self, name: str) -> ast.expr:
        if name not in self.kept:
            self.kept.append(name)
        return syntax.attribute("self", kept_name(name))

    def lifted(self, key: Key) -> ast.expr:
        if key.file is not self.owner.file:
            return self.source.constant(key)
        if key.file is self.owner.thing:
            return self._keep(key.name)
        self.source.lift(self.owner, key)
        return self._keep(self.source.lifted_name(key))

    def prefixed(self, prefix: str, name: str, node: ast.AST) -> Meaning:
        if prefix == "self":
            found = self._of_module(name) or self.of_file(name)
            return found or Meaning(syntax.attribute("self", name))
        return super().prefixed(prefix, name, node)

    def called(self, function: ast.expr) -> Called | None:
        if isinstance(function, ast.Attribute):
            prefix, name = getattr(function, "known", None) or ("", "")
            return self._called_outside(ast.Name(name)) if prefix == "self" else None
        if isinstance(function, ast.Name) and function.id not in self.functions:
            return None if function.id in self.renamed else self._called_outside(function)
        return super().called(function)

    def _called_outside(self, function: ast.Name) -> Called | None:
        own = self.members.methods.get(function.id) or self.module_functions.get(function.id)
        return own or super().called(function)

    def _kind_of_name(self, name: str) -> str:
        for scope in reversed(self.scopes[1:]):
            if name in scope:
                return scope[name].kind
        if name in self.renamed and name not in self.functions:
            return self.kinds[name]
        return super()._kind_of_name(name) if name in self.functions else self._kind_outside(name)

    def _kind_outside(self, name: str) -> str:
        has = self.members
        if name in has.layers:
            return "layer"
        if name in has.tensors:
            return TENSOR
        if name in has.stored:
            return self.source.kind_of_argument(id(self.owner.thing), name)
        called = self._called_outside(ast.Name(name))
        if called is not None:
            return "op" if self.source.kind_of_argument(called.key, RESULT) == TENSOR else PLAIN
        return PLAIN if name in has.own else super()._kind_of_name(name)


class InFunction(Inside):
    """Names inside a function within another: its own variables, then the names of the outer one."""

    def __init__(self, outer: Translator) -> None:
        super().__init__(outer.source, outer.owner, Members(), [])
        self._outer = outer
        self._elsewhere: set[str] = set()

    def outside(self, name: str, node: ast.AST | None) -> Meaning | None:
        return self._outer.lookup(name, node)

    def lifted(self, key: Key) -> ast.expr:
        return self._outer.lifted(key)

    def prefixed(self, prefix: str, name: str, node: ast.AST) -> Meaning:
        return self._outer.prefixed(prefix, name, node)

    def share(self, names: Iterable[str]) -> None:
        """Variables of the outer function that this one gives values to."""
        self._elsewhere |= {*names}

    def bind(self, name: str, kind: str) -> None:
        if name in self._elsewhere and isinstance(self._outer, Inside):
            self._outer.bind(name, kind)
        super().bind(name, kind)

    def called(self, function: ast.expr) -> Called | None:
        own = isinstance(function, ast.Name) and (function.id in self.functions or function.id in self.renamed)
        return super().called(function) if own or isinstance(function, ast.Lambda) else self._outer.called(function)

    def _kind_outside(self, name: str) -> str:
        return self._outer._kind_of_name(name)


def kept_name(name: str) -> str:
    """What a module calls a value that it keeps: not as one of its methods."""
    from nnbuild.nn import Module

    return f"{name}_" if hasattr(Module, name) else name
