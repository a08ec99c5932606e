"""Tensors made of options alone."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.node import OnnxNode, cast, constant, created, reads
from nnbuild.lazy import np


@reads("Constant")
def _constant(node: OnnxNode) -> Any:
    """Which of its attributes it has says the dtype."""
    for name, dtype in (
        ("value", None), ("value_float", "float32"), ("value_floats", "float32"), ("value_int", "int64"),
        ("value_ints", "int64"),
    ):  # fmt: skip
        if name in node.attributes:
            value = node.attributes[name]
            return value if dtype is None else constant(value, dtype)
    raise SpecError("Constant has no value, or one that is no tensor of numbers")


@reads("ConstantOfShape")
def _constant_of_shape(node: OnnxNode, shape: Any) -> Any:
    value = node.get("value")
    fill = np.zeros(1, np.float32) if value is None else value
    sizes = tuple(node.numbers("shape", shape) or ())
    return created(ops.full, sizes, fill.reshape(-1)[0].item(), dtype=fill.dtype.name)


@reads("Range")
def _range(node: OnnxNode, start: Any, limit: Any, delta: Any) -> Any:
    first, last, step = (node.number(name, value) for name, value in
                         (("start", start), ("limit", limit), ("delta", delta)))  # fmt: skip
    dtype = str(start.dtype)
    if not step:
        raise SpecError("Range wants a step other than 0")
    count = max(0, int(np.ceil((last - first) / step)))
    steps = created(ops.arange, count, dtype=dtype)
    return ops.add(ops.mul(steps, constant(step, dtype)), constant(first, dtype))


@reads("EyeLike")
def _eye_like(node: OnnxNode, input: Any) -> Any:
    dtype = node.dtype("dtype", str(input.dtype))
    rows, columns = (created(ops.arange, size, dtype="int64") for size in input.shape)
    offset = ops.sub(ops.unsqueeze(columns, 0), ops.unsqueeze(rows, 1))
    return cast(ops.eq(offset, constant(node.get("k", 0), "int64")), dtype)


@reads("Trilu")
def _trilu(node: OnnxNode, input: Any, diagonal: Any = None) -> Any:
    triangle = ops.triu if node.get("upper") else ops.tril
    return triangle(input, int(node.number("k", diagonal, 0)))
