"""Whether the value of an expression is a tensor, as far as its text tells."""

from __future__ import annotations

import ast
from collections.abc import Callable

#: Numbers and texts, and lists of those; tensors; lists of tensors.
PLAIN, TENSOR, LIST = "plain", "tensor", "list"

#: Stands for what a function gives, beside the names of its arguments.
RESULT = "return"

#: Attributes and methods of tensors that are numbers.
_FACTS = frozenset({"shape", "ndim", "size", "dim", "numel", "dtype", "device", "ndimension", "nelement"})


def is_of_tensors(attribute: str) -> bool:
    """Whether tensors have an attribute or a method of this name."""
    from nnbuild.ops import METHODS

    return attribute in METHODS or attribute in _FACTS or attribute in ("T", "mT", "data")


def kind_of(node: ast.expr, of_name: Callable[[str], str]) -> str:
    """The kind of an expression. Params: of_name, the kind of a name, `op` or `layer` for what gives tensors."""
    if isinstance(node, ast.Name):
        return of_name(node.id)
    if isinstance(node, ast.Lambda):
        return PLAIN
    if isinstance(node, ast.Constant | ast.Compare | ast.JoinedStr):
        return PLAIN if not isinstance(node, ast.Compare) else kind_of(node.left, of_name)
    if isinstance(node, ast.Attribute):
        if getattr(node, "known", None):
            return of_name(node.attr)
        return PLAIN if node.attr in _FACTS else _instance(kind_of(node.value, of_name))
    if isinstance(node, ast.Call):
        return _of_call(node, of_name)
    if isinstance(node, ast.List | ast.Tuple):
        return LIST if any(kind_of(item, of_name) != PLAIN for item in node.elts) else PLAIN
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        return LIST if kind_of(node.elt, of_name) != PLAIN else PLAIN
    if isinstance(node, ast.Subscript):
        inner = kind_of(node.value, of_name)
        return TENSOR if inner == LIST else inner
    kinds = {kind_of(part, of_name) for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)}
    return next((kind for kind in (TENSOR, LIST) if kind in kinds), PLAIN)


def _instance(kind: str) -> str:
    return TENSOR if kind == "layer" else kind


def _of_call(node: ast.Call, of_name: Callable[[str], str]) -> str:
    function = node.func
    if isinstance(function, ast.Attribute) and not getattr(function, "known", None):
        inner = kind_of(function.value, of_name)
        return PLAIN if function.attr in _FACTS else _instance(inner)
    if kind_of(function, of_name) in ("op", "layer", TENSOR, LIST):
        return TENSOR
    given = [kind_of(arg, of_name) for arg in (*node.args, *(each.value for each in node.keywords))]
    named = isinstance(function, ast.Name) and function.id in ("len", "int", "float", "bool", "str", "range")
    return PLAIN if named else next((kind for kind in given if kind != PLAIN), PLAIN)
