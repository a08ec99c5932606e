"""Layers that nodes become: what makes them, and tensors of the file changed for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from nnbuild import nn
from nnbuild.exchange.onnx.node import OnnxNode
from nnbuild.exchange.onnx.tensors import StoredTensor
from nnbuild.lazy import np

#: The file's tensor at each input of the node, None where it is something else.
Held = Sequence[StoredTensor | None]
Call = Callable[..., Any]


class Made(NamedTuple):
    """A layer. Params: module; places, of the inputs that it is called with; weights, by its names; call, else it."""

    module: nn.Module
    places: tuple[int, ...] = (0,)
    weights: Mapping[str, StoredTensor] = {}
    call: Call | None = None


Maker = Callable[[OnnxNode, Held, int | None], "Made | None"]
MAKERS: dict[str, Maker] = {}


def makes(*operators: str) -> Callable[[Maker], Maker]:
    """Decorator: the function that makes layers of these operators."""

    def add(function: Maker) -> Maker:
        MAKERS.update(dict.fromkeys(operators, function))
        return function

    return add


def derived(
    tensor: StoredTensor, shape: tuple[int, ...], change: Callable[[np.ndarray], np.ndarray], how: str
) -> StoredTensor:
    """A tensor of the file changed where it is read. Params: how, what tells this change from others."""
    key = f"{tensor.key}|{how}" if tensor.key else ""
    return StoredTensor(tensor.name, shape, tensor.dtype, lambda: np.ascontiguousarray(change(tensor.read())), key)


def transposed(tensor: StoredTensor) -> StoredTensor:
    """A matrix of the file with rows for columns."""
    return derived(tensor, tensor.shape[::-1], lambda array: array.T, "turned")


def linear(weight: StoredTensor, bias: StoredTensor | None) -> Made | None:
    """A Linear layer of a weight (out, in) and a bias, if it is one for each output."""
    rows, columns = weight.shape
    weights = {"weight": weight}
    if bias is not None:
        if bias.size != rows or bias.shape[-1:] != (rows,):
            return None
        weights["bias"] = derived(bias, (rows,), lambda array: array.reshape(-1), "flat")
    return Made(nn.Linear(columns, rows, bias is not None, dtype=weight.dtype), weights=weights)
