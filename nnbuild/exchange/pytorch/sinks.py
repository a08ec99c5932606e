"""Where layers go: to the attributes of a module, or into a list or a dict that a container is made of."""

from __future__ import annotations

import ast
import keyword
from typing import TYPE_CHECKING

from nnbuild.errors import SpecError
from nnbuild.exchange.pytorch import syntax
from nnbuild.exchange.pytorch.names import Variable

if TYPE_CHECKING:
    from nnbuild.exchange.pytorch.files import Source


class Sink:
    """What is done with a layer, as statements. A name of None numbers it."""

    def one(self, name: ast.expr | None, layer: ast.expr) -> list[ast.stmt]:
        raise NotImplementedError

    def several(self, layers: ast.expr) -> list[ast.stmt]:
        raise NotImplementedError

    def layer(self, name: ast.expr | None, layer: ast.expr) -> list[ast.stmt]:
        """A layer, which may be left out: none, or none under a condition."""
        if syntax.is_none(layer):
            return self.nothing(name)
        if not isinstance(layer, ast.IfExp) or not may_be_none(layer):
            return self.one(name, layer)
        body, orelse = self.layer(name, layer.body), self.layer(name, layer.orelse)
        if not body:
            return [ast.If(syntax.negated(layer.test), orelse, [])]
        return [ast.If(layer.test, body, orelse)]

    def nothing(self, name: ast.expr | None) -> list[ast.stmt]:
        """A layer that is left out."""
        return []

    def under(self, test: ast.expr, body: list[ast.stmt], names: list[str]) -> list[ast.stmt]:
        """What is below an `if`."""
        return [ast.If(test, body, [])] if body else []


class Fields(Sink):
    """The attributes of the module. Params: asked, names that must be there, if as None."""

    def __init__(self, asked: set[str]) -> None:
        self.asked = asked
        self.count = 0

    def one(self, name: ast.expr | None, layer: ast.expr) -> list[ast.stmt]:
        plain = isinstance(name, ast.Constant) and is_word(str(name.value))
        self.count += 1
        if plain:
            return [syntax.assign(f"self.{name.value}", layer)]  # type: ignore[union-attr]
        place = name or syntax.call("str", syntax.call("len", syntax.name("self._modules")))
        return [syntax.run(syntax.call("self.add_module", place, layer))]

    def several(self, layers: ast.expr) -> list[ast.stmt]:
        raise SpecError("several layers without names in a module with a forward of its own", hint="name them")

    def layer(self, name: ast.expr | None, layer: ast.expr) -> list[ast.stmt]:
        plain = isinstance(name, ast.Constant) and is_word(str(name.value))
        return self.one(name, layer) if plain else super().layer(name, layer)

    def under(self, test: ast.expr, body: list[ast.stmt], names: list[str]) -> list[ast.stmt]:
        (single,) = body if len(body) == 1 else (None,)
        if isinstance(single, ast.Assign) and not isinstance(single.value, ast.IfExp) and len(names) == 1:
            single.value = ast.IfExp(test, single.value, ast.Constant(None))
            return [single]
        missing: list[ast.stmt] = [
            syntax.assign(f"self.{name}", ast.Constant(None)) for name in names if name in self.asked
        ]
        return [ast.If(test, body, missing)] if body else []


def may_be_none(layer: ast.expr) -> bool:
    """Whether a branch of the expression is none."""
    if isinstance(layer, ast.IfExp):
        return may_be_none(layer.body) or may_be_none(layer.orelse)
    return syntax.is_none(layer)


def is_word(name: str) -> bool:
    """Whether an attribute can be written with this name."""
    return name.isidentifier() and not keyword.iskeyword(name)


class Filled(Sink):
    """A list, or a dict if the layers are named, in a variable."""

    def __init__(self, variable: Variable, named: bool) -> None:
        self.variable = variable
        self.named = named

    def place(self) -> ast.Name:
        return self.variable.place(self.variable.since)

    def start(self, source: Source) -> ast.expr:
        """What the variable begins as."""
        if not self.named:
            return ast.List([])
        source.imports.add("collections.OrderedDict")
        return syntax.call("OrderedDict")

    def gathered(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """The statements that fill the variable, with the first layers in its list from the start."""
        start, *rest = statements
        assert isinstance(start, ast.Assign)
        while isinstance(start.value, ast.List) and rest and (layer := self._appended(rest[0])) is not None:
            start.value.elts.append(layer)
            del rest[0]
        return [start, *rest]

    def _appended(self, statement: ast.stmt) -> ast.expr | None:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "append":
            return None
        return call.args[0] if any(call.func.value is place for place in self.variable.places) else None

    def one(self, name: ast.expr | None, layer: ast.expr) -> list[ast.stmt]:
        if not self.named:
            return [syntax.run(syntax.call(ast.Attribute(self.place(), "append"), layer))]
        key = name or syntax.call("str", syntax.call("len", self.place()))
        return [syntax.assign(ast.Subscript(self.place(), key), layer)]

    def several(self, layers: ast.expr) -> list[ast.stmt]:
        if self.named:
            raise SpecError("several layers without names beside layers that have some", hint="name all of them")
        return [syntax.run(syntax.call(ast.Attribute(self.place(), "extend"), layers))]
