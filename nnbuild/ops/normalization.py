"""Normalisation: over the batch, an instance, a layer or a group, to mean 0 and variance 1; and its relatives."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import floating, fractions, one_dtype
from nnbuild.ops.magnitude import scales
from nnbuild.ops.op import op
from nnbuild.ops.reach import WHOLE, Grouped, Kept, Reaches, Slid, aligned, along, mixed
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.window import Slide


def _way_out(input: TensorSpec, channels: int) -> str | None:
    """What to write where the channels do not fit, and stand last."""
    if input.shape[-1] != channels:
        return None
    if input.ndim == 3:
        return "channels stand first here, (N, C, L): x.transpose(1, 2) before and after it"
    order = (0, input.ndim - 1, *range(1, input.ndim - 1))
    return f"channels stand first here: x.permute{order} before it"


def _sized(input: TensorSpec, **tensors: TensorSpec | None) -> None:
    """Refuse a vector that has not one element, of the input's dtype, for each channel."""
    for name, tensor in tensors.items():
        if tensor is None:
            continue
        if tensor.shape != (input.shape[1],):
            raise ShapeError(
                f"wants {tensor.numel()} channels, the size of its {name}, and gets {input.shape[1]}: {input.shape}",
                hint=_way_out(input, tensor.numel()),
                option="num_features",
            )
        if input.numel():
            _one_dtype(input, **{name: tensor})


def _one_dtype(input: TensorSpec, **tensors: TensorSpec | None) -> None:
    """Refuse a tensor of another dtype; half precision goes with single."""
    singles = {name: tensor for name, tensor in tensors.items() if tensor is not None and tensor.dtype == "float32"}
    one_dtype(input, **{name: tensor for name, tensor in tensors.items() if name not in singles})
    if input.dtype != "float16":
        one_dtype(input, **singles)


def _standardized(input: np.ndarray, axes: tuple[int, ...], eps: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The input with mean 0 and variance 1 over the axes; and the mean and variance that it had."""
    result, mean, variance = _centred(input, axes)
    lost = ~np.isfinite(variance)
    if lost.any():
        scale = scales(input, axes, lost)
        result, mean, variance = _centred(input / scale, axes)
        result /= np.sqrt(variance + eps / scale / scale)
        return result, mean * scale, variance * scale * scale
    result /= np.sqrt(variance + eps)
    return result, mean, variance


def _centred(input: np.ndarray, axes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean = input.mean(axes, keepdims=True)
    result = input - mean
    return result, mean, np.square(result).mean(axes, keepdims=True)


def _scaled(result: np.ndarray, weight: np.ndarray | None, bias: np.ndarray | None) -> np.ndarray:
    if weight is not None:
        result = result * weight
    return result if bias is None else result + bias


def _across(vector: Any, axes: int) -> Any:
    """A vector over the channels of an input of so many axes; None stays None."""
    return None if vector is None else vector.reshape(-1, *(1,) * (axes - 2))


def _follow(running: np.ndarray | None, found: np.ndarray, momentum: float) -> None:
    if running is not None:
        running *= 1 - momentum
        running += momentum * found


_BY_CHANNEL: dict[str, Reaches] = dict.fromkeys(("running_mean", "running_var", "weight", "bias"), (Kept(1),))


@op
def batch_norm(
    input: np.ndarray,
    running_mean: np.ndarray | None,
    running_var: np.ndarray | None,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> np.ndarray:
    """Each channel with mean 0 and variance 1, times weight, plus bias.

    In training they are the batch's own, over N and space, and the running ones move to them by `momentum`, in place.
    """
    axes = input.ndim
    weight, bias = _across(weight, axes), _across(bias, axes)
    if not training:
        scale = 1 / np.sqrt(_across(running_var, axes) + eps)
        scale = scale if weight is None else scale * weight
        shift = -_across(running_mean, axes) * scale
        result = input * scale
        result += shift if bias is None else shift + bias
        return result
    reduced = (0, *range(2, axes))
    result, mean, variance = _standardized(input, reduced, eps)
    count = input.size // max(1, input.shape[1])
    _follow(running_mean, mean.ravel(), momentum)
    _follow(running_var, variance.ravel() * (count / (count - 1)), momentum)
    return _scaled(result, weight, bias)


@batch_norm.shape
def _(
    input: TensorSpec,
    running_mean: TensorSpec | None,
    running_var: TensorSpec | None,
    weight: TensorSpec | None,
    bias: TensorSpec | None,
    training: bool,
    eps: float,
) -> TensorSpec:
    _channels_first(input, empty=True)
    _sized(input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not training and (running_mean is None or running_var is None):
        raise OptionError("batch_norm wants running_mean and running_var when it is not training", option="training")
    if training and eps <= 0:
        raise OptionError(f"eps must be above 0 in training, not {eps}", option="eps")
    if eps < 0:
        raise OptionError(f"eps must be at least 0, not {eps}", option="eps")
    if training and input.numel() == input.shape[1]:
        raise ShapeError(
            f"wants more than 1 value a channel in training and gets {input.shape}",
            hint="a larger batch, or model.eval()",
        )
    return input


@batch_norm.axes
def _(input: TensorSpec, training: bool) -> dict[str, Reaches]:
    return {"input": mixed(input, (0, *range(2, input.ndim)) if training else ()), **_BY_CHANNEL}


def _channels_first(input: TensorSpec, *, empty: bool = False) -> None:
    """Refuse what has no channels, and whole numbers; torch looks at the dtype of an `empty` input only in groups."""
    if input.numel() or not empty:
        fractions(input.dtype)
    if input.ndim < 2:
        raise ShapeError(f"wants an input of at least 2 axes (N, C, ...) and gets {input.shape}")


@op
def instance_norm(
    input: np.ndarray,
    running_mean: np.ndarray | None = None,
    running_var: np.ndarray | None = None,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> np.ndarray:
    """As batch_norm with each element of the batch alone; the running statistics follow their average."""
    if not use_input_stats:
        normalized = batch_norm.kernel
        return normalized(input, running_mean, running_var, weight, bias, False, momentum, eps)
    axes = input.ndim
    result, mean, variance = _standardized(input, tuple(range(2, axes)), eps)
    count = prod(input.shape[2:])
    if running_mean is not None and len(input):
        _follow(running_mean, mean.reshape(input.shape[:2]).mean(0), momentum)
        _follow(running_var, variance.reshape(input.shape[:2]).mean(0) * (count / (count - 1)), momentum)
    return _scaled(result, _across(weight, axes), _across(bias, axes))


@instance_norm.shape
def _(
    input: TensorSpec,
    running_mean: TensorSpec | None,
    running_var: TensorSpec | None,
    weight: TensorSpec | None,
    bias: TensorSpec | None,
    use_input_stats: bool,
) -> TensorSpec:
    _channels_first(input, empty=True)
    _sized(input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not input.shape[0] and (weight is not None or running_mean is not None):
        raise ShapeError(f"wants at least one element of the batch and gets {input.shape}")
    if use_input_stats and prod(input.shape[2:]) == 1:
        raise ShapeError(f"wants more than 1 element of space and gets {input.shape}")
    if not use_input_stats and (running_mean is None or running_var is None):
        raise OptionError(
            "instance_norm wants running_mean and running_var or use_input_stats", option="use_input_stats"
        )
    return input


@instance_norm.axes
def _(input: TensorSpec, use_input_stats: bool) -> dict[str, Reaches]:
    return {"input": mixed(input, range(2, input.ndim) if use_input_stats else ()), **_BY_CHANNEL}


def _last_axes(input: TensorSpec, normalized_shape: int | Sequence[int], **tensors: TensorSpec | None) -> None:
    fractions(input.dtype)
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape:
        raise OptionError("normalized_shape wants at least one size", option="normalized_shape")
    if input.shape[-len(shape) :] != shape:
        raise ShapeError(
            f"normalizes over last axes of {shape} and gets {input.shape}",
            hint=f"normalized_shape={input.shape[-len(shape) :]}",
            option="normalized_shape",
        )
    for name, tensor in tensors.items():
        if tensor is not None and tensor.shape != shape:
            raise ShapeError(f"wants a {name} of the normalized shape {shape} and gets {tensor.shape}")


def _tail(input: Any, normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    count = 1 if isinstance(normalized_shape, int) else len(normalized_shape)
    return tuple(range(input.ndim - count, input.ndim))


@op
def layer_norm(
    input: np.ndarray,
    normalized_shape: int | Sequence[int],
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
) -> np.ndarray:
    """The last axes, of `normalized_shape`, with mean 0 and variance 1, times weight, plus bias."""
    return _scaled(_standardized(input, _tail(input, normalized_shape), eps)[0], weight, bias)


@layer_norm.shape
def _(
    input: TensorSpec, normalized_shape: int | Sequence[int], weight: TensorSpec | None, bias: TensorSpec | None
) -> TensorSpec:
    _last_axes(input, normalized_shape, weight=weight, bias=bias)
    _one_dtype(input, weight=weight, bias=bias)
    return input


@layer_norm.axes
def _(
    input: TensorSpec, normalized_shape: int | Sequence[int], weight: TensorSpec | None, bias: TensorSpec | None
) -> dict[str, Reaches]:
    return _over_tail(input, normalized_shape, weight=weight, bias=bias)


def _over_tail(
    input: TensorSpec, normalized_shape: int | Sequence[int], **factors: TensorSpec | None
) -> dict[str, Reaches]:
    found: dict[str, Reaches] = {"input": mixed(input, _tail(input, normalized_shape))}
    return found | {name: aligned(factor, input) for name, factor in factors.items() if factor is not None}


@op
def rms_norm(
    input: np.ndarray, normalized_shape: int | Sequence[int], weight: np.ndarray | None = None, eps: float | None = None
) -> np.ndarray:
    """The last axes, of `normalized_shape`, over their root mean square, times weight."""
    eps = np.finfo(input.dtype).eps if eps is None else eps
    axes = _tail(input, normalized_shape)
    mean = np.square(input).mean(axes, keepdims=True)
    lost = ~np.isfinite(mean)
    if lost.any():
        scale = scales(input, axes, lost)
        input = input / scale
        mean, eps = np.square(input).mean(axes, keepdims=True), eps / scale / scale
    return _scaled(input / np.sqrt(mean + eps), weight, None)


@rms_norm.shape
def _(input: TensorSpec, normalized_shape: int | Sequence[int], weight: TensorSpec | None) -> TensorSpec:
    _last_axes(input, normalized_shape, weight=weight)
    return input


@rms_norm.axes
def _(input: TensorSpec, normalized_shape: int | Sequence[int], weight: TensorSpec | None) -> dict[str, Reaches]:
    return _over_tail(input, normalized_shape, weight=weight)


@op
def group_norm(
    input: np.ndarray,
    num_groups: int,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
) -> np.ndarray:
    """Each of `num_groups` groups of channels with mean 0 and variance 1, times weight, plus bias."""
    groups = input.reshape(input.shape[0], num_groups, prod(input.shape[1:]) // num_groups)
    result = _standardized(groups, (2,), eps)[0].reshape(input.shape)
    return _scaled(result, _across(weight, input.ndim), _across(bias, input.ndim))


@group_norm.shape
def _(input: TensorSpec, num_groups: int, weight: TensorSpec | None, bias: TensorSpec | None) -> TensorSpec:
    _channels_first(input)
    if num_groups < 1 or input.shape[1] % num_groups:
        raise ShapeError(f"has {num_groups} groups, which do not divide {input.shape[1]} channels", option="num_groups")
    _sized(input, weight=weight, bias=bias)
    if input.shape[0] * input.shape[1] // num_groups * prod(input.shape[2:]) == 1:
        raise ShapeError(f"wants more than 1 value a group and gets {input.shape}", option="num_groups")
    return input


@group_norm.axes
def _(input: TensorSpec, num_groups: int) -> dict[str, Reaches]:
    return {"input": (Kept(0), Grouped(1, num_groups), *(WHOLE,) * (input.ndim - 2)), **_BY_CHANNEL}


@op
def local_response_norm(
    input: np.ndarray, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> np.ndarray:
    """Each element over (k + alpha * the mean square of it and its neighbours in `size` channels) ** beta."""
    squares = np.zeros((input.shape[0], input.shape[1] + size - 1, *input.shape[2:]), input.dtype)
    before = size // 2
    np.square(input, out=squares[:, before : before + input.shape[1]])
    total: Any = sum(squares[:, start : start + input.shape[1]] for start in range(size))
    if input.dtype.kind == "i":  # averages of whole numbers are whole in torch
        total = total // size * size
    return input / (total * (alpha / size) + k) ** beta


@local_response_norm.shape
def _(input: TensorSpec, size: int) -> TensorSpec:
    if input.dtype != "int64":
        fractions(input.dtype)
    if input.ndim < 3:
        raise ShapeError(f"wants an input of at least 3 axes (N, C, L) and gets {input.shape}")
    if size < 1:
        raise OptionError(f"size must be at least 1, not {size}", option="size")
    return input.with_dtype(floating(input.dtype))


@local_response_norm.axes
def _(input: TensorSpec, size: int) -> dict[str, Reaches]:
    return {"input": along(input, 1, Slid(1, Slide(size, 1, size // 2, (size - 1) // 2)))}
