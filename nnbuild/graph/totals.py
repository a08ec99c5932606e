"""The figures of a whole network."""

from __future__ import annotations

from typing import NamedTuple

from nnbuild.graph.graph import Graph
from nnbuild.graph.rows import LayerRow


class Totals(NamedTuple):
    """Sums over a network.

    Params: params, trainable, buffers in elements, each tensor once; macs, multiply-adds of a forward pass, None if
    no op defines any; input_bytes; activation_bytes, of all tensors that a forward pass makes: a view makes none, nor
    does an op in place; parameter_bytes, of parameters and buffers.
    """

    params: int
    trainable: int
    buffers: int
    macs: int | None
    input_bytes: int
    activation_bytes: int
    parameter_bytes: int


def totals(graph: Graph, root: LayerRow) -> Totals:
    """The totals of a graph with these rows."""
    return Totals(
        params=root.params,
        trainable=root.trainable,
        buffers=root.buffers,
        macs=root.macs,
        input_bytes=sum(value.nbytes for value in graph.inputs),
        activation_bytes=activation_bytes(graph),
        parameter_bytes=root.tensor_bytes,
    )


def activation_bytes(graph: Graph) -> int:
    """Bytes of all tensors that the pass makes."""
    return sum(value.nbytes for node in graph.nodes for value in node.outputs if value.base is None)
