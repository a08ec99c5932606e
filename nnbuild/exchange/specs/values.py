"""The arguments of an op as a program writes them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.writing.sizes import Size
from nnbuild.graph.graph import Node
from nnbuild.lazy import np
from nnbuild.ops import METHODS
from nnbuild.ops.nests import is_array, is_tensor
from nnbuild.ops.tensor_like import BINARY, COMPARISONS

#: Elements of a constant that is written out; a larger one is a buffer.
WRITTEN_OUT = 16

_SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@",
    "and": "&", "or": "|", "xor": "^", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip

#: The signs of ops, those of Python's operators on tensors.
_OPERATORS = {op: _SIGNS[python] for python, op in {**BINARY, **COMPARISONS}.items()}

#: A tensor's name, and a size's text.
Naming = Callable[[Any], str]


def number(value: Any) -> str:
    """A number as an expression."""
    if isinstance(value, float) and not math.isfinite(value):
        return "math.nan" if math.isnan(value) else "math.inf" if value > 0 else "-math.inf"
    return repr(value)


def constant(array: np.ndarray) -> str | None:
    """A small constant as an expression; None where it is to be a buffer."""
    if not array.shape:
        return number(array.item())
    if array.size > WRITTEN_OUT:
        return None
    if not np.isfinite(array).all():
        return None
    return f"tensor({array.tolist()!r}, dtype={array.dtype.name!r})"


class Values:
    """Writes values. Params: name_of, of tensors; size_of, of Sizes."""

    def __init__(self, name_of: Naming, size_of: Callable[[Size], str]) -> None:
        self.name_of = name_of
        self.size_of = size_of

    def text(self, value: Any) -> str:
        """Any argument."""
        if isinstance(value, Size):
            return self.size_of(value)
        if is_tensor(value):
            return self.name_of(value)
        if isinstance(value, slice):
            return f"slice({', '.join(map(self.text, (value.start, value.stop, value.step)))})"
        if isinstance(value, tuple):
            items = [self.text(item) for item in value]
            return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
        if isinstance(value, list):
            return f"[{', '.join(map(self.text, value))}]"
        return number(value) if isinstance(value, float) else repr(value)

    def call(self, node: Node, arguments: dict[str, Any]) -> str:
        """The op's call."""
        name = node.op.name
        if name in _OPERATORS and arguments.get("alpha", 1) == 1:
            first, second = (arguments[key] for key in node.op.signature.required)
            if not (is_array(first) and is_array(second)):
                return f"{self.text(first)} {_OPERATORS[name]} {self.text(second)}"
        if name == "getitem":
            return f"{self.text(arguments['input'])}[{', '.join(map(self._index, arguments['index']))}]"
        signature = node.op.signature
        args, options = signature.given(arguments, by_place=False)
        texts = [self.text(self._reshaping(node, item)) for item in args]
        texts += [f"{key}={self.text(value)}" for key, value in options.items() if key not in node.op.fixed]
        if name in METHODS and args and is_tensor(args[0]) and texts[0].isidentifier():
            return f"{texts[0]}.{name}({', '.join(texts[1:])})"
        return f"{name}({', '.join(texts)})"

    def _index(self, item: Any) -> str:
        if isinstance(item, slice):
            start, stop = ("" if end is None else self.text(end) for end in (item.start, item.stop))
            return f"{start}:{stop}" + (f":{self.text(item.step)}" if item.step not in (None, 1) else "")
        return "..." if item is Ellipsis else self.text(item)

    def _reshaping(self, node: Node, value: Any) -> Any:
        """A shape with one size that hangs on the inputs: -1 says it."""
        if node.op.name in ("view", "reshape") and isinstance(value, tuple | list):
            sizes = [place for place, size in enumerate(value) if isinstance(size, Size)]
            if len(sizes) == 1 and -1 not in value and 0 not in value:
                return tuple(-1 if place in sizes else size for place, size in enumerate(value))
        return value


def refused(node: Node) -> SpecError:
    """The error for an op that has no words in a spec."""
    return SpecError(f"{node.op.name} cannot be written into a spec", path=node.path or None)
