"""Random tensors: uniform and normal numbers, and choices by their probabilities.

The numbers are those that torch draws after `torch.manual_seed` with the seed of the network, in the order of the
calls. Of choices without replacement, and of a single choice, only the distribution is torch's.
"""

from __future__ import annotations

from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import spread, whole
from nnbuild.ops.creation import Sizes, made
from nnbuild.ops.dtypes import DEFAULT_FLOAT, fractions, named
from nnbuild.ops.memory_format import check_format
from nnbuild.ops.op import creation, op
from nnbuild.ops.randomness import drawn
from nnbuild.ops.reach import UNSEEN, WHOLE, Kept, Reaches, kept
from nnbuild.ops.spec import TensorSpec


def _always() -> bool:
    return True


def _nothing() -> dict[str, Reaches]:
    return {}


def _sizes_alone() -> dict[str, Reaches]:
    return {"input": UNSEEN}


@creation
def randn(*size: Sizes, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> np.ndarray:
    """Normal numbers of mean 0 and variance 1."""
    return drawn().normal(spread(size, "size"), dtype=named(dtype or DEFAULT_FLOAT))


@creation
def rand(*size: Sizes, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> np.ndarray:
    """Uniform numbers from 0 to below 1."""
    return drawn().uniform(spread(size, "size"), dtype=named(dtype or DEFAULT_FLOAT))


def _of_sizes(size: tuple[Sizes, ...], dtype: Any) -> TensorSpec:
    return _with_fractions(made(size, dtype))


def _with_fractions(output: TensorSpec) -> TensorSpec:
    fractions(output.dtype)
    return output


@op
def randn_like(
    input: np.ndarray,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: str | None = None,
) -> np.ndarray:
    """Normal numbers of mean 0 and variance 1, in the input's shape and dtype or in another dtype."""
    return drawn().normal(input.shape, dtype=named(dtype or input.dtype.name))


@op
def rand_like(
    input: np.ndarray,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: str | None = None,
) -> np.ndarray:
    """Uniform numbers from 0 to below 1, in the input's shape and dtype or in another dtype."""
    return drawn().uniform(input.shape, dtype=named(dtype or input.dtype.name))


def _like(input: TensorSpec, dtype: Any, memory_format: Any) -> TensorSpec:
    check_format(memory_format, input.ndim)
    return _with_fractions(made((input.shape,), dtype, input.dtype))


for _made in (randn, rand):
    _made.shape(_of_sizes)
    _made.axes(_nothing)
for _alike in (randn_like, rand_like):
    _alike.shape(_like)
    _alike.axes(_sizes_alone)


@op
def bernoulli(input: np.ndarray, p: float | None = None) -> np.ndarray:
    """1 with the probability that the element says, or `p` for all of them, else 0."""
    if p is not None:
        return drawn().uniform(input.shape, dtype="float64") < p
    if not ((input >= 0) & (input <= 1)).all():
        raise ShapeError("wants probabilities between 0 and 1", hint="sigmoid(x) makes them of any numbers")
    return drawn().uniform(input.shape, dtype=input.dtype.name) < input


@bernoulli.shape
def _(input: TensorSpec, p: float | None) -> TensorSpec:
    if p is not None and not 0 <= p <= 1:
        raise OptionError(f"p is a probability between 0 and 1, not {p}", option="p")
    if p is None:
        fractions(input.dtype)
    return input


@bernoulli.axes
def _(input: TensorSpec, p: float | None) -> dict[str, Reaches]:
    return {"input": kept(input) if p is None else UNSEEN}


@op
def multinomial(input: np.ndarray, num_samples: int, replacement: bool = False) -> np.ndarray:
    """Indices chosen by the weights along the last axis, (C) or (N, C): (num_samples) or (N, num_samples)."""
    rows = np.atleast_2d(input)
    if not ((rows >= 0) & np.isfinite(rows)).all() or not rows.any(1).all():
        raise ShapeError(
            "wants weights of at least 0, not all of them 0", hint="softmax(x, -1) makes them of any numbers"
        )
    uniform = drawn().uniform((len(rows), num_samples if replacement else rows.shape[1]), dtype="float64")
    if replacement:
        sums = np.cumsum(rows, 1)
        sums /= sums[:, -1:]
        chosen = np.stack([np.searchsorted(row, own, side="right") for row, own in zip(sums, uniform, strict=True)])
        chosen = np.minimum(chosen, rows.shape[1] - 1)
    else:  # the least of exponential numbers over the weights, which is as if one was chosen after the other
        chosen = np.argsort(-np.log1p(-uniform) / rows, 1, kind="stable")[:, :num_samples]
    return chosen.reshape(*input.shape[:-1], num_samples)


@multinomial.shape
def _(input: TensorSpec, num_samples: int, replacement: bool) -> TensorSpec:
    fractions(input.dtype)
    if input.ndim not in (1, 2):
        raise ShapeError(f"wants weights (C) or (N, C) and gets {input.shape}")
    count = whole(num_samples, "num_samples")
    if count < 1 or (not replacement and count > input.shape[-1]):
        most = "" if replacement else f" to {input.shape[-1]}"
        raise ShapeError(f"wants num_samples from 1{most} and gets {count}", option="num_samples")
    return TensorSpec((*input.shape[:-1], count), "int64")


@multinomial.axes
def _(input: TensorSpec) -> dict[str, Reaches]:
    return {"input": (*map(Kept, range(input.ndim - 1)), WHOLE)}


for _op in (randn, rand, randn_like, rand_like, bernoulli, multinomial):
    _op.draws(_always)
