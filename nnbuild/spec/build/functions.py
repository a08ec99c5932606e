"""`functions:`: functions of several lines, as PyTorch code has them.

functions: |
  def divisible(v, by=8):
      new = max(by, int(v + by / 2) // by * by)
      return new + by if new < 0.9 * v else new

functions:
  halve(v): v // 2
  widths(n): |
    found = []
    for i in range(n):
        found.append(64 * 2 ** i)
    return found
"""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.spec.build.signature import SpecFunction, parse_signature
from nnbuild.spec.build.values import mapping_of
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.closures import Closure
from nnbuild.spec.language.expressions import Evaluator
from nnbuild.spec.language.scope import Scope
from nnbuild.spec.language.syntax import is_docstring, parse_program
from nnbuild.spec.text.nodes import Node, Scalar


def add_functions(node: Node, names: Scope, scope: Scope, caller: Caller) -> None:
    """Put the functions into `names`; they see what is in `scope` when they are called."""
    if isinstance(node, Scalar):
        for name, closure in _defined(node, scope, caller):
            names.values[name] = closure
        return
    for key, value in mapping_of(node, "functions").entries:
        if not isinstance(value, Scalar):
            raise SpecError("a function is an expression, or lines that end in a return", mark=value.mark)
        signature = parse_signature(key, "a function")
        names.values[signature.name] = SpecFunction(signature, value, scope)


def _defined(node: Scalar, scope: Scope, caller: Caller) -> list[tuple[str, Any]]:
    """The functions of a text of `def`s."""
    if node.code is None:
        node.code = parse_program(node)
    code, found = node.code, []
    for statement in code.tree.body:
        if not isinstance(statement, ast.FunctionDef):
            if is_docstring(statement):
                continue
            raise SpecError("functions: holds `def`s", mark=code.mark(statement), hint="values are named under `let:`")
        defaults = Evaluator(code, caller).defaults(statement, scope)
        found.append((statement.name, Closure(statement, code, scope, defaults)))
    return found
