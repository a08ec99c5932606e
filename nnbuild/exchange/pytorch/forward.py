"""Forward programs and methods -> the methods of a class."""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.exchange.pytorch import syntax
from nnbuild.exchange.pytorch.inside import Inside
from nnbuild.exchange.pytorch.kinds import PLAIN
from nnbuild.exchange.pytorch.statements import function
from nnbuild.spec.language.program import Program


def method(
    name: str, program: Program, inside: Inside, key: object, choices: dict[str, Any] | None = None
) -> ast.FunctionDef:
    """`def name(self, ...)`. Params: key, by which the file knows it; choices, more arguments with their defaults."""
    taken = program.parameters
    if name == "forward":
        tensors = [each for each in taken.names if each not in (choices or {})]
        inside.source.assume(key, *tensors, *filter(None, [taken.rest]))
    more = [each for each in choices or {} if each not in taken.names]
    for choice in more:
        inside.bind(choice, PLAIN)
    made = function(inside, program.code, taken, program.body, key)
    made.name = name
    (made.args.posonlyargs or made.args.args).insert(0, ast.arg("self"))
    named = bool(made.args.vararg or made.args.kwonlyargs or len(made.args.defaults) < len(taken.defaults))
    for choice in more:
        default, arg = ast.Constant((choices or {})[choice]), ast.arg(inside.renamed[choice])
        if named:
            made.args.kwonlyargs.append(arg)
            made.args.kw_defaults.append(default)
        else:
            made.args.args.append(arg)
            made.args.defaults.append(default)
    if program.is_property:
        made.decorator_list.append(syntax.name("property"))
    return made
