"""What is checked and said of ops on the matrices in a tensor's last two axes, one batch element at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nnbuild.errors import ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import fractions
from nnbuild.ops.reach import WHOLE, Reaches, kept
from nnbuild.ops.spec import TensorSpec


def matrices(tensor: TensorSpec) -> TensorSpec:
    """The tensor, whose last two axes are those of matrices that are computed with."""
    if tensor.ndim < 2:
        raise ShapeError(f"wants matrices, of at least 2 axes, and gets {tensor.shape}")
    if fractions(tensor.dtype) == "float16":
        raise ShapeError("wants float32, float64 or complex numbers and gets float16", hint="convert it to float32")
    return tensor


def square(tensor: TensorSpec) -> TensorSpec:
    """The tensor of square matrices."""
    if matrices(tensor).shape[-1] != tensor.shape[-2]:
        raise ShapeError(f"wants square matrices and gets {tensor.shape}")
    return tensor


def of_matrices(arguments: dict[str, Any]) -> dict[str, Reaches]:
    """The axes facet: of every tensor the whole matrix, of the same batch element."""
    tensors = {name: value for name, value in arguments.items() if isinstance(value, TensorSpec)}
    return {name: (*kept(value)[:-2], WHOLE, WHOLE) for name, value in tensors.items()}


@contextmanager
def refusing(statement: str) -> Iterator[None]:
    """LAPACK's refusal of the data as an error with this statement."""
    try:
        yield
    except np.linalg.LinAlgError:
        raise ShapeError(statement) from None
