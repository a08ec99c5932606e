"""How much of a graph's tensors lives at once."""

from __future__ import annotations

from nnbuild.graph.graph import Graph, Value


def peak_bytes(graph: Graph) -> int:
    """The bytes of all tensors that are needed at the same time, at the worst moment of a forward pass.

    A tensor lives from the op that makes it to the last that reads it, the inputs and results for the whole pass. What
    is a view, or is written over another tensor, needs no memory of its own.
    """
    last = _last_reads(graph)
    live = most = sum(value.nbytes for value in graph.inputs)
    leaving: dict[int, list[Value]] = {}
    for node in graph.nodes:
        for value in node.outputs:
            root = _root(value)
            if root is value:
                live += value.nbytes
                leaving.setdefault(last.get(root, node.index), []).append(root)
        most = max(most, live)
        live -= sum(value.nbytes for value in leaving.pop(node.index, ()))
    return most


def _last_reads(graph: Graph) -> dict[Value, int]:
    """The last op that reads the memory of each tensor; results are read after all."""
    last = {_root(value): node.index for node in graph.nodes for value in node.inputs}
    return last | {_root(value): len(graph.nodes) for value in graph.outputs if isinstance(value, Value)}


def _root(value: Value) -> Value:
    """The tensor whose memory the value lies in."""
    while isinstance(base := getattr(value, "base", None), Value):
        value = base
    return value
