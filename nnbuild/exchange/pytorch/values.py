"""Values of YAML -> expressions of PyTorch source."""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.exchange.pytorch.translator import Translator
from nnbuild.spec.build.values import comprehension_of, in_brackets, starred
from nnbuild.spec.language.syntax import parse_expression
from nnbuild.spec.text.nodes import Mapping, Node, Scalar, Sequence
from nnbuild.spec.text.scalars import EXPRESSION, constant


def expression_of(scalar: Scalar, translator: Translator) -> ast.expr:
    """The scalar's text as an expression, quoted or not."""
    plain = constant(scalar.text.strip())
    if plain is not EXPRESSION:
        return ast.Constant(plain)
    code = parse_expression(scalar)
    return translator.expression(code.tree.body, code)  # type: ignore[attr-defined]


def value_of(node: Node, translator: Translator) -> ast.expr:
    """The source of the value that the node stands for."""
    if isinstance(node, Scalar):
        return ast.Constant(node.text) if node.quoted else expression_of(node, translator)
    if isinstance(node, Sequence):
        comprehension = comprehension_of(node)
        if comprehension is not None:
            return expression_of(comprehension, translator)
        return ast.List([_item(item, translator) for item in node.items])
    assert isinstance(node, Mapping)
    return ast.Dict(
        [ast.Constant(key.text) for key, _ in node.entries], [value_of(v, translator) for _, v in node.entries]
    )


def _item(node: Node, translator: Translator) -> ast.expr:
    if not starred(node):
        return value_of(node, translator)
    assert isinstance(node, Scalar)
    made = expression_of(in_brackets(node), translator)
    assert isinstance(made, ast.List)
    return made.elts[0]


def tree_of(node: Node) -> ast.expr | None:
    """The expression of the spec that a scalar is, if it is one."""
    if not isinstance(node, Scalar) or constant(node.text.strip()) is not EXPRESSION:
        return None
    tree: ast.expr = parse_expression(node).tree.body  # type: ignore[attr-defined]
    return tree


def options_of(callee: Any, node: Node, translator: Translator) -> ast.Call:
    """A call, not yet of anything, with the options of a layer's long form. Params: callee, the layer type of nn, if it
    is one: its options that are text take words without quotes.
    """
    texts = {option.name: option for option in callee.options()} if hasattr(callee, "options") else {}

    def one(name: str, value: Node) -> ast.expr:
        option = texts.get(name)
        plain = isinstance(value, Scalar) and not value.quoted and constant(value.text.strip()) is not EXPRESSION
        if isinstance(value, Scalar) and option is not None and not plain:
            return ast.Constant(value.text) if option.is_text(value.text) else expression_of(value, translator)
        return value_of(value, translator)

    made = ast.Call(ast.Name(""), [], [])
    if isinstance(node, Mapping):
        made.keywords = [ast.keyword(key.text, one(key.text, value)) for key, value in node.entries]
    elif isinstance(node, Sequence) and not comprehension_of(node):
        if any(starred(item) for item in node.items):
            made.args = [_item(item, translator) for item in node.items]
        else:
            names = [*texts, *[""] * len(node.items)]
            made.args = [one(name, item) for name, item in zip(names, node.items, strict=False)]
    elif not (isinstance(node, Scalar) and not node.quoted and not node.text.strip()):
        made.args = [one(next(iter(texts), ""), node)]
    return made


def located(node: Node, error: SpecError) -> SpecError:
    """The error with the node's place, if it has none yet."""
    return error.locate(mark=node.mark)
