"""Inverses of matrices, and systems of linear equations.

Source: https://docs.pytorch.org/docs/stable/linalg.html#inverses
"""

from __future__ import annotations

from math import prod

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import one_dtype
from nnbuild.ops.elementwise import broadcast
from nnbuild.ops.matrix_facets import matrices, of_matrices, refusing, square
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import WHOLE, Kept, Reach, Reaches, aligned
from nnbuild.ops.spec import TensorSpec


@op
def linalg_inv(A: np.ndarray) -> np.ndarray:
    """The inverses of square matrices (*, n, n). Raises ShapeError for one that has none."""
    with refusing("cannot invert a singular matrix"):
        return np.linalg.inv(A)


@op
def inverse(input: np.ndarray) -> np.ndarray:
    """The inverses of square matrices (*, n, n). Raises ShapeError for one that has none."""
    return linalg_inv.kernel(input)


linalg_inv.shape(lambda A: square(A))
inverse.shape(lambda input: square(input))


@op
def linalg_pinv(
    A: np.ndarray,
    *,
    atol: float | None = None,
    rtol: float | None = None,
    hermitian: bool = False,
) -> np.ndarray:
    """The Moore-Penrose inverses of matrices (*, m, n), (*, n, m).

    Singular values up to max(atol, rtol times the greatest) count as 0; rtol is max(m, n) times the dtype's epsilon
    unless either is given. hermitian: only the lower triangle is read.
    """
    array = _hermitian(A) if hermitian else A
    if not prod(array.shape):
        return np.zeros((*array.shape[:-2], array.shape[-1], array.shape[-2]), array.dtype)
    left, values, right = np.linalg.svd(array, full_matrices=False)
    inverted = np.where(values > _cutoff(values, array.shape, atol, rtol), 1 / values, 0).astype(values.dtype)
    return np.conj(right).swapaxes(-1, -2) @ (inverted[..., None] * np.conj(left).swapaxes(-1, -2))


def _hermitian(matrix: np.ndarray) -> np.ndarray:
    lower = np.tril(matrix, -1)
    return lower + np.conj(lower).swapaxes(-1, -2) + matrix * np.eye(matrix.shape[-1], dtype=matrix.dtype)


def _cutoff(values: np.ndarray, shape: tuple[int, ...], atol: float | None, rtol: float | None) -> np.ndarray:
    """Up to where singular values count as 0."""
    relative = rtol if rtol is not None else 0 if atol else max(shape[-2:]) * np.finfo(values.dtype).eps
    return np.maximum(atol or 0, relative * values.max(-1, keepdims=True, initial=0))


@linalg_pinv.shape
def _(A: TensorSpec, atol: float | None, rtol: float | None, hermitian: bool) -> TensorSpec:
    _check_tolerances(atol, rtol)
    shape = (square(A) if hermitian else matrices(A)).shape
    return A.with_shape((*shape[:-2], shape[-1], shape[-2]))


def _check_tolerances(atol: float | None, rtol: float | None) -> None:
    for name, value in (("atol", atol), ("rtol", rtol)):
        if value is not None and not isinstance(value, int | float):
            raise OptionError(f"{name} wants a number, not {value!r}", option=name)


@op
def linalg_matrix_rank(
    A: np.ndarray,
    *,
    atol: float | None = None,
    rtol: float | None = None,
    hermitian: bool = False,
) -> np.ndarray:
    """How many singular values of matrices (*, m, n) do not count as 0: see `linalg_pinv`."""
    values = np.linalg.svd(_hermitian(A) if hermitian else A, compute_uv=False)
    return (values > _cutoff(values, A.shape, atol, rtol)).sum(-1)


@linalg_matrix_rank.shape
def _(A: TensorSpec, atol: float | None, rtol: float | None, hermitian: bool) -> TensorSpec:
    _check_tolerances(atol, rtol)
    return TensorSpec((square(A) if hermitian else matrices(A)).shape[:-2], "int64")


@op
def linalg_solve(A: np.ndarray, B: np.ndarray, *, left: bool = True) -> np.ndarray:
    """X of A X = B, or of X A = B where not `left`: A (*, n, n), B (*, n, k) or vectors (*, n)."""
    vectors = _has_vectors(A, B)
    right = B[..., None] if vectors else B
    with refusing("cannot solve with a singular matrix"):
        if left:
            result = np.linalg.solve(A, right)
        else:
            result = np.linalg.solve(A.swapaxes(-1, -2), right.swapaxes(-1, -2)).swapaxes(-1, -2)
    return result[..., 0] if vectors else result


def _has_vectors(A: np.ndarray | TensorSpec, B: np.ndarray | TensorSpec) -> bool:
    """Whether B holds vectors, one for each matrix, and not matrices."""
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and B.shape == A.shape[:-1])


@linalg_solve.shape
def _(A: TensorSpec, B: TensorSpec, left: bool) -> TensorSpec:
    square(A)
    _one_dtype(A, B)
    if not _has_vectors(A, B):
        return _solved(A, B, left)
    if not left:
        raise OptionError("left=False wants matrices in B, not vectors", option="left")
    return B.with_shape(_solved(A, B.with_shape((*B.shape, 1)), True).shape[:-1])


def _one_dtype(A: TensorSpec, B: TensorSpec) -> None:
    if A.dtype != B.dtype:
        raise ShapeError(f"wants A and B of one dtype and gets {A.dtype} and {B.dtype}")


def _solved(A: TensorSpec, B: TensorSpec, left: bool) -> TensorSpec:
    if B.ndim < 2 or B.shape[-2 if left else -1] != A.shape[-1]:
        side = "rows" if left else "columns"
        raise ShapeError(f"wants B of {A.shape[-1]} {side} for A of {A.shape} and gets {B.shape}")
    return B.with_shape((*broadcast(A.shape[:-2], B.shape[:-2]), *B.shape[-2:]))


@op
def linalg_solve_triangular(
    A: np.ndarray,
    B: np.ndarray,
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
) -> np.ndarray:
    """X of A X = B, or of X A = B where not `left`, of A only the upper or the lower triangle being read."""
    triangle = np.triu(A) if upper else np.tril(A)
    if unitriangular:
        diagonal = np.eye(A.shape[-1], dtype=bool)
        triangle = np.where(diagonal, np.ones((), A.dtype), triangle)
    if left:
        return _substituted(triangle, B, upper)
    return _substituted(triangle.swapaxes(-1, -2), B.swapaxes(-1, -2), not upper).swapaxes(-1, -2)


def _substituted(triangle: np.ndarray, right: np.ndarray, upper: bool) -> np.ndarray:
    """X of triangle @ X = right, row after row; a 0 on the diagonal gives inf and nan, as in torch."""
    size = triangle.shape[-1]
    batch = np.broadcast_shapes(triangle.shape[:-2], right.shape[:-2])
    result = np.zeros((*batch, *right.shape[-2:]), right.dtype)
    for row in reversed(range(size)) if upper else range(size):
        done = triangle[..., row : row + 1, :] @ result
        result[..., row, :] = (right[..., row, :] - done[..., 0, :]) / triangle[..., row, row, None]
    return result


@linalg_solve_triangular.shape
def _(A: TensorSpec, B: TensorSpec, left: bool) -> TensorSpec:
    square(A)
    one_dtype(A, B=B)
    return _solved(A, matrices(B), left)


def _of_system(A: TensorSpec, B: TensorSpec, left: bool, output: TensorSpec) -> dict[str, Reaches]:
    vectors = output.ndim < 2 or _has_vectors(A, B)
    batch = output.with_shape(output.shape[: output.ndim - (1 if vectors else 2)])
    column: tuple[Reach, ...] = (Kept(output.ndim - 1),)
    row: tuple[Reach, ...] = (Kept(output.ndim - 2),)
    own = (WHOLE,) if vectors else (WHOLE, *column) if left else (*row, WHOLE)
    behind = len(own)
    return {
        "A": (*aligned(A.with_shape(A.shape[:-2]), batch), WHOLE, WHOLE),
        "B": (*aligned(B.with_shape(B.shape[: B.ndim - behind]), batch), *own),
    }


linalg_solve.axes(_of_system)
linalg_solve_triangular.axes(_of_system)
for _each in (linalg_inv, inverse, linalg_pinv, linalg_matrix_rank):
    _each.axes(of_matrices)
takes_complex(linalg_inv, inverse, linalg_pinv, linalg_matrix_rank, linalg_solve, linalg_solve_triangular)
