"""The package `onnx`, which reads and writes the files; it is an extra."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import InputError


def package() -> Any:
    """The module `onnx`. Raises InputError where it is not installed."""
    try:
        import onnx
    except ImportError:
        raise InputError("ONNX files need the package onnx", hint="pip install 'nnbuild[onnx]'") from None
    return onnx
