"""The bilinear map: a weighted sum of all products of two inputs' features."""

from __future__ import annotations

from nnbuild.errors import ShapeError
from nnbuild.lazy import np
from nnbuild.ops.op import op
from nnbuild.ops.reach import WHOLE, Kept, Reaches, kept
from nnbuild.ops.spec import TensorSpec


@op
def bilinear(input1: np.ndarray, input2: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """y[o] = x1 @ weight[o] @ x2 + bias[o]: (*, in1) and (*, in2) with a weight (out, in1, in2) give (*, out)."""
    outputs, first, second = weight.shape
    products = (input1[..., :, None] * input2[..., None, :]).reshape(-1, first * second or 1)
    matrix = weight.reshape(outputs, first * second)
    result = products[:, : first * second] @ matrix.T
    result = result.reshape(*input1.shape[:-1], outputs)
    return result if bias is None else result + bias


@bilinear.shape
def _(input1: TensorSpec, input2: TensorSpec, weight: TensorSpec, bias: TensorSpec | None) -> TensorSpec:
    if weight.ndim != 3:
        raise ShapeError(f"wants a weight of 3 axes (out, in1, in2) and gets {weight.shape}")
    if not input1.shape or input1.shape[:-1] != input2.shape[:-1] or not input2.shape:
        raise ShapeError(f"wants inputs that differ in the last axis only and gets {input1.shape} and {input2.shape}")
    for place, tensor in ((1, input1), (2, input2)):
        if tensor.shape[-1] != weight.shape[place]:
            raise ShapeError(
                f"wants {weight.shape[place]} features of input{place} and gets {tensor.shape[-1]}: {tensor.shape}",
                hint=f"in{place}_features={tensor.shape[-1]}",
                option=f"in{place}_features",
            )
    for name, other in (("input2", input2), ("weight", weight), ("bias", bias)):
        if other is not None and other.dtype != input1.dtype:
            raise ShapeError(f"wants input1 and {name} of one dtype and gets {input1.dtype} and {other.dtype}")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(f"wants a bias of {weight.shape[:1]} and gets {bias.shape}")
    return input1.with_shape((*input1.shape[:-1], weight.shape[0]))


@bilinear.axes
def _(input1: TensorSpec, output: TensorSpec) -> dict[str, Reaches]:
    features = (*kept(input1)[:-1], WHOLE)
    made = (Kept(output.ndim - 1),)
    return {"input1": features, "input2": features, "weight": (*made, WHOLE, WHOLE), "bias": made}


@bilinear.macs
def _(output: TensorSpec, weight: TensorSpec) -> int:
    return output.numel() * weight.shape[1] * weight.shape[2]


@bilinear.formula
def _(output: TensorSpec, input1: TensorSpec, input2: TensorSpec) -> list[str]:
    return [f"features: {input1.shape[-1]} x {input2.shape[-1]} -> {output.shape[-1]}"]
