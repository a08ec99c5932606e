"""Products of matrices: linear maps and their relatives."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import ShapeError
from nnbuild.lazy import np
from nnbuild.ops.op import broadcast, op
from nnbuild.ops.spec import TensorSpec


@op
def linear(input: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """input @ weight.T + bias: (*, in_features) with a weight (out_features, in_features) gives (*, out_features)."""
    rows = input.reshape(-1, input.shape[-1]) @ weight.T
    if bias is not None:
        rows += bias
    return rows.reshape(*input.shape[:-1], *weight.shape[:-1])


@linear.shape
def _(input: TensorSpec, weight: TensorSpec, bias: TensorSpec | None = None) -> TensorSpec:
    if weight.ndim not in (1, 2):
        raise ShapeError(f"wants a weight of 2 axes and gets {weight.shape}")
    wanted, outputs = weight.shape[-1], weight.shape[:-1]
    if not input.shape:
        raise ShapeError("wants an input of at least one axis and gets a single number")
    if input.shape[-1] != wanted:
        made = ", ".join(map(str, outputs))
        raise ShapeError(
            f"wants {wanted} input features and gets {input.shape[-1]}",
            hint=f"Linear({input.shape[-1]}, {made}), or LazyLinear({made})",
            option="in_features",
        )
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None and tensor.dtype != input.dtype:
            raise ShapeError(
                f"wants input and {name} of one dtype and gets {input.dtype} and {tensor.dtype}",
                hint=f"convert the input to {tensor.dtype}, or the model with model.to({input.dtype!r})",
            )
    if bias is not None and broadcast(bias.shape, outputs) != outputs:
        raise ShapeError(f"wants a bias of {outputs} and gets {bias.shape}")
    return input.with_shape((*input.shape[:-1], *outputs))


@linear.macs
def _(output: TensorSpec, input: TensorSpec, weight: TensorSpec, bias: TensorSpec | None = None) -> int:
    return output.numel() * weight.shape[-1]


@linear.formula
def _(output: TensorSpec, input: TensorSpec, weight: TensorSpec, bias: TensorSpec | None = None) -> list[str]:
    return [f"features: {weight.shape[-1]} -> {output.shape[-1]}"]


@op
def matmul(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The matrix product (*, n, k) @ (*, k, m) = (*, n, m), broadcast over the axes before; vectors as in torch."""
    return np.matmul(input, other)


@matmul.shape
def _(input: TensorSpec, other: TensorSpec) -> TensorSpec:
    if not input.shape or not other.shape:
        raise ShapeError(f"wants tensors of at least one axis and gets {input.shape} and {other.shape}")
    if input.dtype != other.dtype:
        raise ShapeError(f"wants tensors of one dtype and gets {input.dtype} and {other.dtype}")
    inner = other.shape[-2] if other.ndim > 1 else other.shape[0]
    if input.shape[-1] != inner:
        raise ShapeError(
            f"cannot multiply {input.shape} by {other.shape}: the inner sizes {input.shape[-1]} and {inner} differ",
            hint="transpose one of them",
        )
    batch = broadcast(input.shape[:-2], other.shape[:-2])
    return input.with_shape((*batch, *input.shape[-2:-1], *(other.shape[-1:] if other.ndim > 1 else ())))


@matmul.macs
def _(output: TensorSpec, input: TensorSpec, other: TensorSpec) -> Any:
    return output.numel() * input.shape[-1]
