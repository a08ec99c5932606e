"""The functions of a spec -> `def`s."""

from __future__ import annotations

import ast

from nnbuild.errors import NnbuildError
from nnbuild.exchange.pytorch import syntax
from nnbuild.exchange.pytorch.inside import InFunction
from nnbuild.exchange.pytorch.kinds import RESULT, TENSOR
from nnbuild.exchange.pytorch.names import Variable
from nnbuild.exchange.pytorch.stated import Function
from nnbuild.exchange.pytorch.statements import function
from nnbuild.exchange.pytorch.translator import Translator
from nnbuild.exchange.pytorch.values import expression_of, tree_of, value_of
from nnbuild.spec.build.lines import Lines, is_program
from nnbuild.spec.build.values import located
from nnbuild.spec.language.closures import Parameters, parameters_of
from nnbuild.spec.language.syntax import function_of, parse_expression
from nnbuild.spec.text.nodes import Scalar


def written(outer: Translator, stated: Function, title: str) -> ast.FunctionDef:
    """The function, which sees the names of the outer one. Params: title, its name."""
    thing, body = stated.thing, stated.body
    try:
        if isinstance(thing, ast.FunctionDef):
            assert isinstance(body, Scalar)
            made = function(InFunction(outer), body.code, parameters_of(thing), thing.body, id(thing))
        elif isinstance(body, Scalar) and is_program(body):
            made = _of_lines(outer, stated, thing, body)
        else:
            made = _of_expression(outer, stated, thing)
    except NnbuildError as error:
        raise located(body, error) from None
    made.name = title
    return made


def _of_lines(outer: Translator, stated: Function, key: Scalar, body: Scalar) -> ast.FunctionDef:
    """`widths(n): |` and its statements."""
    code = Lines(body, stated.name).code
    wrapper = function_of(code.tree)
    inside = InFunction(outer)
    if wrapper is not None and wrapper.name == stated.name:
        return function(inside, code, parameters_of(wrapper), wrapper.body, id(key))
    taken = Parameters(syntax.signature(stated.signature.names))
    made = function(inside, code, taken, code.tree.body, id(key))  # type: ignore[attr-defined]
    made.args = syntax.signature([arg.arg for arg in made.args.args], _defaults(outer, key, inside.renamed))
    return made


def _defaults(outer: Translator, key: Scalar, spelt: dict[str, str]) -> dict[str, ast.expr]:
    code = parse_expression(key)
    keywords = getattr(code.tree.body, "keywords", [])  # type: ignore[attr-defined]
    return {spelt.get(each.arg, each.arg): outer.expression(each.value, code) for each in keywords}


def _of_expression(outer: Translator, stated: Function, key: Scalar) -> ast.FunctionDef:
    """`halve(v): v // 2`."""
    inner = Translator(outer.source, outer.owner, outer.frame)
    names = {name: Variable(name, 0) for name in stated.signature.names}
    for name, variable in names.items():
        variable.kind = outer.source.kind_of_argument(id(key), name)
    inner.scopes = [*outer.scopes, names]
    inner.scopes[0] = outer.scopes[0]
    inner.functions = outer.functions
    defaults = _defaults(inner, key, {})
    body = stated.body
    quoted = isinstance(body, Scalar) and body.quoted
    value = expression_of(body, inner) if quoted and isinstance(body, Scalar) else value_of(body, inner)
    tree = tree_of(body)
    if tree is not None and inner.kind(tree) == TENSOR:
        outer.source.tell(id(key), RESULT)
    return syntax.function("", syntax.signature(stated.signature.names, defaults), [ast.Return(value)])
