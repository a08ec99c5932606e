"""An operator as ONNX itself defines it, by simpler ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnbuild.exchange.onnx.dtypes import NUMBERS
from nnbuild.exchange.onnx.node import OnnxNode
from nnbuild.exchange.onnx.package import package


def definition(node: OnnxNode, inputs: Sequence[Any]) -> Any:
    """The function that stands for this call, whose inputs are known; None where there is none."""
    onnx, schema = package(), node.schema
    if schema.has_function:
        versions = [version for version in schema.function_opset_versions if version <= node.version]
        version = max(versions, default=min(schema.function_opset_versions))
        return onnx.FunctionProto.FromString(schema.get_function_with_opset_version(version))
    versions = [version for version in schema.context_dependent_function_opset_versions if version <= node.version]
    version = max(versions, default=min(schema.context_dependent_function_opset_versions))
    types = [_type(onnx, value).SerializeToString() for value in inputs]
    message = schema.get_context_dependent_function_with_opset_version(version, node.proto.SerializeToString(), types)
    return onnx.FunctionProto.FromString(message) if message else None


def _type(onnx: Any, value: Any) -> Any:
    proto = onnx.TypeProto()
    if isinstance(value, list):
        if value:
            proto.sequence_type.elem_type.CopyFrom(_type(onnx, value[0]))
    elif value is not None:
        proto.tensor_type.elem_type = NUMBERS[str(value.dtype)]
        for size in value.shape:
            proto.tensor_type.shape.dim.add().dim_value = size
    return proto
