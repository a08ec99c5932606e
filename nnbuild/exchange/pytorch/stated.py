"""The functions that a file or a block states: under `functions:`, and those under `let:`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from nnbuild.exchange.pytorch.names import Called
from nnbuild.spec.build.blocks import Definition
from nnbuild.spec.build.signature import Signature, parse_signature
from nnbuild.spec.language.closures import parameters_of
from nnbuild.spec.language.syntax import parse_program
from nnbuild.spec.text.nodes import Mapping, Node, Scalar


class Function(NamedTuple):
    """A function. Params: thing, its `def`, or the key with its signature; body, what it stands in; by_name, whether
    more arguments can only be given by name.
    """

    signature: Signature
    thing: ast.FunctionDef | Scalar
    body: Node
    by_name: bool = False

    @property
    def name(self) -> str:
        return self.signature.name

    @property
    def called(self) -> Called:
        """How calls of it are told."""
        rest = self.thing.args.vararg if isinstance(self.thing, ast.FunctionDef) else None
        return Called(id(self.thing), self.signature.names, rest.arg if rest else None)


def functions_of(definition: Definition) -> Iterator[Function]:
    """The functions in their order."""
    for section in ("functions", "let"):
        node = definition.sections.get(section)
        if isinstance(node, Scalar):
            yield from _defined(node)
        for key, body in node.entries if isinstance(node, Mapping) else ():
            if section == "functions" or not key.text.isidentifier():
                yield Function(parse_signature(key, "a function"), key, body)


def _defined(node: Scalar) -> Iterator[Function]:
    """Those of a text of `def`s."""
    if node.code is None:
        node.code = parse_program(node)
    for statement in node.code.tree.body:
        if isinstance(statement, ast.FunctionDef):
            taken = parameters_of(statement)
            signature = Signature(statement.name, taken.names, dict.fromkeys(taken.defaults, _unused))
            yield Function(signature, statement, node, bool(taken.rest or taken.named))


def _unused(*_: object) -> None:
    """A default, which is written from the `def`."""
