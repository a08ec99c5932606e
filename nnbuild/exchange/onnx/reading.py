"""Reading: a file becomes a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nnbuild.errors import InputError, NnbuildError, SpecError
from nnbuild.exchange.onnx.body import MISTAKES
from nnbuild.exchange.onnx.file import OnnxFile, of_proto, open_model
from nnbuild.exchange.onnx.inputs import stated_inputs
from nnbuild.exchange.onnx.items import GraphItems
from nnbuild.exchange.onnx.network import Network
from nnbuild.exchange.onnx.tree import Tree
from nnbuild.spec.build.stated import Spec


def read(path: Path, *, weights: bool = True) -> Network:
    """The network of an ONNX file, in evaluation mode. Weights are read when they are first used.

    Params: weights, whether to take the file's; without them they are as the layers draw them.
    Raises: InputError for a file that is none, SpecError for what nnbuild has not, WeightError.
    """
    return _network(open_model(path), path, weights)


def read_proto(proto: Any) -> Network:
    """The network of a model in memory, an `onnx.ModelProto`."""
    return _network(of_proto(proto), None, True)


def _network(file: OnnxFile, path: Path | None, weights: bool) -> Network:
    try:
        graph = GraphItems(file)
        weights = weights and file.has_values
        name = file.proto.graph.name or (path.stem if path else "")
        network = Tree(graph, _named(name, path), weights).network()
        inputs = stated_inputs(graph)
    except RecursionError:
        raise SpecError(f"{file.name} is nested too deeply") from None
    except NnbuildError:
        raise
    except MISTAKES as error:  # bytes where the format has text, and the like
        raise InputError(f"{file.name} is broken: {error}") from error
    network.spec = Spec(
        name=type(network).__name__,
        file=path or Path("model.onnx"),
        inputs=inputs,
        holds_weights=weights,
        foreign=True,
        description=file.proto.doc_string or None,
    )
    network.eval()
    return network


def _named(name: str, path: Path | None) -> str:
    """The graph's name, unless it is one that every exporter gives."""
    usual = name.lower() in ("", "main_graph", "torch_jit", "torch-jit-export", "torch.jit.export", "graph", "model")
    return (path.stem if path else "Network") if usual else name
