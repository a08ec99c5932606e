"""Names of the file that is written: its classes and functions, and the variables of a function."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from nnbuild.exchange.pytorch.kinds import PLAIN
from nnbuild.spec.build.signature import Signature
from nnbuild.spec.document import SpecDefinition
from nnbuild.spec.text.nodes import Node


class Key(NamedTuple):
    """A param, or a value under `let:`, of a whole file."""

    file: SpecDefinition
    name: str


class Called(NamedTuple):
    """A function that is written. Params: key, by which the file knows it; positional, rest, its arguments' names."""

    key: object
    positional: tuple[str, ...]
    rest: str | None = None


class Callee:
    """A class or a function of the file that is written.

    Params: title, its name there; file, whose names it sees; thing, the definition that it is of, or the node of a
    function; body, of a function; lifted, the params and values of the file that it needs, which it takes as arguments;
    by_name, whether it takes these by name only.
    """

    def __init__(self, title: str, signature: Signature, file: SpecDefinition, thing: Any, body: Node | None) -> None:
        self.title = title
        self.signature = signature
        self.file = file
        self.thing = thing
        self.body = body
        self.lifted: list[Key] = []
        self.is_helper = False
        self.by_name = False

    @property
    def place(self) -> int:
        """Where it stands in its file."""
        if isinstance(self.thing, ast.FunctionDef):
            assert self.body is not None
            return self.body.start + self.thing.lineno
        node: Node = self.thing.place if hasattr(self.thing, "sections") else self.thing
        return node.start

    @property
    def is_layer_type(self) -> bool:
        return self.body is None

    def lift(self, key: Key) -> bool:
        """Take the value as an argument from now on; whether it was not one."""
        new = key not in self.lifted
        if new:
            self.lifted.append(key)
            order = [*key.file.signature.names, *_lets(key.file)]
            self.lifted.sort(key=lambda each: order.index(each.name))
        return new


def _lets(file: SpecDefinition) -> Iterator[str]:
    node = file.sections.get("let")
    yield from (key.text for key, _ in getattr(node, "entries", ()))


class Variable:
    """A variable of a function: where it is bound and used, so that it can be renamed.

    Params: since, from when on nothing else may go by its name; 0 for an argument.
    """

    def __init__(self, name: str, since: int) -> None:
        self.name = name
        self.since = since
        self.kind = PLAIN
        self.places: list[ast.Name] = []
        self.titles: list[ast.FunctionDef] = []
        self.last = -1

    def place(self, time: int) -> ast.Name:
        """A new place where the variable stands."""
        node = ast.Name(self.name)
        self.places.append(node)
        self.last = max(self.last, time)
        return node

    def rename(self, name: str) -> None:
        self.name = name
        for node in self.places:
            node.id = name
        for function in self.titles:
            function.name = name


class Frame:
    """The variables of one function. Params: reserved, names that it must not use."""

    def __init__(self, reserved: Iterable[str]) -> None:
        self.reserved = set(reserved)
        self.variables: list[Variable] = []
        self.time = 0
        self._loops: list[int] = []

    def tick(self) -> int:
        self.time += 1
        return self.time

    def argument(self, name: str) -> Variable:
        """A variable that is there from the start."""
        return self._add(name, 0)

    def bind(self, name: str) -> Variable:
        """A new variable, bound here."""
        return self._add(name, self._loops[0] if self._loops else self.tick())

    def _add(self, name: str, since: int) -> Variable:
        variable = Variable(name, since)
        self.variables.append(variable)
        return variable

    def fresh(self, *wanted: str) -> Variable:
        """A variable of the first of these names that is free, or of one made of the last."""
        taken = {variable.name for variable in self.variables} | self.reserved
        names = (*wanted, *(f"{wanted[-1]}_{number}" for number in range(2, 1000)))
        return self.bind(next(name for name in names if name not in taken))

    def enter(self) -> None:
        self._loops.append(self.tick())

    def leave(self) -> None:
        self._loops.pop()

    def settle(self) -> None:
        """Rename the variables that would take the name of another that is still needed."""
        for variable in self.variables:
            if variable.since and (variable.name in self.reserved or self._is_taken(variable)):
                taken = {other.name for other in self.variables} | self.reserved
                names = (variable.name + "_" * count for count in range(1, 100))
                variable.rename(next(name for name in names if name not in taken))

    def _is_taken(self, variable: Variable) -> bool:
        return any(
            other is not variable and other.name == variable.name and other.since <= variable.since < other.last
            for other in self.variables
        )
