"""Nodes without weights as layers."""

from __future__ import annotations

from typing import Any

from nnbuild import nn
from nnbuild.exchange.onnx.made import Held, Made, makes
from nnbuild.exchange.onnx.node import OnnxNode
from nnbuild.exchange.onnx.windows import windows_of
from nnbuild.ops.dtypes import is_floating

_PLAIN = {
    "Relu": "ReLU", "Sigmoid": "Sigmoid", "Tanh": "Tanh", "Softplus": "Softplus", "Softsign": "Softsign",
    "Mish": "Mish", "HardSwish": "Hardswish",
}  # fmt: skip


@makes(*_PLAIN)
def _plain(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    return Made(getattr(nn, _PLAIN[node.op])()) if held[0] is None else None


_OF_ALPHA = {"LeakyRelu": "LeakyReLU", "Elu": "ELU", "Celu": "CELU"}


@makes(*_OF_ALPHA)
def _of_alpha(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    return Made(getattr(nn, _OF_ALPHA[node.op])(node.get("alpha"))) if held[0] is None else None


@makes("Gelu")
def _gelu(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    return Made(nn.GELU(node.get("approximate")))


@makes("HardSigmoid")
def _hardsigmoid(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    sixth = abs(node.get("alpha") - 1 / 6) < 1e-6 and node.get("beta") == 0.5
    return Made(nn.Hardsigmoid()) if sixth else None


@makes("Clip")
def _clip(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    if node.version < 11:
        limits = [node.get("min"), node.get("max")]
    else:
        bounds = [tensor.read() if tensor is not None and tensor.size == 1 else None for tensor in held[1:]]
        limits = [None if bound is None else float(bound.reshape(())) for bound in bounds]
        floating = all(tensor is None or is_floating(tensor.dtype) for tensor in held)
        limits = limits if floating else []
    return Made(nn.ReLU6()) if limits == [0.0, 6.0] else None


@makes("Softmax", "LogSoftmax")
def _softmax(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    axis = node.get("axis")
    if node.version < 13 and rank not in (axis + 1, None if axis >= 0 else rank):
        return None
    kind = nn.Softmax if node.op == "Softmax" else nn.LogSoftmax
    return Made(kind(axis)) if node.version >= 13 or rank is not None else None


@makes("Flatten")
def _flatten(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    return Made(nn.Flatten()) if node.get("axis") == 1 and rank is not None and rank > 1 else None


@makes("Dropout")
def _dropout(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    if len([name for name in node.outputs if name]) > 1 or len(node.inputs) > 2:
        return None
    ratio: Any = node.get("ratio", 0.5)
    if node.version >= 12:
        tensor = held[1] if len(held) > 1 else None
        if tensor is None and len(node.inputs) > 1 and node.inputs[1]:
            return None
        ratio = 0.5 if tensor is None else float(tensor.read().reshape(-1)[0])
    elif node.version < 7 and not node.get("is_test", 0):
        return None
    return Made(nn.Dropout(ratio))


@makes("LRN")
def _lrn(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    size, alpha, beta, bias = (node.get(name) for name in ("size", "alpha", "beta", "bias"))
    return Made(nn.LocalResponseNorm(size, alpha, beta, bias)) if size % 2 else None


@makes("MaxPool", "AveragePool")
def _pool(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    axes = len(node.get("kernel_shape") or ())
    if not 1 <= axes <= 3 or len([name for name in node.outputs if name]) > 1:
        return None
    if node.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        return None
    windows = windows_of(node, (1,) * axes)
    if not windows.pooling:
        return None
    kernel, strides, padding = (_one(sizes) for sizes in (windows.kernel, windows.strides, windows.before))
    if node.op == "MaxPool":
        module: nn.Module = getattr(nn, f"MaxPool{axes}d")(
            kernel, strides, padding, _one(windows.dilations), ceil_mode=windows.ceil
        )
    elif set(windows.dilations) != {1}:
        return None
    else:
        with_padding = bool(node.get("count_include_pad", 0))
        module = getattr(nn, f"AvgPool{axes}d")(kernel, strides, padding, windows.ceil, with_padding)
    return Made(module)


def _one(sizes: tuple[int, ...]) -> int | tuple[int, ...]:
    return sizes[0] if len(set(sizes)) == 1 else sizes


@makes("GlobalAveragePool", "GlobalMaxPool")
def _global(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    if rank not in (3, 4, 5):
        return None
    kind = "AdaptiveAvgPool" if node.op == "GlobalAveragePool" else "AdaptiveMaxPool"
    return Made(getattr(nn, f"{kind}{rank - 2}d")(1))


@makes("DepthToSpace")
def _pixel_shuffle(node: OnnxNode, held: Held, rank: int | None) -> Made | None:
    return Made(nn.PixelShuffle(node.get("blocksize"))) if node.get("mode") == "CRD" and rank == 4 else None
