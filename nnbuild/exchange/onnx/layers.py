"""Nodes as layers: which layer of nnbuild.nn a node is, where its weights are tensors of the file."""

from __future__ import annotations

from nnbuild.errors import NnbuildError
from nnbuild.exchange.onnx import recurrent_layers, simple_layers, weighted_layers
from nnbuild.exchange.onnx.made import MAKERS, Held, Made
from nnbuild.exchange.onnx.node import OnnxNode

_FAMILIES = (recurrent_layers, simple_layers, weighted_layers)  # importing them fills the table of makers


def layer_of(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    """The layer that a node is; None where it is none. Params: rank, of the first input, where it is known."""
    maker = MAKERS.get(node.op) if node.domain == "" else None
    if maker is None:
        return None
    try:
        return maker(node, held, rank)
    except NnbuildError:  # options that the layer does not take: the op says what is wrong with them, if anything
        return None
