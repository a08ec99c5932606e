"""How much of published source is inside the language: the forwards of a package, and what keeps the rest out.

`python -m tests.exchange.reading.published FOLDER...` prints it for unpacked packages.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnbuild import nn
from nnbuild.budget import spending
from nnbuild.errors import NnbuildError
from nnbuild.exchange.pytorch.reading.modules import ModuleScope, Package
from nnbuild.spec.language import running, tensors
from nnbuild.spec.language.attributes import MODULE_METHODS, method_names
from nnbuild.spec.language.expressions import _HANDLERS
from nnbuild.spec.language.libraries import Module
from nnbuild.spec.language.notes import Notes
from nnbuild.spec.language.scope import MISSING
from nnbuild.spec.language.statements import _STATEMENTS
from nnbuild.spec.language.syntax import evaluated_children
from nnbuild.spec.language.values import Broken, Opaque
from nnbuild.spec.language.walking import Walking

#: Nodes that are part of others: neither statements nor values by themselves.
_PARTS = (ast.arguments, ast.keyword, ast.comprehension, ast.expr_context, ast.operator, ast.cmpop, ast.boolop,
          ast.unaryop, ast.ExceptHandler, ast.Slice, ast.Starred, ast.FormattedValue)  # fmt: skip


class Count:
    """The forwards of packages: how many there are, how many are inside, and what stops the rest, with a place each."""

    def __init__(self) -> None:
        self.forwards = 0
        self.inside = 0
        self.stops: Counter[str] = Counter()
        self.places: dict[str, str] = {}

    @property
    def share(self) -> float:
        """The part that is inside."""
        return self.inside / max(1, self.forwards)

    def add(self, package: Path) -> None:
        """Count the forwards of an unpacked package."""
        files = {path: ast.parse(path.read_bytes()) for path in sorted(package.rglob("*.py"))}
        layers, methods = _layer_types(files.values()), _attributes(files.values())
        for path, tree in files.items():
            classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name in layers]
            found = [node for kind in classes for node in kind.body
                     if isinstance(node, ast.FunctionDef) and node.name == "forward"]  # fmt: skip
            if found:
                self._count(path, found, methods)

    def _count(self, path: Path, forwards: list[ast.FunctionDef], methods: set[str]) -> None:
        with spending(f"reading {path}"):
            scope = Package(path, lambda settle: Walking(Notes(), True, settle)).main
            with running.by(scope.package.walking):
                for forward in forwards:
                    stops = set(_stops(forward, scope, methods))
                    self.forwards += 1
                    self.inside += not stops
                    self.stops.update(stops)
                    self.places.update(dict.fromkeys(stops, f"{path.name}:{forward.lineno}"))

    def report(self) -> str:
        """A line for the share, and one for each construct that stops a forward, most frequent first."""
        lines = [f"{self.inside} of {self.forwards} forwards inside the language: {self.share:.1%}"]
        lines += [f"{count:5}  {stop}   {self.places[stop]}" for stop, count in self.stops.most_common()]
        return "\n".join(lines)


def _layer_types(trees: Any) -> set[str]:
    """The names of the classes that are modules, by the names of their bases."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    known = {"Module", *nn.LAYERS}
    while True:
        more = {node.name for node in classes if {ast.unparse(base).split(".")[-1] for base in node.bases} & known}
        if more <= known:
            return known
        known |= more


def _attributes(trees: Any) -> set[str]:
    """What the package itself defines or assigns: its methods and attributes."""
    names: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
    return names


def _stops(forward: ast.FunctionDef, scope: ModuleScope, methods: set[str]) -> Iterator[str]:
    """What of a forward is not understood."""
    own = {node.arg for node in ast.walk(forward) if isinstance(node, ast.arg)}
    own |= {node.id for node in ast.walk(forward) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {
        node.name for node in ast.walk(forward) if isinstance(node, ast.FunctionDef | ast.ExceptHandler) and node.name
    }
    own |= {(alias.asname or alias.name).split(".")[0] for node in ast.walk(forward)
            if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}  # fmt: skip
    pending: list[ast.AST] = [*forward.args.defaults, *forward.body]
    while pending:
        node = pending.pop()
        if not isinstance(node, _PARTS) and type(node) not in _STATEMENTS and type(node) not in _HANDLERS:
            yield type(node).__name__
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in own:
            yield from _unknown(node.id, _value(node, scope))
        elif isinstance(node, ast.Attribute):
            value = _value(node, scope) if not _head(node) & own else None
            yield from _unknown(ast.unparse(node), value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            method = node.func.attr
            if _head(node.func) <= own and method not in methods and not _is_method(method):
                yield f".{method}()"
        pending += evaluated_children(node)


def _head(node: ast.AST) -> set[str]:
    """The name that a dotted name begins with; a name that is nobody's where something else stands there."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _is_method(name: str) -> bool:
    kinds: tuple[Any, ...] = ("", [], {}, set(), ())
    return (tensors.has_method(name.removesuffix("_")) or tensors.has_method(name) or name in MODULE_METHODS
            or any(name in method_names(kind) for kind in kinds) or name in ("forward", "group", "get"))  # fmt: skip


def _unknown(written: str, value: Any) -> Iterator[str]:
    if value is MISSING or isinstance(value, Broken):
        yield f"{written} is not known"
    elif isinstance(value, Opaque):
        yield f"{value.name} of another library"


def _value(node: ast.AST, scope: ModuleScope) -> Any:
    """What a name, or a dotted name, of the file stands for; None where that is an attribute of a value."""
    try:
        if isinstance(node, ast.Name):
            return scope.lookup(node.id)
        assert isinstance(node, ast.Attribute)
        before = _value(node.value, scope) if isinstance(node.value, ast.Name | ast.Attribute) else None
        return before.member(node.attr) if isinstance(before, Module) else None
    except NnbuildError as error:
        return Broken(error)


if __name__ == "__main__":
    total = Count()
    for folder in sys.argv[1:]:
        total.add(Path(folder))
    print(total.report())
