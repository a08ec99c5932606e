"""Bytes and arrays: files of arrays, images and weights, read with care, written whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnbuild.formats.array_source import ArraySource
    from nnbuild.formats.npy import open_arrays
    from nnbuild.formats.weights import open_weights
    from nnbuild.formats.writing import OutputFile

__all__ = ["ArraySource", "OutputFile", "open_arrays", "open_weights"]

_HOMES = {"ArraySource": "array_source", "open_arrays": "npy", "open_weights": "weights", "OutputFile": "writing"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
