"""A model's file: its graph, versions and tensors."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnbuild.errors import InputError, SpecError, WeightError
from nnbuild.exchange.onnx.dtypes import dtype_name
from nnbuild.exchange.onnx.package import package
from nnbuild.exchange.onnx.tensors import StoredTensor, stored
from nnbuild.exchange.onnx.wire import Place, cut

#: The domain of the standard operators, by its two names.
STANDARD = ("", "ai.onnx")

#: The metadata key under which a file of nnbuild's without weights names them.
WITHOUT_WEIGHTS = "nnbuild.weights"


class OnnxFile:
    """A model. Params: proto, the message, weights left out; path, None where it is in no file; places, of weights."""

    def __init__(self, proto: Any, path: Path | None = None, places: list[Place | None] | None = None) -> None:
        self.proto = proto
        self.path = path
        self.places = places or [None] * len(proto.graph.initializer)
        self.opsets = opsets_of(proto)
        self.functions = {(function.domain, function.name): function for function in proto.functions}

    @property
    def name(self) -> str:
        """How messages call it."""
        return str(self.path) if self.path else self.proto.graph.name or "the model"

    def initializers(self) -> Iterator[StoredTensor]:
        """The graph's tensors."""
        for proto, place in zip(self.proto.graph.initializer, self.places, strict=True):
            yield stored(proto, self.path, place)

    def without_values(self) -> Iterator[StoredTensor]:
        """The weights that a file of nnbuild's without weights has among its inputs."""
        facts = {entry.key: entry.value for entry in self.proto.metadata_props}
        names = set(facts.get(WITHOUT_WEIGHTS, "").split())
        for value in self.proto.graph.input:
            if value.name in names:
                kind = value.type.tensor_type
                shape = tuple(dim.dim_value for dim in kind.shape.dim)
                yield StoredTensor(value.name, shape, dtype_name(kind.elem_type), self._no_values)

    def _no_values(self) -> Any:
        raise WeightError(f"{self.name} holds no weights", hint="export it without --no-weights, or give --weights")

    @property
    def has_values(self) -> bool:
        """Whether the weights are in the file."""
        return not any(entry.key == WITHOUT_WEIGHTS for entry in self.proto.metadata_props)


def opsets_of(proto: Any) -> dict[str, int]:
    """The versions of the operators of each domain, of a model or a function."""
    return {"" if entry.domain in STANDARD else entry.domain: entry.version for entry in proto.opset_import}


def open_model(path: Path) -> OnnxFile:
    """The model in a file. Raises InputError for what is none."""
    onnx = package()
    try:
        with path.open("rb") as handle:
            handle.seek(0, 2)
            if not handle.tell():
                raise InputError(f"{path} is empty")
            data = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None
    with data:
        try:
            message, places = cut(data)
            proto = onnx.ModelProto.FromString(message)
        except (ValueError, onnx.checker.ValidationError) as error:
            raise InputError(f"{path} is no ONNX file: {error}") from None
        except Exception as error:  # protobuf's own, of which no name is public
            if type(error).__name__ != "DecodeError":
                raise
            raise InputError(f"{path} is no ONNX file: it cannot be decoded") from None
    _check(proto, str(path))
    return OnnxFile(proto, path, places)


def of_proto(proto: Any) -> OnnxFile:
    """A model that is in memory."""
    _check(proto, proto.graph.name or "the model")
    return OnnxFile(proto)


def _check(proto: Any, name: str) -> None:
    if not proto.HasField("graph") or not proto.opset_import:
        raise InputError(f"{name} is no ONNX file: it has no graph or no version")
    newest = package().defs.onnx_opset_version()
    version = opsets_of(proto).get("")
    if version is not None and not 1 <= version <= newest:
        raise SpecError(
            f"{name} wants version {version} of ONNX's operators, and the package onnx knows them up to {newest}",
            hint="pip install --upgrade onnx, or export it with an older opset",
        )
