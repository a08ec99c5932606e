"""`methods:` of a block: what its forward calls as `self.encode(x)`.

methods:
  encode(x, depth=2): |
    for i in range(depth):
        x = self.conv(x)
    return x
  width: |
    @property
    def width(self):
        return self.conv.out_channels
"""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.program import Program
from nnbuild.spec.text.nodes import Mapping, Scalar


class Method:
    """A method as it is written. Params: program, its lines."""

    def __init__(self, name: str, program: Program) -> None:
        self.name = name
        self.program = program

    def of(self, module: Any, names: Any) -> Any:
        """What `self.name` stands for."""
        bound = BoundMethod(self, names)
        return bound.call_with(None, [], {}) if self.program.is_property else bound


class BoundMethod:
    """A method of one module."""

    __slots__ = ("_method", "_names")

    def __init__(self, method: Method, names: Any) -> None:
        self._method = method
        self._names = names

    @property
    def described(self) -> str:
        return f"the method {self._method.name}"

    def call_with(self, caller: Caller | None, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """What the method gives."""
        return self._method.program.run(self._names, tuple(args), kwargs, self._method.name)


def read_methods(node: Mapping) -> dict[str, Method]:
    """The methods by name."""
    found: dict[str, Method] = {}
    for key, value in node.entries:
        if not isinstance(value, Scalar):
            raise SpecError("a method is lines that end in a return", mark=value.mark)
        name, arguments = _signature(key)
        if name in found:
            raise SpecError(f"the method {name} stands twice", mark=key.mark)
        found[name] = Method(name, Program(value, arguments=arguments, what=f"method {name}"))
    return found


def _signature(key: Scalar) -> tuple[str, ast.arguments]:
    """`encode(x, depth=2)`, or `encode`, whose lines are a `def`."""
    text = key.text.strip()
    try:
        node = ast.parse(f"def {text if '(' in text else text + '()'}: pass").body[0]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        node = None
    if not isinstance(node, ast.FunctionDef):
        raise SpecError("a method is name(x, y=1)", mark=key.mark)
    return node.name, node.args
