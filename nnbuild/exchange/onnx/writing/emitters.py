"""How each op is written: a table of functions, and what is the same for all of a kind."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.table import BY_OP, Row
from nnbuild.exchange.onnx.writing.graph import GraphWriter
from nnbuild.graph.graph import Node
from nnbuild.ops.dtypes import result_type
from nnbuild.ops.nests import is_tensor

#: A function of the graph that is written, the node, and its arguments by name; it gives the output's name, or a list.
Emitter = Callable[[GraphWriter, Node, Any], Any]
EMITTERS: dict[str, Emitter] = {}


def emits(*names: str) -> Callable[[Emitter], Emitter]:
    """Decorator: the function that writes these ops."""

    def add(function: Emitter) -> Emitter:
        EMITTERS.update(dict.fromkeys(names, function))
        return function

    return add


#: Operators whose two operands are joined in their own dtype, whatever comes out.
_COMPARISONS = frozenset(("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"))


def write_node(graph: GraphWriter, node: Node) -> None:
    """Write the node of an op, and name its outputs. Raises SpecError for an op that ONNX files do not get."""
    graph.start(node)
    arguments = graph.traces.arguments(node.index)
    name = node.op.name
    emitter = EMITTERS.get(name)
    if emitter is not None:
        made = emitter(graph, node, SimpleNamespace(**arguments))
    elif name in BY_OP and graph.opset >= BY_OP[name].since:
        made = _by_row(graph, node, BY_OP[name], arguments)
    else:
        version = f" before version {BY_OP[name].since}" if name in BY_OP else ""
        raise SpecError(
            f"ONNX files get no {name}{version}", path=node.path or None, hint="nnbuild help onnx lists what they get"
        )
    for value, own in zip(node.outputs, made if isinstance(made, list) else [made], strict=False):
        graph.names[id(value)] = own


def _by_row(graph: GraphWriter, node: Node, row: Row, arguments: dict[str, Any]) -> Any:
    """An op that the table has: its tensors in order, its options as attributes."""
    options = {argument: attribute for attribute, argument in row.options.items()}
    operands = [value for name, value in arguments.items() if name in node.op.signature.required]
    operands = [value for value in operands if value is not None]
    bools = row.operator in ("And", "Or", "Xor", "Not")
    dtype = "bool" if bools else node.output.dtype
    if row.operator in _COMPARISONS:
        dtype = result_type(*operands)
    if arguments.get("alpha", 1) != 1 and "alpha" not in options:
        operands[1] = _scaled(graph, operands[1], arguments["alpha"], dtype)
    inputs = [value if isinstance(value, str) else graph.operand(value, dtype) for value in operands]
    attributes = {attribute: arguments[argument] for argument, attribute in options.items()}
    return graph.emit(row.operator, *inputs, **attributes)


def _scaled(graph: GraphWriter, value: Any, factor: float, dtype: str) -> str:
    name: str = graph.emit("Mul", graph.operand(value, dtype), graph.number(factor, dtype))
    return name


def rank(value: Any) -> int:
    """The number of axes of a tensor; none of a number."""
    return len(value.shape) if is_tensor(value) else 0
