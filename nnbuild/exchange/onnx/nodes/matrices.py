"""Products of matrices."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.exchange.onnx.node import OnnxNode, cast, constant, reads, reshaped
from nnbuild.exchange.onnx.nodes.arithmetic import aligned
from nnbuild.ops.dtypes import is_floating


def _scaled(value: Any, factor: float) -> Any:
    if factor == 1:
        return value
    if not is_floating(str(value.dtype)):
        return cast(ops.mul(ops.to(value, "float64"), factor), str(value.dtype))
    return ops.mul(value, constant(factor, value.dtype))


@reads("Gemm")
def _gemm(node: OnnxNode, first: Any, second: Any, added: Any = None) -> Any:
    alpha, beta = node.get("alpha", 1.0), node.get("beta", 1.0)
    if node.get("transA"):
        first = ops.transpose(first, 0, 1)
    plain = node.get("transB") and alpha == 1 and is_floating(str(first.dtype))
    if plain and (added is None or (beta == 1 and tuple(added.shape) == (second.shape[0],))):
        return ops.linear(first, second, added)
    if node.get("transB"):
        second = ops.transpose(second, 0, 1)
    product = _scaled(ops.matmul(first, second), alpha)
    if added is None or not beta:
        return product
    return ops.add(product, _scaled(aligned(node, product, added), beta))


@reads("Einsum")
def _einsum(node: OnnxNode, *inputs: Any) -> Any:
    return ops.einsum(node.get("equation"), *inputs)


def without_zero_point(value: Any, zero: Any, axis: int | None = None) -> Any:
    """Whole numbers as int32, less their zero point; `axis`, the one that a zero point of several belongs to."""
    value = ops.to(value, "int32")
    if zero is None:
        return value
    zero = ops.to(zero, "int32")
    if zero.shape and axis is not None and tuple(zero.shape) != (1,):
        zero = reshaped(zero, *(-1 if at == axis % len(value.shape) else 1 for at in range(len(value.shape))))
    return ops.sub(value, zero)


@reads("MatMulInteger")
def _matmul_integer(node: OnnxNode, first: Any, second: Any, zero: Any = None, other_zero: Any = None) -> Any:
    rows = -2 if zero is not None and len(zero.shape) == 1 else None
    columns = -1 if other_zero is not None and len(other_zero.shape) == 1 else None
    return ops.matmul(without_zero_point(first, zero, rows), without_zero_point(second, other_zero, columns))
