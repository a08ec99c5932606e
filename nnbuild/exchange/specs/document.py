"""A spec's text and its weights, of a network in another format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nnbuild.exchange.onnx.writing.model import traces_of
from nnbuild.exchange.specs.blocks import Blocks
from nnbuild.exchange.specs.names import identifier
from nnbuild.lazy import np
from nnbuild.nn.module import Module
from nnbuild.nn.parameter import Parameter, StoredTensor
from nnbuild.spec.build.stated import Input


class Document(NamedTuple):
    """A spec. Params: text, YAML; weights, arrays and the network's tensors by key."""

    text: str
    weights: dict[str, Any]


def spec_of(network: Module, inputs: Sequence[Input], name: str, weights: Path | None) -> Document:
    """The network as a spec. Params: weights, the file that will hold them, named in the spec.

    Raises: SpecError for what a spec cannot say.
    """
    traces = traces_of(network, inputs, dynamic=True)
    blocks = Blocks(traces)
    whole = blocks.network()
    lines = [f"name: {identifier(name, start='Network')}", *_inputs(inputs)]
    if weights is not None and whole.weights:
        lines.append(f"weights: {weights.name}")
    if blocks.found:
        lines.append("blocks:")
        for block, own in blocks.found.items():
            lines += [f"  {block}:", *(f"    {line}" for line in own)]
    lines += whole.lines
    ties = _ties(whole.weights)
    lines += ["tie:", *(f"  {key}: {first}" for key, first in ties.items())] if ties else []
    kept = {key: tensor for key, tensor in whole.weights.items() if key not in ties}
    return Document("\n".join(lines) + "\n", kept if weights is not None else {})


def _ties(weights: Mapping[str, Any]) -> dict[str, str]:
    """Parameters that are under several names: each further name with the first."""
    first: dict[int, str] = {}
    found = {}
    for key, tensor in weights.items():
        if isinstance(tensor, Parameter) and first.setdefault(id(tensor), key) != key:
            found[key] = first[id(tensor)]
    return found


def _inputs(inputs: Sequence[Input]) -> list[str]:
    if len(inputs) == 1 and inputs[0].name == "x" and inputs[0].dtype == "float32":
        return [f"input: [{inputs[0].sizes}]"]
    lines = ["inputs:"]
    known: set[str] = set()
    for given in inputs:
        sizes = ", ".join(str(size) if size in known else _first(given, size) for size in given.shape)
        known.update(size for size in given.shape if isinstance(size, str))
        lines.append(
            f"  {identifier(given.name, start='x')}: "
            + (f"[{sizes}]" if given.dtype == "float32" else f"{{shape: [{sizes}], dtype: {given.dtype}}}")
        )
    return lines


def _first(given: Input, size: int | str) -> str:
    return f"{size}={given.free[size]}" if isinstance(size, str) and size in given.free else str(size)


def values_of(tensor: Any) -> np.ndarray:
    """The values of one of a document's weights."""
    return tensor.data if isinstance(tensor, StoredTensor) else np.asarray(tensor)
