"""Large batches: a network that treats each image alone runs in parts of its batch, in memory that does not grow."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import NnbuildError
from nnbuild.graph.graph import Graph
from nnbuild.graph.samples import Samples
from nnbuild.graph.trace import trace
from nnbuild.nn.module import Module
from nnbuild.ops.nests import map_tensors
from nnbuild.ops.spec import TensorSpec

#: Bytes of a step's input and output from which on the batch is divided, and what they then may take.
_LARGE, _AT_ONCE = 128 << 20, 32 << 20


def batch_part(graph: Graph) -> int | None:
    """How many of the batch to run at a time where its graph is large; None for all."""
    if not graph.inputs or not graph.nodes or not graph.inputs[0].shape:
        return None
    batch = graph.inputs[0].shape[0]
    most = max(sum(value.nbytes for value in (*node.inputs, *node.outputs)) for node in graph.nodes)
    if most <= _LARGE or batch < 2:
        return None
    parts = -(-batch // max(1, batch * _AT_ONCE // most))
    return -(-batch // parts)


def runs_in_parts(model: Module, graph: Graph, count: int, inputs: Any, options: Any) -> bool:
    """Whether the model may be asked for so many images at a time, with the same results."""

    def narrowed(tensor: Any) -> TensorSpec:
        return TensorSpec((count, *tensor.shape[1:]), str(tensor.dtype))

    args, named = map_tensors(narrowed, (inputs, options))
    try:
        part = trace(model, *args, **named)
    except NnbuildError:  # the batch stands in the model, as in view(64, -1)
        return False
    return Samples(graph, part).why_together() is None
