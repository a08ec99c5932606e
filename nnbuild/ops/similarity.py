"""How alike two tensors are along an axis."""

from __future__ import annotations

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import axis, real_axis
from nnbuild.ops.distribution import norms
from nnbuild.ops.dtypes import fractions, one_dtype, promote
from nnbuild.ops.elementwise import broadcast
from nnbuild.ops.op import op
from nnbuild.ops.reach import WHOLE, Kept, Reach, Reaches, aligned, reduced
from nnbuild.ops.spec import TensorSpec


def _along(x1: TensorSpec, x2: TensorSpec, dim: int, keepdim: bool) -> dict[str, Reaches]:
    """Both broadcast to one shape, and then one axis of it reduced."""
    joined = TensorSpec(broadcast(x1.shape, x2.shape), x1.dtype)
    place = axis(dim, joined.ndim)
    after = reduced(joined, (place,), keepdim)

    def reaches(tensor: TensorSpec) -> tuple[Reach, ...]:
        return tuple(after[own.axis] if isinstance(own, Kept) else own for own in aligned(tensor, joined))

    return {"x1": reaches(x1), "x2": reaches(x2)}


@op
def cosine_similarity(x1: np.ndarray, x2: np.ndarray, dim: int = 1, eps: float = 1e-8) -> np.ndarray:
    """The cosine of the angle between x1 and x2 along `dim`; norms below `eps` count as `eps`."""
    common = np.result_type(x1, x2)
    x1, x2 = (array.astype(common) for array in np.broadcast_arrays(x1, x2))
    first = x1 / np.maximum(norms(x1, 2, dim), eps)
    second = x2 / np.maximum(norms(x2, 2, dim), eps)
    return (first * second).sum(dim)


@cosine_similarity.shape
def _(x1: TensorSpec, x2: TensorSpec, dim: int) -> TensorSpec:
    dtype = promote(x1.dtype, x2.dtype)
    shape = broadcast(x1.shape, x2.shape)
    output = TensorSpec(shape, dtype)
    fractions(output.dtype)
    along = real_axis(dim, output.ndim)
    return output.with_shape((*shape[:along], *shape[along + 1 :]))


@cosine_similarity.axes
def _(x1: TensorSpec, x2: TensorSpec, dim: int) -> dict[str, Reaches]:
    return _along(x1, x2, dim, False)


@op
def pairwise_distance(
    x1: np.ndarray, x2: np.ndarray, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> np.ndarray:
    """The `p`-norm of x1 - x2 + `eps` along the last axis."""
    distance = norms(x1 - x2 + eps, p, -1)
    return distance if keepdim else distance[..., 0]


@pairwise_distance.shape
def _(x1: TensorSpec, x2: TensorSpec, keepdim: bool) -> TensorSpec:
    output = TensorSpec(broadcast(x1.shape, x2.shape), promote(x1.dtype, x2.dtype))
    fractions(output.dtype)
    real_axis(-1, output.ndim)
    return output.with_shape((*output.shape[:-1], 1) if keepdim else output.shape[:-1])


@pairwise_distance.axes
def _(x1: TensorSpec, x2: TensorSpec, keepdim: bool) -> dict[str, Reaches]:
    return _along(x1, x2, -1, keepdim)


@op
def cdist(
    x1: np.ndarray, x2: np.ndarray, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary"
) -> np.ndarray:
    """The `p`-norm of each row of x1 less each row of x2: (*, P, M) and (*, R, M) give (*, P, R).

    The differences are computed as such; `compute_mode`, which says when torch need not, changes nothing.
    """
    differences = x1[..., :, None, :] - x2[..., None, :, :]
    return norms(differences, p, -1)[..., 0] if x1.shape[-1] else np.zeros(differences.shape[:-1], x1.dtype)


_MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


@cdist.shape
def _(x1: TensorSpec, x2: TensorSpec, p: float, compute_mode: str) -> TensorSpec:
    if min(x1.ndim, x2.ndim) < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(f"wants rows (*, P, M) and (*, R, M) of one size M and gets {x1.shape} and {x2.shape}")
    if p < 0:
        raise OptionError(f"p must be at least 0, not {p}", option="p")
    if compute_mode not in _MODES:
        raise OptionError(f"compute_mode is one of {', '.join(_MODES)}, not {compute_mode!r}", option="compute_mode")
    one_dtype(x1, x2=x2)
    fractions(x1.dtype)
    return x1.with_shape((*broadcast(x1.shape[:-2], x2.shape[:-2]), x1.shape[-2], x2.shape[-2]))


@cdist.axes
def _(x1: TensorSpec, x2: TensorSpec, output: TensorSpec) -> dict[str, Reaches]:
    batch = output.with_shape(output.shape[:-2])

    def reaches(tensor: TensorSpec, rows: int) -> tuple[Reach, ...]:
        return (*aligned(tensor.with_shape(tensor.shape[:-2]), batch), Kept(rows), WHOLE)

    return {"x1": reaches(x1, output.ndim - 2), "x2": reaches(x2, output.ndim - 1)}
