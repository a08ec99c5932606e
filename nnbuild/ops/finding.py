"""Where something holds, what holds there and what is different: results whose sizes only the data tells."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import real_axis
from nnbuild.ops.op import sized_by_data


@sized_by_data
def nonzero(input: np.ndarray, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not 0, a row each; with `as_tuple` a tensor an axis."""
    found = np.nonzero(np.atleast_1d(input)) if as_tuple or input.ndim else (np.zeros(np.count_nonzero(input)),) * 0
    if as_tuple:
        return found
    return np.stack(found, 1) if found else np.zeros((np.count_nonzero(input), 0), np.int64)


@sized_by_data
def masked_select(input: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The elements where the mask holds, in a row; the two broadcast."""
    if mask.dtype != np.bool_:
        raise ShapeError(f"wants a mask of bools and gets {mask.dtype}", hint="compare: mask != 0")
    array, mask = np.broadcast_arrays(input, mask)
    return array[mask]


@sized_by_data
def unique(
    input: np.ndarray,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
    *,
    return_index: bool = False,
) -> Any:
    """The different elements, or slices along `dim`, in rising order; without `sorted` in the order of their coming.

    Beside them what is asked for: with `return_index` where each comes first, with `return_inverse` which of them
    each element is, with `return_counts` how often each comes. torch has no `return_index`, and sorts always.
    """
    place = None if dim is None else real_axis(dim, input.ndim)
    values, index, inverse, counts = np.unique(
        input, return_index=True, return_inverse=True, return_counts=True, axis=place
    )
    if not sorted:
        order = np.argsort(index)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        values = np.take(values, order, 0 if place is None else place)
        index, counts, inverse = index[order], counts[order], rank[inverse]
    inverse = inverse.reshape(input.shape if place is None else -1)
    wanted = ((True, values), (return_index, index), (return_inverse, inverse), (return_counts, counts))
    found = tuple(array for asked, array in wanted if asked)
    return found if len(found) > 1 else values
