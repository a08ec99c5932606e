"""Scaled dot-product attention: every query takes the mean of the values, weighted by how well their keys match it."""

from __future__ import annotations

import math

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import fractions
from nnbuild.ops.elementwise import broadcast
from nnbuild.ops.op import op
from nnbuild.ops.reach import WHOLE, Grouped, Kept, Reach, Reaches, aligned, picked
from nnbuild.ops.spec import TensorSpec


@op
def scaled_dot_product_attention(
    query: np.ndarray,
    key: np.ndarray,
    value: np.ndarray,
    attn_mask: np.ndarray | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> np.ndarray:
    """softmax(query @ key.T * scale + mask) @ value; a query that may look at nothing gets zeros.

    Shape: query (*, L, E), key (*, S, E), value (*, S, F) -> (*, L, F); the axes before broadcast.
    Params: attn_mask, broadcast to (*, L, S): true where a query may look, or numbers that are added; dropout_p, of the
    weights, applied whenever it is above 0; is_causal, query i looks at keys up to i only; scale, 1/sqrt(E) unless
    given; enable_gqa, axis -3 counts heads, and each head of key and value serves as many of query as divide evenly.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
    """
    from nnbuild.ops.noise import dropout

    factor = 1 / math.sqrt(query.shape[-1] or 1) if scale is None else scale
    weights = _product(query * factor, key.swapaxes(-1, -2), enable_gqa)
    if is_causal:
        attn_mask = np.tri(*weights.shape[-2:], dtype=bool)
    if attn_mask is not None and attn_mask.dtype == np.bool_:
        np.copyto(weights, -np.inf, where=~attn_mask)
    elif attn_mask is not None:
        weights += attn_mask
    _softmax(weights)
    if dropout_p > 0:
        weights = dropout.kernel(weights, dropout_p)
    return _product(weights, value, enable_gqa)


def _product(left: np.ndarray, right: np.ndarray, grouped: bool) -> np.ndarray:
    """left @ right; where grouped, a head of `right` meets several of `left`, which lie side by side, uncopied."""
    if not grouped or left.shape[-3] == right.shape[-3]:
        return left @ right
    *batch, heads, length, size = left.shape
    together = left.reshape(*batch, right.shape[-3], heads // right.shape[-3] * length, size) @ right
    return together.reshape(*together.shape[:-3], heads, length, right.shape[-1])


def _softmax(scores: np.ndarray) -> None:
    """Softmax of the last axis, in place; a row of nothing but -inf becomes zeros."""
    largest = scores.max(axis=-1, keepdims=True, initial=-np.inf)
    scores -= np.where(np.isneginf(largest), 0, largest)
    np.exp(scores, out=scores)
    total = scores.sum(axis=-1, keepdims=True)
    scores /= np.where(total == 0, 1, total)


def _head_counts(query: TensorSpec, key: TensorSpec, value: TensorSpec) -> None:
    if min(query.ndim, key.ndim, value.ndim) < 3:
        raise ShapeError(
            f"wants tensors of at least 3 axes (heads, length, features) with enable_gqa and gets {query.shape}, "
            f"{key.shape} and {value.shape}"
        )
    for name, tensor in (("key", key), ("value", value)):
        heads = tensor.shape[-3]
        if not heads or query.shape[-3] % heads:
            raise ShapeError(
                f"wants the {heads} heads of {name} to divide the {query.shape[-3]} of query: {tensor.shape} and "
                f"{query.shape}"
            )


def _scores(query: TensorSpec, key: TensorSpec, enable_gqa: bool) -> tuple[int, ...]:
    """The shape of query @ key.T."""
    if enable_gqa:
        key = key.with_shape((*key.shape[:-3], query.shape[-3], *key.shape[-2:]))
    return (*broadcast(query.shape[:-2], key.shape[:-2]), query.shape[-2], key.shape[-2])


def _check(query: TensorSpec, key: TensorSpec, value: TensorSpec) -> None:
    fractions(query.dtype)
    if not query.dtype == key.dtype == value.dtype:
        raise ShapeError(
            f"wants query, key and value of one dtype and gets {query.dtype}, {key.dtype} and {value.dtype}"
        )
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise ShapeError(
            "wants a query, key and value of at least 2 axes (length, features) and gets "
            f"{query.shape}, {key.shape} and {value.shape}"
        )
    if query.shape[-1] != key.shape[-1]:
        raise ShapeError(
            f"wants as many features in query as in key and gets {query.shape[-1]} and {key.shape[-1]}: "
            f"{query.shape} and {key.shape}"
        )
    if key.shape[-2] != value.shape[-2]:
        raise ShapeError(
            f"wants a value for every key and gets {value.shape[-2]} for {key.shape[-2]}: {value.shape} and {key.shape}"
        )


def _check_mask(mask: TensorSpec, query: TensorSpec, scores: tuple[int, ...], is_causal: bool) -> None:
    if is_causal:
        raise OptionError("is_causal=True is a mask already: give one of the two", option="is_causal")
    if mask.dtype not in ("bool", "float32", query.dtype):
        raise ShapeError(
            f"wants a mask of bool or {query.dtype} and gets {mask.dtype}", hint="bool: true where a query may look"
        )
    if broadcast(mask.shape, scores) != scores:
        raise ShapeError(f"wants a mask that broadcasts to (*, queries, keys) = {scores} and gets {mask.shape}")


@scaled_dot_product_attention.shape
def _(
    query: TensorSpec,
    key: TensorSpec,
    value: TensorSpec,
    attn_mask: TensorSpec | None,
    dropout_p: float,
    is_causal: bool,
    enable_gqa: bool,
) -> TensorSpec:
    _check(query, key, value)
    if enable_gqa:
        _head_counts(query, key, value)
        value = value.with_shape((*value.shape[:-3], query.shape[-3], *value.shape[-2:]))
    scores = _scores(query, key, enable_gqa)
    if attn_mask is not None:
        _check_mask(attn_mask, query, scores, is_causal)
    if dropout_p > 1:
        raise OptionError(f"dropout_p is a probability between 0 and 1, not {dropout_p}", option="dropout_p")
    return query.with_shape((*broadcast(scores[:-2], value.shape[:-2]), scores[-2], value.shape[-1]))


@scaled_dot_product_attention.axes
def _(
    query: TensorSpec,
    key: TensorSpec,
    value: TensorSpec,
    attn_mask: TensorSpec | None,
    is_causal: bool,
    enable_gqa: bool,
    output: TensorSpec,
) -> dict[str, Reaches]:
    length, queries, keys = output.ndim - 2, query.shape[-2], key.shape[-2]
    upto = picked(length, ((0, min(at, keys - 1)) for at in range(queries))) if is_causal and keys else WHOLE

    def before(tensor: TensorSpec) -> tuple[Reach, ...]:
        leading = output.with_shape(output.shape[:-2])
        found = list(aligned(tensor.with_shape(tensor.shape[:-2]), leading))
        if enable_gqa and tensor.shape[-3] != query.shape[-3]:
            found[-1] = Grouped(length - 1, tensor.shape[-3])
        return tuple(found)

    found: dict[str, Reaches] = {
        "query": (*before(query), Kept(length), WHOLE),
        "key": (*before(key), upto, WHOLE),
        "value": (*before(value), upto, Kept(length + 1)),
    }
    if attn_mask is not None:
        mask = aligned(attn_mask, output.with_shape((*output.shape[:-1], keys)))
        found["attn_mask"] = tuple(WHOLE if reach == Kept(length + 1) else reach for reach in mask)
    return found


@scaled_dot_product_attention.macs
def _(output: TensorSpec, query: TensorSpec, key: TensorSpec, enable_gqa: bool) -> int:
    scores = math.prod(_scores(query, key, enable_gqa))
    return scores * query.shape[-1] + output.numel() * key.shape[-2]


@scaled_dot_product_attention.formula
def _(query: TensorSpec, key: TensorSpec) -> list[str]:
    return [f"{query.shape[-2]} queries x {key.shape[-2]} keys of {key.shape[-1]} features"]


@scaled_dot_product_attention.draws
def _(dropout_p: float) -> bool:
    return dropout_p > 0
