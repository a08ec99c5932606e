"""Elements taken and put by tensors of indices, and tensors made of options, written."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.writing.emitters import emits
from nnbuild.exchange.onnx.writing.graph import GraphWriter
from nnbuild.exchange.onnx.writing.shapes import sliced
from nnbuild.exchange.onnx.writing.sizes import Length, Size
from nnbuild.graph.graph import Node
from nnbuild.lazy import np
from nnbuild.ops.nests import is_tensor


@emits("gather", "take_along_dim")
def _gather(graph: GraphWriter, node: Node, a: Any) -> Any:
    index = graph.operand(a.index if node.op.name == "gather" else a.indices, "int64")
    if node.op.name == "gather" and a.input.shape != a.index.shape:
        dim = a.dim % len(a.input.shape)
        cuts: dict[int, tuple[Length, Length, int]] = {
            axis: (0, size, 1)
            for axis, size in enumerate(graph.traces.shape(a.index))
            if axis != dim and size != graph.traces.shape(a.input)[axis]
        }
        return graph.emit("GatherElements", sliced(graph, graph.name_of(a.input), cuts), index, axis=dim)
    if a.dim is None:
        raise SpecError("take_along_dim wants an axis in an ONNX file", path=node.path or None)
    return graph.emit("GatherElements", graph.name_of(a.input), index, axis=a.dim % len(a.input.shape))


@emits("index_select")
def _index_select(graph: GraphWriter, node: Node, a: Any) -> Any:
    index = graph.reshape(graph.name_of(a.index), graph.traces.shape(a.index), (a.index.shape or (1,)))
    return graph.emit("Gather", graph.name_of(a.input), index, axis=a.dim % len(a.input.shape))


@emits("scatter", "scatter_add")
def _scatter(graph: GraphWriter, node: Node, a: Any) -> Any:
    source = getattr(a, "src", None)
    dtype = node.output.dtype
    if not is_tensor(source):
        number: Any = getattr(a, "value", None) if source is None else source
        source_name = graph.filled(number, dtype, graph.lengths(graph.traces.shape(a.index)))
    else:
        source_name = graph.operand(source, dtype)
    added = node.op.name == "scatter_add"
    if added and graph.opset < 16:
        raise SpecError("scatter_add wants --opset 16 or later", path=node.path or None)
    return graph.emit("ScatterElements", graph.name_of(a.input), graph.operand(a.index, "int64"), source_name,
                      axis=a.dim % len(a.input.shape), reduction="add" if added else None)  # fmt: skip


@emits("tril", "triu")
def _triangle(graph: GraphWriter, node: Node, a: Any) -> Any:
    if graph.opset < 14:
        raise SpecError(f"{node.op.name} wants --opset 14 or later", path=node.path or None)
    upper = int(node.op.name == "triu")
    return graph.emit("Trilu", graph.name_of(a.input), graph.number(a.diagonal, "int64"), upper=upper)


@emits("one_hot")
def _one_hot(graph: GraphWriter, node: Node, a: Any) -> Any:
    values = graph.constant(np.array([0, 1], np.int64))
    return graph.emit("OneHot", graph.name_of(a.input), graph.number(a.num_classes, "int64"), values, axis=-1)


@emits("zeros", "ones", "empty", "full", "new_zeros", "new_ones", "new_empty", "new_full", "zeros_like", "ones_like",
       "empty_like", "full_like")  # fmt: skip
def _filled(graph: GraphWriter, node: Node, a: Any) -> Any:
    name = node.op.name
    value = 1 if "ones" in name else getattr(a, "fill_value", 0)
    if not is_tensor(value):
        return graph.filled(value, node.output.dtype, graph.lengths(graph.traces.shape(node.output)))
    filled = graph.operand(value, node.output.dtype)
    return graph.emit("Expand", filled, graph.lengths(graph.traces.shape(node.output)))


@emits("arange")
def _arange(graph: GraphWriter, node: Node, a: Any) -> Any:
    """What a trace knows is folded; here an end hangs on a free axis."""
    dtype = node.output.dtype
    start, end = (0, a.start) if a.end is None else (a.start, a.end)

    def scalar(value: Any) -> str:
        if isinstance(value, Size):
            flat = graph.emit("Squeeze", graph.length(value), graph.constant(np.array([0], np.int64)))
            return flat if dtype == "int64" else graph.cast(flat, dtype)
        return graph.number(value, dtype)

    return graph.emit("Range", scalar(start), scalar(end), scalar(a.step))
