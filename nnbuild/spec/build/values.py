"""YAML nodes -> values: numbers, booleans, none, expressions, text, lists and dicts of them.

A plain scalar is a constant or an expression, a quoted one is text, a block scalar (`|`, `>`) is an expression. YAML
cuts `[f(1, 2), 3]` at every comma; this is refused with advice, but for a comprehension, which can mean nothing else.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from nnbuild.errors import NnbuildError, SpecError
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.expressions import Evaluator
from nnbuild.spec.language.scope import Scope
from nnbuild.spec.language.syntax import parse_expression
from nnbuild.spec.text.nodes import Mapping, Node, Scalar, Sequence
from nnbuild.spec.text.scalars import EXPRESSION, constant

LAYERS_HINT = "write one layer a line; or quote it; or the long form {Conv2d: [1, 6, 5]}"

_COMPREHENSION = re.compile(r"\sfor\s.*\sin\s", re.DOTALL)


def evaluate(scalar: Scalar, scope: Scope, caller: Caller) -> Any:
    """The scalar's text as an expression, quoted or not."""
    text = scalar.text.strip()
    value = constant(text) if text else EXPRESSION
    if value is not EXPRESSION:
        return value
    code = parse_expression(scalar)
    return Evaluator(code, caller).evaluate(code.tree.body, scope)  # type: ignore[attr-defined]


def value_of(node: Node, scope: Scope, caller: Caller) -> Any:
    """The value that the node stands for."""
    if isinstance(node, Scalar):
        if node.quoted:
            return node.text
        return None if not node.text.strip() else evaluate(node, scope, caller)
    if isinstance(node, Sequence):
        comprehension = comprehension_of(node)
        if comprehension:
            return evaluate(comprehension, scope, caller)
        refuse_cut(node)
        return [value for item in node.items for value in values_of(item, scope, caller)]
    assert isinstance(node, Mapping)
    refuse_cut(node)
    return {key.text: value_of(value, scope, caller) for key, value in node.entries}


def values_of(item: Node, scope: Scope, caller: Caller) -> list[Any]:
    """The values that an item of a list stands for: one, or with a star those of a list."""
    if not starred(item):
        return [value_of(item, scope, caller)]
    assert isinstance(item, Scalar)
    values: list[Any] = evaluate(in_brackets(item), scope, caller)
    return values


def starred(item: Node) -> bool:
    """Whether the item of a list is `*values`, which YAML takes where no anchor is called so."""
    return isinstance(item, Scalar) and not item.quoted and item.text.lstrip().startswith("*")


def in_brackets(scalar: Scalar) -> Scalar:
    """`*values` as the list `[*values]`."""
    return Scalar(scalar.document, scalar.start, scalar.end, f"[{scalar.text.strip()}]", scalar.style, False)


def text_of(node: Node, what: str) -> str:
    """The node as text, whatever it looks like."""
    if not isinstance(node, Scalar) or not node.text.strip():
        raise SpecError(f"{what} is text", mark=node.mark, hint="write it behind the colon")
    return node.text.strip()


def mapping_of(node: Node, what: str) -> Mapping:
    """The node as a mapping."""
    if not isinstance(node, Mapping):
        raise SpecError(f"{what} is a mapping: one `name: value` a line", mark=node.mark)
    refuse_cut(node)
    return node


def comprehension_of(node: Sequence) -> Scalar | None:
    """`[... for ... in ...]`, read as Python from the brackets on, if the list is one."""
    if not node.flow or not node.items or not all(isinstance(item, Scalar) and not item.quoted for item in node.items):
        return None
    raw = node.document.text[node.start : node.end]
    if not _COMPREHENSION.search(raw):
        return None
    if isinstance(node.items[0], Scalar) and node.items[0].code is not None:
        written: Scalar = node.items[0].code.written
        return written
    scalar = Scalar(node.document, node.start, node.end, raw, "", False)
    code = parse_expression(scalar)
    if not isinstance(code.tree.body, ast.ListComp):  # type: ignore[attr-defined]
        return None
    node.items[0].code = code  # type: ignore[attr-defined]
    return scalar


def refuse_cut(node: Sequence | Mapping, hint: str = "write one item a line, without [ ] and { }") -> None:
    """Refuse items that YAML has cut at the commas inside their brackets."""
    if node.uncut:
        return
    texts = [*node.items] if isinstance(node, Sequence) else [part for entry in node.entries for part in entry]
    for item in texts:
        if isinstance(item, Scalar) and not item.quoted and _open_brackets(item.text) > 0:
            raise SpecError(
                f"YAML cuts at commas, so {item.text!r} is an item of its own here",
                mark=item.mark,
                hint=hint,
            )
    node.uncut = True


def _open_brackets(text: str) -> int:
    return sum(text.count(bracket) for bracket in "([{") - sum(text.count(bracket) for bracket in ")]}")


def located(node: Node, error: NnbuildError) -> NnbuildError:
    """The error with the node's place, if it has none yet."""
    return error.locate(mark=node.mark) if error.mark is None else error
