"""Determinants of matrices.

Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.det.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

from nnbuild.lazy import np
from nnbuild.ops.dtypes import real
from nnbuild.ops.matrix_facets import of_matrices, square
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.spec import TensorSpec


class SignAndLogarithm(NamedTuple):
    """A determinant: its sign, of a complex one its direction, and the logarithm of its magnitude."""

    sign: Any
    logabsdet: Any


@op
def linalg_det(A: np.ndarray) -> np.ndarray:
    """The determinants of square matrices (*, n, n)."""
    return np.linalg.det(A)


@op
def det(input: np.ndarray) -> np.ndarray:
    """The determinants of square matrices (*, n, n)."""
    return np.linalg.det(input)


@op
def logdet(input: np.ndarray) -> np.ndarray:
    """The logarithms of the determinants of square matrices (*, n, n): nan below 0, -inf at 0."""
    sign, logarithm = np.linalg.slogdet(input)
    if input.dtype.kind == "c":
        return np.log(sign) + logarithm
    return np.where(sign < 0, np.nan, logarithm)


@op
def linalg_slogdet(A: np.ndarray) -> tuple[np.ndarray, ...]:
    """The signs of the determinants of square matrices (*, n, n), and the logarithms of their magnitudes."""
    return tuple(np.linalg.slogdet(A))


@op
def slogdet(input: np.ndarray) -> tuple[np.ndarray, ...]:
    """The signs of the determinants of square matrices (*, n, n), and the logarithms of their magnitudes."""
    return tuple(np.linalg.slogdet(input))


def _one(tensor: TensorSpec) -> TensorSpec:
    return tensor.with_shape(square(tensor).shape[:-2])


def _two(tensor: TensorSpec) -> SignAndLogarithm:
    sign = _one(tensor)
    return SignAndLogarithm(sign, sign.with_dtype(real(sign.dtype)))


linalg_det.shape(lambda A: _one(A))
det.shape(lambda input: _one(input))
logdet.shape(lambda input: _one(input))
linalg_slogdet.shape(lambda A: _two(A))
slogdet.shape(lambda input: _two(input))
for _each in (linalg_det, det, logdet, linalg_slogdet, slogdet):
    _each.axes(of_matrices)
    takes_complex(_each)
