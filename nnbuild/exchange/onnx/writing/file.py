"""A model as a file: checked, and whole or not at all; above the limit of protobuf the weights stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nnbuild.errors import InputError
from nnbuild.exchange.onnx.dtypes import NUMBERS
from nnbuild.exchange.onnx.package import package
from nnbuild.exchange.onnx.writing.model import USUAL, size_of, values_of, write_model
from nnbuild.formats.whole import write_whole
from nnbuild.nn.module import Module
from nnbuild.spec.build.stated import Input

#: Bytes of weights from which on they go into a file of their own: a message of protobuf has 2 GiB at most.
OUTSIDE = 1900 * 2**20

_EXTERNAL = 1  # TensorProto.DataLocation


def model_bytes(
    network: Module,
    inputs: Sequence[Input],
    *,
    name: str = "network",
    opset: int = USUAL,
    weights: bool = True,
    dynamic: bool = False,
    fold: bool = False,
    beside: Path | None = None,
) -> bytes:
    """The network as the bytes of an ONNX file, checked by onnx, all types and shapes inferred.

    Params: as `write_model`'s; beside, the file that weights of more than 1,900 MiB go to. Raises: SpecError,
    InputError.
    """
    model, tensors = write_model(network, inputs, name=name, opset=opset, weights=weights, dynamic=dynamic, fold=fold)
    if size_of(tensors) > OUTSIDE:
        if beside is None:
            raise InputError("the weights are too many for one file", hint="write to a file, not to standard output")
        _outside(model, tensors, beside)
    else:
        for key, tensor in tensors.items():
            array = values_of(tensor)
            made = model.graph.initializer.add(name=key, data_type=NUMBERS[array.dtype.name], dims=array.shape)
            made.raw_data = array.tobytes()
    _check(model)
    data: bytes = model.SerializeToString()
    return data


def _outside(model: Any, tensors: dict[str, Any], beside: Path) -> None:
    """Write the weights one behind the other into a file, and note where each is."""
    offset = 0

    def parts() -> Any:
        for tensor in tensors.values():
            yield values_of(tensor).tobytes()

    for key, tensor in tensors.items():
        made = model.graph.initializer.add(
            name=key, data_type=NUMBERS[str(tensor.dtype)], dims=tensor.shape, data_location=_EXTERNAL
        )
        facts = {"location": beside.name, "offset": offset, "length": int(tensor.nbytes)}
        for name, value in facts.items():
            made.external_data.add(key=name, value=str(value))
        offset += int(tensor.nbytes)
    write_whole(beside, b"".join(parts()))


def _check(model: Any) -> None:
    onnx = package()
    inferred: Exception | None = None
    try:
        if not any(tensor.data_location == _EXTERNAL for tensor in model.graph.initializer):
            onnx.checker.check_model(model, full_check=True)
        else:
            onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        inferred = error
    if inferred is not None:
        raise InputError(f"what would be written is no right ONNX model: {inferred}")
