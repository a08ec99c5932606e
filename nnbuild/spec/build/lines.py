"""Functions of several lines: `halve(v): |` and its statements, up to a return."""

from __future__ import annotations

import ast
import re
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.closures import Closure
from nnbuild.spec.language.expressions import Evaluator
from nnbuild.spec.language.scope import Frame
from nnbuild.spec.language.statements import Returned, Run
from nnbuild.spec.language.syntax import Code, function_of, is_docstring, parse_program
from nnbuild.spec.text.nodes import Scalar

_STATEMENT = re.compile(
    r"^\s*(return|def|for|while|if|try|with|raise|assert|pass)\b|^\s*[\w., *\[\]]+\s*[-+*/%@|&]?=[^=]", re.M
)


def is_program(node: Scalar) -> bool:
    """Whether the text is statements, not an expression."""
    return node.style == "|" and _STATEMENT.search(node.text) is not None


class Lines:
    """Statements that end in a return. Params: name, the function's, for messages."""

    def __init__(self, node: Scalar, name: str) -> None:
        self.node = node
        self.name = name
        self.code: Code = node.code if node.code is not None else parse_program(node)
        node.code = self.code

    def run(self, frame: Frame, caller: Caller) -> Any:
        """What the lines return, with the names in the frame."""
        evaluator = Evaluator(self.code, caller)
        wrapper = function_of(self.code.tree)
        if wrapper is not None and wrapper.name == self.name:
            closure = Closure(wrapper, self.code, frame, evaluator.defaults(wrapper, frame))
            return caller.execute(closure, closure.frame([], dict(frame.values)))
        body: list[ast.stmt] = [node for node in self.code.tree.body if not is_docstring(node)]  # type: ignore[attr-defined]
        before, caller.changing = caller.changing, True
        try:
            result = Run(evaluator, frame).block(body)
        finally:
            caller.changing = before
        if not isinstance(result, Returned):
            mark = self.code.mark(body[-1]) if body else self.node.mark
            raise SpecError(f"the function {self.name} ended without a return", mark=mark)
        return result.value
