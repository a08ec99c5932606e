"""nnbuild as a backend of ONNX's own tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx.backend.base import Backend, BackendRep

from nnbuild import compile
from nnbuild.exchange.onnx.reading import read_proto


class Prepared(BackendRep):
    """A model that is read."""

    def __init__(self, model: Any) -> None:
        self.network = read_proto(model)
        self.forward = compile(self.network)

    def run(self, inputs: Any, **options: Any) -> Sequence[Any]:
        """The outputs, sequences as lists."""
        names = self.network._parts[0].inputs
        given = [*inputs, *(None,) * (len(names) - len(inputs))]
        result = self.forward(*(np.asarray(value) if isinstance(value, np.generic) else value for value in given))
        return result if isinstance(result, tuple) else (result,)


class NnbuildBackend(Backend):
    """Runs every model as `nnbuild run` does, on the CPU."""

    @classmethod
    def prepare(cls, model: Any, device: str = "CPU", **options: Any) -> Prepared:
        """Read the model."""
        return Prepared(model)

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """The CPU alone."""
        return device == "CPU"
