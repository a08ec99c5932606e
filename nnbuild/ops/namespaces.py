"""torch.linalg and torch.fft: `ops.linalg.norm` is the op `linalg_norm`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: The namespaces, by which the names of their ops begin.
NAMESPACES = ("linalg", "fft")


class Namespace:
    """The ops whose names begin with this word, under the rest of their names."""

    def __init__(self, name: str) -> None:
        self._prefix = f"{name}_"

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module("nnbuild.ops"), self._prefix + name)

    def __dir__(self) -> list[str]:
        return [name.removeprefix(self._prefix) for name in import_module("nnbuild.ops").OPS if self._owns(name)]

    def _owns(self, name: str) -> bool:
        return name.startswith(self._prefix)
