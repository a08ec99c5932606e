"""Nodes with weights as layers."""

from __future__ import annotations

from typing import Any

from nnbuild import nn
from nnbuild.exchange.onnx.made import Held, Made, derived, linear, makes, transposed
from nnbuild.exchange.onnx.node import OnnxNode
from nnbuild.exchange.onnx.tensors import StoredTensor
from nnbuild.exchange.onnx.windows import padded, windows_of
from nnbuild.ops.dtypes import is_floating


def _weights(held: Held, *names: str) -> dict[str, StoredTensor] | None:
    """The weights by name, from the second input on, if those that are there are of the file and of fractions."""
    found = {name: tensor for name, tensor in zip(names, held[1:], strict=False) if tensor is not None}
    return found if all(is_floating(tensor.dtype) for tensor in found.values()) else None


def _all_held(node: OnnxNode, held: Held) -> bool:
    """Whether every input but the first is of the file."""
    return held[0] is None and all(
        tensor is not None for name, tensor in zip(node.inputs[1:], held[1:], strict=True) if name
    )


@makes("Conv")
def _conv(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    weights = _weights(held, "weight", "bias")
    if not weights or "weight" not in weights or not _all_held(node, held):
        return None
    weight = weights["weight"]
    axes, group = len(weight.shape) - 2, node.get("group", 1)
    if not 1 <= axes <= 3:
        return None
    fixed = node.get("auto_pad", "NOTSET") in ("NOTSET", "VALID")
    windows = windows_of(node, (1,) * axes, weight.shape[2:])
    symmetric = fixed and windows.symmetric
    module = getattr(nn, f"Conv{axes}d")(
        weight.shape[1] * group, weight.shape[0], tuple(weight.shape[2:]), windows.strides,
        windows.before if symmetric else 0, windows.dilations, group, "bias" in weights, dtype=weight.dtype,
    )  # fmt: skip
    if symmetric:
        return Made(module, weights=weights)

    def call(layer: Any, input: Any) -> Any:
        ends = windows_of(node, input.shape[2:], weight.shape[2:])
        return layer(padded(input, ends.before, ends.after))

    return Made(module, weights=weights, call=call)


@makes("ConvTranspose")
def _conv_transpose(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    weights = _weights(held, "weight", "bias")
    if not weights or "weight" not in weights or not _all_held(node, held) or node.get("output_shape"):
        return None
    weight = weights["weight"]
    axes, group = len(weight.shape) - 2, node.get("group", 1)
    if not 1 <= axes <= 3 or node.get("auto_pad", "NOTSET") != "NOTSET":
        return None
    windows = windows_of(node, (1,) * axes, weight.shape[2:])
    extra = tuple(node.get("output_padding") or (0,) * axes)
    if not windows.symmetric or any(
        not 0 <= more < max(step, spread)
        for more, step, spread in zip(extra, windows.strides, windows.dilations, strict=True)
    ):
        return None
    module = getattr(nn, f"ConvTranspose{axes}d")(
        weight.shape[0], weight.shape[1] * group, tuple(weight.shape[2:]), windows.strides, windows.before, extra,
        group, "bias" in weights, windows.dilations, dtype=weight.dtype,
    )  # fmt: skip
    return Made(module, weights=weights)


@makes("Gemm")
def _gemm(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    weights = _weights(held, "weight", "bias")
    if not weights or "weight" not in weights or not _all_held(node, held) or len(weights["weight"].shape) != 2:
        return None
    if node.get("alpha") != 1 or node.get("transA") or ("bias" in weights and node.get("beta") != 1):
        return None
    weight = weights["weight"] if node.get("transB") else transposed(weights["weight"])
    return linear(weight, weights.get("bias"))


@makes("BatchNormalization")
def _batch_norm(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    names = ("weight", "bias", "running_mean", "running_var")
    weights = _weights(held, *names)
    kind = {2: "BatchNorm1d", 3: "BatchNorm1d", 4: "BatchNorm2d", 5: "BatchNorm3d"}.get(rank or 0)
    if not weights or set(weights) != set(names) or kind is None or node.get("training_mode"):
        return None
    if node.version < 7 or not node.get("spatial", 1) or held[0] is not None:
        return None
    (count,) = weights["weight"].shape
    eps = node.get("epsilon", 1e-5)
    return Made(getattr(nn, kind)(count, eps, dtype=weights["weight"].dtype), weights=weights)


@makes("InstanceNormalization")
def _instance_norm(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    weights = _weights(held, "weight", "bias")
    kind = {3: "InstanceNorm1d", 4: "InstanceNorm2d", 5: "InstanceNorm3d"}.get(rank or 0)
    if not weights or len(weights) != 2 or kind is None or held[0] is not None:
        return None
    (count,) = weights["weight"].shape
    eps = node.get("epsilon", 1e-5)
    return Made(getattr(nn, kind)(count, eps, affine=True, dtype=weights["weight"].dtype), weights=weights)


@makes("LayerNormalization")
def _layer_norm(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    weights = _weights(held, "weight", "bias")
    if not weights or "weight" not in weights or not _all_held(node, held) or len(node.outputs) > 1:
        return None
    shape, axis = weights["weight"].shape, node.get("axis")
    axis = axis - rank if rank is not None and axis >= 0 else axis
    if axis != -len(shape):
        return None
    if "bias" in weights and weights["bias"].shape != shape:
        return None
    module = nn.LayerNorm(shape, node.get("epsilon"), True, "bias" in weights, dtype=weights["weight"].dtype)
    return Made(module, weights=weights)


@makes("GroupNormalization")
def _group_norm(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    weights = _weights(held, "weight", "bias")
    if not weights or len(weights) != 2 or node.version < 21 or held[0] is not None:
        return None
    (count,) = weights["weight"].shape
    module = nn.GroupNorm(node.get("num_groups"), count, node.get("epsilon"), dtype=weights["weight"].dtype)
    return Made(module, weights=weights)


@makes("PRelu")
def _prelu(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    weights = _weights(held, "weight")
    if not weights or held[0] is not None:
        return None
    slope = weights["weight"]
    per_channel = rank is not None and len(slope.shape) == rank - 1 and slope.shape[:1] == (slope.size,)
    if slope.size != 1 and not per_channel:
        return None
    flat = derived(slope, (slope.size,), lambda array: array.reshape(-1), "flat")
    return Made(nn.PReLU(slope.size, dtype=slope.dtype), weights={"weight": flat})


@makes("Gather")
def _embedding(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    table = held[0]
    if table is None or held[1] is not None or not is_floating(table.dtype) or node.get("axis"):
        return None
    if len(table.shape) != 2:
        return None
    module = nn.Embedding(*table.shape, dtype=table.dtype)
    return Made(module, (1,), {"weight": table})
