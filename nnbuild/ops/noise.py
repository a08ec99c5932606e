"""Random ops: dropout in its forms, and the randomized leaky ReLU. Outside training all but the latter do nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import fractions
from nnbuild.ops.op import Op, op, takes_complex
from nnbuild.ops.randomness import noise
from nnbuild.ops.reach import Kept, Part, Reaches, kept
from nnbuild.ops.spec import TensorSpec

_SELU_FLOOR = -1.7580993408473766  # selu(-inf) = -scale * alpha, what alpha dropout drops to


def _kept(shape: tuple[int, ...], p: float) -> np.ndarray:
    return noise().random(shape, dtype=np.float32) >= p


def _per_channel(input: Any) -> tuple[int, ...]:
    """One number for each channel of (N, C, ...)."""
    return (*input.shape[:2], *(1,) * (input.ndim - 2))


def _dropped(input: np.ndarray, kept: np.ndarray, p: float) -> np.ndarray:
    return np.where(kept, input / (1 - p), 0) if p < 1 else np.zeros_like(input)


@op
def dropout(input: np.ndarray, p: float = 0.5, training: bool = True) -> np.ndarray:
    """Zero for each element with probability `p`, else the element over (1 - p)."""
    return _dropped(input, _kept(input.shape, p), p)


@op
def dropout1d(input: np.ndarray, p: float = 0.5, training: bool = True) -> np.ndarray:
    """Dropout of whole channels of (N, C, L) or (C, L)."""
    return _dropped_planes(input, p, 1)


@op
def dropout2d(input: np.ndarray, p: float = 0.5, training: bool = True) -> np.ndarray:
    """Dropout of whole channels of (N, C, H, W): one of 3 axes is (N, C, L), as in torch."""
    return _dropped(input, _kept(_per_channel(input), p), p)


@op
def dropout3d(input: np.ndarray, p: float = 0.5, training: bool = True) -> np.ndarray:
    """Dropout of whole channels of (N, C, D, H, W), or of what is taken for (C, ...) without a batch."""
    return _dropped_planes(input, p, 3)


def _dropped_planes(input: np.ndarray, p: float, axes: int) -> np.ndarray:
    batch = input if input.ndim == axes + 2 else input[None]
    return _dropped(batch, _kept(_per_channel(batch), p), p).reshape(input.shape)


def _alpha_dropped(input: np.ndarray, kept: np.ndarray, p: float) -> np.ndarray:
    if p == 1:
        return np.zeros_like(input)
    scale = ((1 - p) * (1 + p * _SELU_FLOOR**2)) ** -0.5
    return np.where(kept, input, _SELU_FLOOR) * scale - scale * p * _SELU_FLOOR


@op
def alpha_dropout(input: np.ndarray, p: float = 0.5, training: bool = False) -> np.ndarray:
    """Dropout that keeps the mean 0 and variance 1 of SELU's outputs: it drops to SELU's floor and rescales."""
    return _alpha_dropped(input, _kept(input.shape, p), p)


@op
def feature_alpha_dropout(input: np.ndarray, p: float = 0.5, training: bool = False) -> np.ndarray:
    """Alpha dropout of whole channels of (N, C, ...)."""
    return _alpha_dropped(input, _kept(_per_channel(input), p), p)


def _checked(input: TensorSpec, p: float, training: bool) -> TensorSpec:
    if not 0 <= p <= 1:
        raise OptionError(f"p is a probability between 0 and 1, not {p}", option="p")
    if training and 0 < p < 1 and input.numel():
        fractions(input.dtype)
    return input


def _sequences(input: TensorSpec, p: float, training: bool) -> TensorSpec:
    if input.ndim not in (2, 3):
        raise ShapeError(f"wants an input (N, C, L) or (C, L) and gets {input.shape}")
    return _checked(input, p, training)


def _planes(input: TensorSpec, p: float, training: bool) -> TensorSpec:
    if training and 0 < p < 1 and not input.ndim:
        raise ShapeError("wants an input of at least 1 axis and gets a single number")
    return _checked(input, p, training)


def _featured(input: TensorSpec, p: float, training: bool) -> TensorSpec:
    if training and input.ndim < 2:
        raise ShapeError(f"wants an input of at least 2 axes (N, C, ...) and gets {input.shape}")
    return _checked(input, p, training)


def _resting(p: float, training: bool) -> bool:
    return not training or p == 0


def _training(training: bool) -> bool:
    return training


def _own_places(input: TensorSpec) -> dict[str, Reaches]:
    return {"input": kept(input)}


_SHAPES: dict[Op, Callable[..., TensorSpec]] = {
    dropout: _checked,
    dropout1d: _sequences,
    dropout2d: _featured,
    dropout3d: _planes,
    alpha_dropout: _checked,
    feature_alpha_dropout: _featured,
}
for _op, _shape in _SHAPES.items():
    _op.inplace = True
    _op.shape(_shape)
    _op.unchanged(_resting)
    _op.draws(_training)
    _op.axes(_own_places)


@op
def rrelu(input: np.ndarray, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False) -> np.ndarray:
    """Leaky ReLU whose slope in training is random between `lower` and `upper` for each element, else their middle."""
    slope: Any = (lower + upper) / 2
    if training:
        slope = noise().uniform(lower, upper, input.shape).astype(input.dtype)
    return np.maximum(input, 0) + slope * np.minimum(input, 0)


rrelu.inplace = True


@rrelu.shape
def _(input: TensorSpec, lower: float, upper: float) -> TensorSpec:
    fractions(input.dtype)
    if lower > upper:
        raise OptionError(f"lower must not be above upper, {lower} is above {upper}", option="lower")
    return input


rrelu.axes(_own_places)
rrelu.draws(_training)


@op
def prelu(input: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """x where it is above 0, else weight * x: one weight for all channels or one for each."""
    weight = weight.reshape(-1, *(1,) * (input.ndim - 2)) if weight.size > 1 else weight.reshape(())
    return np.maximum(input, 0) + weight * np.minimum(input, 0)


@prelu.shape
def _(input: TensorSpec, weight: TensorSpec) -> TensorSpec:
    if weight.ndim > 1:
        raise ShapeError(f"wants a weight of at most 1 axis and gets {weight.shape}")
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.numel() not in (1, channels):
        raise ShapeError(
            f"has {weight.numel()} slopes and its input {channels} channels: {input.shape}",
            hint=f"num_parameters={channels}, or 1",
            option="num_parameters",
        )
    if weight.dtype != input.dtype:
        raise ShapeError(f"wants input and weight of one dtype and gets {input.dtype} and {weight.dtype}")
    return input


@prelu.axes
def _(input: TensorSpec, weight: TensorSpec) -> dict[str, Reaches]:
    each = weight.numel() > 1
    return {"input": kept(input), "weight": (Kept(1) if each else Part(0, 1),) * weight.ndim}


takes_complex(dropout, dropout1d, dropout2d, dropout3d)
