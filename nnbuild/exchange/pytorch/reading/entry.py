"""Which network of a file is meant: `model.py:Net`, `model.py:Net(8, depth=2)`, `model.py`."""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.errors import SpecError, suggestion
from nnbuild.exchange.pytorch.reading.modules import ModuleScope
from nnbuild.exchange.pytorch.reading.sources import SourceText
from nnbuild.spec.language.closures import Bound, Closure, Parameters, parameters_of
from nnbuild.spec.language.expressions import Evaluator
from nnbuild.spec.language.partials import Partial, is_layer_type
from nnbuild.spec.language.scope import MISSING
from nnbuild.spec.language.syntax import Code, parse_source
from nnbuild.spec.language.texts import text
from nnbuild.spec.language.walking import Walking


class Entry:
    """What is asked for. Params: value, the class, function or network; code and node, where it is written."""

    def __init__(self, name: str, value: Any, code: Code, node: ast.expr) -> None:
        self.name = name
        self.value = value
        self.code = code
        self.node = node


def find(scope: ModuleScope, written: str, walking: Walking) -> Entry:
    """The entry of a file; without a name its one class of modules that no other uses."""
    chosen = written.strip() or _only_class(scope)
    code = parse_source(SourceText(chosen, f"<{chosen}>"))
    body = code.tree.body  # type: ignore[attr-defined]
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        raise SpecError(f"{chosen!r} is not a class, a function or a call of one")
    node = body[0].value
    root = node
    while isinstance(root, ast.Call | ast.Attribute | ast.Subscript):
        root = root.func if isinstance(root, ast.Call) else root.value
    if isinstance(root, ast.Name) and scope.lookup(root.id) is MISSING:
        known = classes(scope) or _functions(scope)
        there = f"there are {', '.join(known[:20])}" if known else "it defines no class"
        raise SpecError(
            f"{scope.path} has no {root.id}", hint=suggestion(root.id, [*classes(scope), *_functions(scope)]) or there
        )
    value = Evaluator(code, walking).evaluate(node, scope)
    return Entry(chosen, value, code, node)


def classes(scope: ModuleScope) -> list[str]:
    """The classes of modules that the file defines, as far as its bases say so."""
    nodes = {
        name: node for name, found in scope.definitions.items() for node in found if isinstance(node, ast.ClassDef)
    }
    modules: list[str] = []
    for name, node in nodes.items():
        if name.startswith("_") and name not in modules:
            pass
        if _is_module(node, nodes, set()):
            modules.append(name)
    return modules


def _is_module(node: ast.ClassDef, nodes: dict[str, ast.ClassDef], seen: set[str]) -> bool:
    for base in node.bases:
        name = ast.unparse(base).rpartition(".")[2]
        if name in nodes and name not in seen and name != node.name:
            if _is_module(nodes[name], nodes, {*seen, node.name}):
                return True
        elif name not in ("object", "ABC", "Enum", "NamedTuple", "Exception", "Protocol", "Function", "Dataset"):
            return True
    return False


def _functions(scope: ModuleScope) -> list[str]:
    return [name for name, found in scope.definitions.items()
            if isinstance(found[0], ast.FunctionDef) and not name.startswith("_")]  # fmt: skip


def _only_class(scope: ModuleScope) -> str:
    known = classes(scope)
    used: set[str] = set()
    for name, found in scope.definitions.items():
        for statement in found:
            if isinstance(statement, ast.ClassDef):
                used |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and node.id != name}
    free = [name for name in known if name not in used]
    if len(free) == 1:
        return free[0]
    what = "no class of modules" if not known else f"{len(free) or len(known)} networks"
    names = free or known or _functions(scope)
    raise SpecError(
        f"{scope.path} has {what}",
        hint=f"say which: {scope.path}:{names[0]}, or one of {', '.join(names[:20])}" if names else None,
    )


def parameters(value: Any) -> Parameters | None:
    """What the entry takes, where it can be called."""
    if isinstance(value, Partial):
        return parameters(value.target)
    if isinstance(value, Bound):
        return _behind_first(value.function) if isinstance(value.function, Closure) else None
    if isinstance(value, Closure):
        return parameters_of(value.node)
    start = value.find("__init__") if hasattr(value, "find") else None
    return _behind_first(start) if isinstance(start, Closure) else None


def _behind_first(closure: Closure) -> Parameters:
    taken = Parameters(closure.node.args)
    taken.positional = taken.positional[1:]
    return taken


def is_called(value: Any) -> bool:
    """Whether the entry is to be called for a network."""
    return is_layer_type(value) or isinstance(value, Closure | Bound | Partial)


def given(entry: Entry, params: dict[str, Any], scope: ModuleScope, walking: Walking) -> dict[str, Any]:
    """The arguments that are given from outside, each by name. Raises SpecError for unknown and missing ones."""
    known = parameters(entry.value)
    if known is not None:
        for name in params:
            if name not in known.names and known.keywords is None:
                takes = f"it takes {', '.join(known.names)}" if known.names else "it takes none"
                raise SpecError(f"{entry.name} has no argument {name}", hint=suggestion(name, known.names) or takes)
        missing = [name for name in known.required if name not in params]
        if isinstance(entry.value, Partial):
            missing = [name for name in missing[len(entry.value.args) :] if name not in entry.value.kwargs]
        if missing:
            hint = " ".join(f"--set {name}=..." for name in missing)
            raise SpecError(f"{entry.name} needs {' and '.join(missing)}", hint=f"give {hint}")
    return {name: _value(name, value, scope, walking) for name, value in params.items()}


def _value(name: str, value: Any, scope: ModuleScope, walking: Walking) -> Any:
    """A value from outside: text is an expression with the file's names, else itself."""
    if not isinstance(value, str):
        return value
    words = {"true": True, "false": False, "none": None, "null": None}
    if value.strip().lower() in words:
        return words[value.strip().lower()]
    try:
        code = parse_source(SourceText(value.strip(), f"<{name}>"))
        body = code.tree.body  # type: ignore[attr-defined]
        if len(body) == 1 and isinstance(body[0], ast.Expr):
            return Evaluator(code, walking).evaluate(body[0].value, scope)
    except SpecError as error:
        if error.python not in (None, "NameError"):
            raise
    return value


__all__ = ["Entry", "classes", "find", "given", "is_called", "text"]
