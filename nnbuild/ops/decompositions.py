"""Decompositions of matrices: Cholesky, QR, singular values, eigenvalues.

Factors are as LAPACK gives them: those of QR, of singular values and of eigenvectors are settled only up to signs.
Source: https://docs.pytorch.org/docs/stable/linalg.html#decompositions
"""

from __future__ import annotations

from typing import Any, NamedTuple

from nnbuild.errors import OptionError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import is_complex, real, with_parts
from nnbuild.ops.matrix_facets import matrices, of_matrices, refusing, square
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.spec import TensorSpec


class OrthogonalAndTriangular(NamedTuple):
    """The factors of QR."""

    Q: Any
    R: Any


class SingularValues(NamedTuple):
    """Left singular vectors in columns, singular values, right singular vectors in rows."""

    U: Any
    S: Any
    Vh: Any


class Eigenvalues(NamedTuple):
    """Eigenvalues, and eigenvectors in columns."""

    eigenvalues: Any
    eigenvectors: Any


def _lower(matrix: np.ndarray, upper: bool) -> np.ndarray:
    with refusing("cannot factor a matrix that is not positive-definite"):
        lower = np.linalg.cholesky(matrix)
    return np.conj(lower).swapaxes(-1, -2) if upper else lower


@op
def linalg_cholesky(A: np.ndarray, *, upper: bool = False) -> np.ndarray:
    """The triangles L of matrices L @ L.T (*, n, n), or L.T where `upper`; only the lower triangle of A is read."""
    return _lower(A, upper)


@op
def cholesky(input: np.ndarray, upper: bool = False) -> np.ndarray:
    """The triangles L of matrices L @ L.T (*, n, n), or U of U.T @ U where `upper`, which reads the upper triangle."""
    return _lower(np.conj(input).swapaxes(-1, -2) if upper else input, upper)


linalg_cholesky.shape(lambda A: square(A))
cholesky.shape(lambda input: square(input))


@op
def linalg_qr(A: np.ndarray, mode: str = "reduced") -> tuple[np.ndarray, ...]:
    """Q with orthonormal columns and R, upper triangular, of matrices Q @ R (*, m, n).

    mode: "reduced" for Q (*, m, k) and R (*, k, n) with k = min(m, n), "complete" for k = m, "r" for R alone.
    """
    if mode == "r":
        return np.zeros(0, A.dtype), np.asarray(np.linalg.qr(A, "r"))
    return tuple(np.linalg.qr(A, mode))  # type: ignore[call-overload]


@linalg_qr.shape
def _(A: TensorSpec, mode: str) -> OrthogonalAndTriangular:
    if mode not in ("reduced", "complete", "r"):
        raise OptionError(f'mode wants "reduced", "complete" or "r", not {mode!r}', option="mode")
    *batch, rows, columns = matrices(A).shape
    inner = rows if mode == "complete" else min(rows, columns)
    first = (0,) if mode == "r" else (*batch, rows, inner)
    return OrthogonalAndTriangular(A.with_shape(first), A.with_shape((*batch, inner, columns)))


@op
def linalg_svd(A: np.ndarray, full_matrices: bool = True, *, driver: str | None = None) -> tuple[np.ndarray, ...]:
    """U, the singular values S from the greatest down, and Vh, of matrices U @ diag(S) @ Vh (*, m, n).

    full_matrices: U (*, m, m) and Vh (*, n, n); else only min(m, n) columns of U and rows of Vh.
    """
    return tuple(np.linalg.svd(A, full_matrices))


@linalg_svd.shape
def _(A: TensorSpec, full_matrices: bool, driver: str | None) -> SingularValues:
    _check_driver(driver)
    *batch, rows, columns = matrices(A).shape
    inner = min(rows, columns)
    left, right = (rows, columns) if full_matrices else (inner, inner)
    shapes = ((*batch, rows, left), (*batch, inner), (*batch, right, columns))
    first, values, last = (A.with_shape(shape) for shape in shapes)
    return SingularValues(first, values.with_dtype(real(A.dtype)), last)


def _check_driver(driver: str | None) -> None:
    if driver is not None:
        raise OptionError(f"driver chooses among CUDA's; here it is None, not {driver!r}", option="driver")


@op
def linalg_svdvals(A: np.ndarray, *, driver: str | None = None) -> np.ndarray:
    """The singular values of matrices (*, m, n), from the greatest down."""
    return np.linalg.svd(A, compute_uv=False)


@linalg_svdvals.shape
def _(A: TensorSpec, driver: str | None) -> TensorSpec:
    _check_driver(driver)
    shape = matrices(A).shape
    return TensorSpec((*shape[:-2], min(shape[-2:])), real(A.dtype))


@op
def linalg_eigh(A: np.ndarray, UPLO: str = "L") -> tuple[np.ndarray, ...]:
    """The eigenvalues of symmetric or hermitian matrices (*, n, n), ascending, and the eigenvectors in columns.

    UPLO: the triangle that is read, "L" or "U".
    """
    return tuple(np.linalg.eigh(A, UPLO))  # type: ignore[call-overload]


@op
def linalg_eigvalsh(A: np.ndarray, UPLO: str = "L") -> np.ndarray:
    """The eigenvalues of symmetric or hermitian matrices (*, n, n), ascending; UPLO, the triangle that is read."""
    return np.linalg.eigvalsh(A, UPLO)  # type: ignore[call-overload]


def _symmetric_values(A: TensorSpec, UPLO: str) -> TensorSpec:
    if not isinstance(UPLO, str) or UPLO.upper() not in ("L", "U"):
        raise OptionError(f'UPLO wants "L" or "U", not {UPLO!r}', option="UPLO")
    return TensorSpec(square(A).shape[:-1], real(A.dtype))


linalg_eigvalsh.shape(_symmetric_values)
linalg_eigh.shape(lambda A, UPLO: Eigenvalues(_symmetric_values(A, UPLO), A))


@op
def linalg_eig(A: np.ndarray) -> tuple[np.ndarray, ...]:
    """The eigenvalues of square matrices (*, n, n), complex, in LAPACK's order, and the eigenvectors in columns."""
    return tuple(np.linalg.eig(A))


@op
def linalg_eigvals(A: np.ndarray) -> np.ndarray:
    """The eigenvalues of square matrices (*, n, n), complex, in LAPACK's order."""
    return np.linalg.eigvals(A)


def _general_values(A: TensorSpec) -> TensorSpec:
    shape = square(A).shape
    return TensorSpec(shape[:-1], A.dtype if is_complex(A.dtype) else with_parts(A.dtype))


linalg_eigvals.shape(_general_values)


@linalg_eig.shape
def _(A: TensorSpec) -> Eigenvalues:
    values = _general_values(A)
    return Eigenvalues(values, values.with_shape(A.shape))


for _each in (
    linalg_cholesky, cholesky, linalg_qr, linalg_svd, linalg_svdvals, linalg_eigh, linalg_eigvalsh, linalg_eig,
    linalg_eigvals,
):  # fmt: skip
    _each.axes(of_matrices)
    takes_complex(_each)
