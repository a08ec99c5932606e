"""Lookup tables: rows of a weight by index, one by one or combined in bags."""

from __future__ import annotations

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.distribution import norms
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import WHOLE, Kept, Reaches, Unknown, kept
from nnbuild.ops.spec import TensorSpec

_BY_INDEX = Unknown("which row is looked up depends on the index")


def _check_table(input: TensorSpec, weight: TensorSpec, padding_idx: int | None) -> None:
    if input.dtype not in ("int64", "int32"):
        raise ShapeError(f"wants indices of int64 or int32 and gets {input.dtype}")
    if weight.ndim != 2:
        raise ShapeError(f"wants a weight of 2 axes (num_embeddings, embedding_dim) and gets {weight.shape}")
    count = weight.shape[0]
    if padding_idx is not None and not -count <= padding_idx < count:
        raise OptionError(
            f"padding_idx must lie between {-count} and {count - 1}, not {padding_idx}", option="padding_idx"
        )


def _check_indices(indices: np.ndarray, count: int) -> None:
    if indices.size and (indices.min() < 0 or indices.max() >= count):
        wrong = int(indices.max() if indices.max() >= count else indices.min())
        raise ShapeError(f"wants indices from 0 to {count - 1} and gets {wrong}", option="num_embeddings")


def _renormalize(weight: np.ndarray, indices: np.ndarray, max_norm: float | None, norm_type: float) -> None:
    """Scale the rows that are looked up down to `max_norm`, in place."""
    if max_norm is None:
        return
    used = np.unique(indices)
    sizes = norms(weight[used], norm_type, 1)
    weight[used] *= np.where(sizes > max_norm, max_norm / (sizes + 1e-7), 1).astype(weight.dtype)


@op
def embedding(
    input: np.ndarray,
    weight: np.ndarray,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> np.ndarray:
    """The rows of `weight` at the indices of `input`, of any shape.

    `max_norm` scales longer rows down, in the weight itself. The other options are for training and change nothing.
    """
    _check_indices(input, len(weight))
    _renormalize(weight, input, max_norm, norm_type)
    return weight[input]


@embedding.shape
def _(input: TensorSpec, weight: TensorSpec, padding_idx: int | None) -> TensorSpec:
    _check_table(input, weight, padding_idx)
    return weight.with_shape((*input.shape, weight.shape[1]))


@embedding.axes
def _(input: TensorSpec) -> dict[str, Reaches]:
    return {"input": kept(input), "weight": (_BY_INDEX, Kept(input.ndim))}


@op
def embedding_bag(
    input: np.ndarray,
    weight: np.ndarray,
    offsets: np.ndarray | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: np.ndarray | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> np.ndarray:
    """The sum, mean or max of the rows of `weight` in each bag.

    A bag is a row of a 2-d `input`, or what lies in a 1-d one from one of the `offsets` to the next. Indices equal to
    `padding_idx` do not count; an empty bag gives zeros. With `include_last_offset` the last offset is the number of
    indices; for another the last bag is what torch makes of it.
    """
    indices = input.reshape(-1)
    _check_indices(indices, len(weight))
    _renormalize(weight, indices, max_norm, norm_type)
    ends = _ends(input, offsets, include_last_offset)
    bags = np.searchsorted(ends, np.arange(len(indices)), side="right")
    kept = (bags < len(ends)) & (indices != (-1 if padding_idx is None else padding_idx % len(weight)))
    counts = np.bincount(bags[kept], minlength=len(ends))[:, None]
    if offsets is not None and include_last_offset and _stops(weight, mode, padding_idx):
        kept &= np.arange(len(indices)) < offsets[-1]
    bags, rows = bags[kept], weight[indices[kept]]
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.reshape(-1)[kept][:, None]
    result = np.full((len(ends), weight.shape[1]), -np.inf if mode == "max" else 0, weight.dtype)
    (np.maximum if mode == "max" else np.add).at(result, bags, rows)
    if mode == "mean":
        result /= np.maximum(counts, 1).astype(weight.dtype)
    return np.where(counts == 0, 0, result)


def _ends(input: np.ndarray, offsets: np.ndarray | None, include_last_offset: bool) -> np.ndarray:
    """Where each bag ends in the flattened input; the first begins at 0, each other at the end of the one before."""
    if offsets is None:
        return np.arange(1, input.shape[0] + 1) * input.shape[1]
    if offsets.size and offsets[0] != 0:
        raise ShapeError(f"wants offsets that begin with 0 and gets {offsets[0]}", option="offsets")
    if np.any(np.diff(offsets) < 0) or (offsets.size and offsets[-1] > len(input)):
        raise ShapeError(f"wants rising offsets up to {len(input)} and gets {offsets.tolist()}", option="offsets")
    starts = offsets[:-1] if include_last_offset else offsets
    return np.append(starts[1:], [len(input)] * bool(starts.size))


def _stops(weight: np.ndarray, mode: str, padding_idx: int | None) -> bool:
    """Whether the last bag adds nothing from the last offset on, though it counts it: torch's fast path, in float32."""
    return mode != "max" and weight.dtype == np.float32 and padding_idx is None


@embedding_bag.shape
def _(
    input: TensorSpec,
    weight: TensorSpec,
    offsets: TensorSpec | None,
    mode: str,
    per_sample_weights: TensorSpec | None,
    include_last_offset: bool,
    padding_idx: int | None,
) -> TensorSpec:
    _check_table(input, weight, padding_idx)
    if mode not in ("sum", "mean", "max"):
        raise OptionError(f"mode is 'sum', 'mean' or 'max', not {mode!r}", option="mode")
    if input.ndim not in (1, 2):
        raise ShapeError(f"wants indices of 1 or 2 axes and gets {input.shape}")
    if per_sample_weights is not None:
        if mode != "sum":
            raise OptionError(f"per_sample_weights are for mode='sum', not for {mode!r}", option="mode")
        if per_sample_weights.shape != input.shape or per_sample_weights.dtype != weight.dtype:
            raise ShapeError(
                f"wants per_sample_weights of {input.shape} in {weight.dtype} and gets {per_sample_weights}"
            )
    return weight.with_shape((_bags(input, offsets, include_last_offset), weight.shape[1]))


@embedding_bag.axes
def _(input: TensorSpec) -> dict[str, Reaches]:
    bags: Reaches = (Kept(0), WHOLE) if input.ndim == 2 else (Unknown("where a bag lies depends on the offsets"),)
    return {"input": bags, "per_sample_weights": bags, "weight": (_BY_INDEX, Kept(1)), "offsets": (WHOLE,)}


def _bags(input: TensorSpec, offsets: TensorSpec | None, include_last_offset: bool) -> int:
    if input.ndim == 2:
        if offsets is not None:
            raise ShapeError("takes offsets only with indices of 1 axis: a row of 2-d indices is a bag")
        return input.shape[0]
    if offsets is None:
        raise ShapeError("wants offsets with indices of 1 axis: where each bag begins")
    if offsets.ndim != 1 or offsets.dtype not in ("int64", "int32"):
        raise ShapeError(f"wants offsets of 1 axis in int64 and gets {offsets}")
    if include_last_offset and not offsets.shape[0]:
        raise ShapeError("wants at least one offset with include_last_offset and gets none")
    return offsets.shape[0] - bool(include_last_offset)


takes_complex(embedding)
