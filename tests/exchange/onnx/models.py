"""Small ONNX models for the tests, made node by node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

node = helper.make_node


def tensor(name: str, shape: Sequence[Any] | None, dtype: int = TensorProto.FLOAT) -> Any:
    """An input or output."""
    return helper.make_tensor_value_info(name, dtype, shape)


def model(
    nodes: Sequence[Any],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    weights: Mapping[str, np.ndarray] | None = None,
    opset: int = 17,
    **more: Any,
) -> Any:
    """A model of these nodes; weights are initializers."""
    initializers = [numpy_helper.from_array(array, name) for name, array in (weights or {}).items()]
    graph = helper.make_graph(list(nodes), "net", list(inputs), list(outputs), initializers)
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, **more)


def saved(proto: Any, folder: Path, name: str = "net.onnx") -> Path:
    """The model's file."""
    path = folder / name
    path.write_bytes(proto.SerializeToString())
    return path


def reference(proto: Any, **inputs: np.ndarray) -> list[np.ndarray]:
    """What ONNX's own evaluator gives."""
    from onnx.reference import ReferenceEvaluator

    results: list[np.ndarray] = ReferenceEvaluator(proto).run(None, inputs)
    return results


__all__ = ["TensorProto", "helper", "model", "node", "onnx", "reference", "saved", "tensor"]
