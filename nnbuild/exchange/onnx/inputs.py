"""The inputs of a graph: symbolic axes become N and names."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.dtypes import STRING, dtype_name
from nnbuild.exchange.onnx.items import GraphItems
from nnbuild.exchange.onnx.paths import plain, unused
from nnbuild.spec.build.stated import BATCH, Input

#: The size of an axis that the file leaves open: of images, and of anything else.
_IMAGE, _OTHER = 224, 16


def stated_inputs(graph: GraphItems) -> tuple[Input, ...]:
    """The inputs as a spec states them; none where one is no tensor or its axes are not said."""
    found: list[Input] = []
    for value in graph.inputs:
        kind = value.type.tensor_type
        if not value.type.HasField("tensor_type") or not kind.HasField("shape") or kind.elem_type == STRING:
            return ()
        name = plain(value.name)
        name = unused(name if not name[:1].isdigit() else f"input_{name}", [input.name for input in found])
        try:
            dtype = dtype_name(kind.elem_type)
        except SpecError as error:
            error.subject = f"the input {value.name!r}"
            raise
        found.append(Input(name, *_shape(kind.shape.dim, dtype)))
    return tuple(found)


def _shape(dims: Any, dtype: str) -> tuple[tuple[int | str, ...], str, dict[str, int]]:
    shape: list[int | str] = []
    free: dict[str, int] = {}
    for axis, dim in enumerate(dims):
        if dim.HasField("dim_value") and dim.dim_value > 0:
            shape.append(dim.dim_value)
            continue
        if dim.HasField("dim_value") and dim.dim_value < 0:
            raise SpecError(f"an input has the size {dim.dim_value}")
        if axis == 0:
            shape.append(BATCH)
            continue
        name = plain(dim.dim_param) if dim.dim_param else f"axis{axis}"
        name = name if not name[:1].isdigit() and name != BATCH else f"axis{axis}"
        free[name] = _IMAGE if len(dims) >= 4 and axis >= 2 else _OTHER
        shape.append(name)
    return tuple(shape), dtype, free
