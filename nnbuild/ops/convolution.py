"""Convolution and transposed convolution over one, two or three axes."""

from __future__ import annotations

from math import prod
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import one_dtype
from nnbuild.ops.op import op
from nnbuild.ops.planes import LETTERS, at_least, check_rank
from nnbuild.ops.reach import WHOLE, Grouped, Kept, Reaches, slid
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.window import Slide, Spread, each, formula_of_windows, output_sizes, same_padding
from nnbuild.ops.window_view import window_view

Sizes = int | tuple[int, ...]

#: Elements of unfolded windows that are made at a time: more images at once gain nothing, and memory stays flat.
_UNFOLDED_AT_ONCE = 1 << 24


def _batched(input: TensorSpec, axes: int, channels: int) -> tuple[int, tuple[int, ...]]:
    """N and the sizes of an input (N, C, *size) or (C, *size), whose channels must be so many."""
    check_rank(input, axes)
    found = input.shape[-axes - 1]
    if found != channels:
        raise ShapeError(
            f"wants {channels} input channels and gets {found}: {input.shape}",
            hint=_way_out(input, axes, channels),
            option="in_channels",
        )
    return 1 if input.ndim == axes + 1 else input.shape[0], input.shape[-axes:]


def _way_out(input: TensorSpec, axes: int, channels: int) -> str:
    """What to write where the channels do not fit: often they stand last."""
    if input.shape[-1] == channels:
        order = (0, input.ndim - 1, *range(1, input.ndim - 1)) if input.ndim == axes + 2 else (axes, *range(axes))
        letters = f"(N, C, {LETTERS[axes - 1]})" if input.ndim == axes + 2 else f"(C, {LETTERS[axes - 1]})"
        return f"channels stand first here, {letters}: x.permute{order}, or an input of that order"
    return f"in_channels={input.shape[-axes - 1]}, or a layer before it that gives {channels}"


def _restored(input: Any, axes: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape if input.ndim == axes + 2 else shape[1:]


def _convolved(input: TensorSpec, groups: int, windows: tuple[Slide, ...] | tuple[Spread, ...]) -> dict[str, Reaches]:
    """Windows over the last axes, all channels of a group before them, each element of the batch alone."""
    channels = input.ndim - len(windows) - 1
    group = Grouped(channels, groups) if groups > 1 else WHOLE
    return {"input": slid(input, windows, Kept(0), group), "bias": (Kept(channels),)}


def _slides(weight: Any, stride: Sizes, padding: Sizes | str, dilation: Sizes, axes: int) -> tuple[Slide, ...]:
    if weight.ndim != axes + 2:
        raise ShapeError(f"wants a weight of {axes + 2} axes and gets {weight.shape}")
    strides, dilations = each(stride, axes, "stride"), each(dilation, axes, "dilation")
    _positive(stride=strides, dilation=dilations)
    kernel = weight.shape[2:]
    if isinstance(padding, str):
        pads = _named_padding(padding, kernel, strides, dilations)
    else:
        pads = [(size, size) for size in each(padding, axes, "padding")]
        at_least(0, padding=tuple(before for before, _ in pads))
    return tuple(
        Slide(size, step, before, after, spread)
        for size, step, (before, after), spread in zip(kernel, strides, pads, dilations, strict=True)
    )


def _named_padding(
    padding: str, kernel: tuple[int, ...], strides: tuple[int, ...], dilations: tuple[int, ...]
) -> list[tuple[int, int]]:
    if padding == "valid":
        return [(0, 0)] * len(kernel)
    if padding != "same":
        raise OptionError(f"padding is a number, 'same' or 'valid', not {padding!r}", option="padding")
    if any(step != 1 for step in strides):
        raise OptionError("padding='same' needs stride 1", hint="give the padding in numbers", option="padding")
    return same_padding(kernel, dilations)


def _positive(**options: tuple[int, ...]) -> None:
    for name, sizes in options.items():
        if any(size < 1 for size in sizes):
            raise OptionError(f"{name} must be at least 1, not {sizes}", option=name)


def _check_groups(weight: TensorSpec, bias: TensorSpec | None, groups: int, axes: int, outputs: int) -> None:
    if not outputs:
        raise OptionError(
            f"out_channels must be at least 1, not 0: the weight is {weight.shape}", option="out_channels"
        )
    if not weight.shape[0]:
        raise OptionError("in_channels must be at least 1, not 0", option="in_channels")
    _positive(kernel_size=weight.shape[2:])
    if groups < 1 or weight.shape[0] % groups:
        raise OptionError(
            f"groups={groups} does not divide the {weight.shape[0]} channels of the weight", option="groups"
        )
    if bias is not None and bias.shape != (outputs,):
        raise ShapeError(f"wants a bias of {outputs} elements, one an output channel, and gets {bias.shape}")


@op
def conv(
    input: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
    *,
    axes: int,
) -> np.ndarray:
    """Cross-correlation of an input (N, C, *size) with a weight (O, C/groups, *kernel), plus a bias a channel."""
    slides = _slides(weight, stride, padding, dilation, axes)
    batch = input if input.ndim == axes + 2 else input[None]
    windows = window_view(batch, slides)
    count, channels, sizes = batch.shape[0], weight.shape[0], windows.shape[-axes:]
    kernels = weight.reshape(groups, channels // groups, prod(weight.shape[1:]))
    result = np.empty((count, groups, channels // groups, prod(sizes)), np.result_type(batch, weight))
    at_once = max(1, _UNFOLDED_AT_ONCE // max(1, prod(windows.shape[1:])))
    for start in range(0, count, at_once):
        part = windows[start : start + at_once]
        columns = part.reshape(len(part), groups, kernels.shape[2], prod(sizes))
        np.matmul(kernels, columns, out=result[start : start + at_once])
    result = result.reshape(count, channels, *sizes)
    if bias is not None:
        result += bias.reshape(-1, *(1,) * axes)
    return result if input.ndim == axes + 2 else result[0]


@conv.window
def _(weight: TensorSpec, stride: Sizes, padding: Sizes | str, dilation: Sizes, axes: int) -> tuple[Slide, ...]:
    return _slides(weight, stride, padding, dilation, axes)


@conv.shape
def _(
    input: TensorSpec, weight: TensorSpec, bias: TensorSpec | None, groups: int, window: tuple[Slide, ...]
) -> TensorSpec:
    axes, channels = len(window), weight.shape[0]
    _check_groups(weight, bias, groups, axes, channels)
    count, sizes = _batched(input, axes, weight.shape[1] * groups)
    one_dtype(input, weight=weight, bias=bias)
    return input.with_shape(_restored(input, axes, (count, channels, *output_sizes(window, sizes))))


@conv.axes
def _(input: TensorSpec, weight: TensorSpec, groups: int, window: tuple[Slide, ...]) -> dict[str, Reaches]:
    made = Kept(input.ndim - len(window) - 1)
    return {**_convolved(input, groups, window), "weight": (made, *(WHOLE,) * (weight.ndim - 1))}


@conv.macs
def _(output: TensorSpec, weight: TensorSpec) -> int:
    return output.numel() * prod(weight.shape[1:])


def _spreads(
    weight: Any, stride: Sizes, padding: Sizes, output_padding: Sizes, dilation: Sizes, axes: int
) -> tuple[Spread, ...]:
    strides, dilations = each(stride, axes, "stride"), each(dilation, axes, "dilation")
    pads, extras = each(padding, axes, "padding"), each(output_padding, axes, "output_padding")
    _positive(stride=strides, dilation=dilations)
    at_least(0, padding=pads)
    for extra, step, spread in zip(extras, strides, dilations, strict=True):
        if not 0 <= extra < max(step, spread):
            raise OptionError(
                f"output_padding must be at least 0 and below the stride or the dilation, not {extra}",
                option="output_padding",
            )
    return tuple(
        Spread(size, step, pad, pad, spread, extra)
        for size, step, pad, spread, extra in zip(weight.shape[2:], strides, pads, dilations, extras, strict=True)
    )


@op
def conv_transpose(
    input: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
    *,
    axes: int,
) -> np.ndarray:
    """The gradient of a convolution as a layer: each input element lays down the weight (C, O/groups, *kernel)."""
    spreads = _spreads(weight, stride, padding, output_padding, dilation, axes)
    batch = input if input.ndim == axes + 2 else input[None]
    count, channels, *sizes = batch.shape
    kernels = weight.reshape(groups, channels // groups, prod(weight.shape[1:])).swapaxes(1, 2)
    outputs = [spread.size(size) for spread, size in zip(spreads, sizes, strict=True)]
    taps = np.matmul(kernels, batch.reshape(count, groups, channels // groups, prod(sizes)))
    taps = taps.reshape(count, groups * weight.shape[1], *weight.shape[2:], *sizes)
    reach = [
        max((size - 1) * spread.stride + spread.extent, spread.before + out)
        for spread, size, out in zip(spreads, sizes, outputs, strict=True)
    ]
    canvas = np.zeros((count, taps.shape[1], *reach), taps.dtype)
    for tap in np.ndindex(weight.shape[2:]):
        place: Any = tuple(
            slice(at * spread.dilation, at * spread.dilation + (size - 1) * spread.stride + 1, spread.stride)
            for at, spread, size in zip(tap, spreads, sizes, strict=True)
        )
        canvas[(..., *place)] += taps[(slice(None), slice(None), *tap)]
    inside: Any = tuple(slice(spread.before, spread.before + out) for spread, out in zip(spreads, outputs, strict=True))
    result = canvas[(..., *inside)]
    if bias is not None:
        result = result + bias.reshape(-1, *(1,) * axes)
    return result if input.ndim == axes + 2 else result[0]


@conv_transpose.window
def _(
    weight: TensorSpec, stride: Sizes, padding: Sizes, output_padding: Sizes, dilation: Sizes, axes: int
) -> tuple[Spread, ...]:
    return _spreads(weight, stride, padding, output_padding, dilation, axes)


@conv_transpose.shape
def _(
    input: TensorSpec, weight: TensorSpec, bias: TensorSpec | None, groups: int, window: tuple[Spread, ...]
) -> TensorSpec:
    axes, channels = len(window), weight.shape[1] * groups
    _check_groups(weight, bias, groups, axes, channels)
    count, sizes = _batched(input, axes, weight.shape[0])
    one_dtype(input, weight=weight, bias=bias)
    least = 0 if count > 1 and input.dtype == "float32" else 1  # as torch, whose code for several images lets it pass
    return input.with_shape(_restored(input, axes, (count, channels, *output_sizes(window, sizes, least))))


@conv_transpose.axes
def _(input: TensorSpec, groups: int, window: tuple[Spread, ...]) -> dict[str, Reaches]:
    return _convolved(input, groups, window)


@conv_transpose.macs
def _(input: TensorSpec, weight: TensorSpec) -> int:
    return input.numel() * prod(weight.shape[1:])


for _family in (conv, conv_transpose):
    _family.formula(formula_of_windows)

conv1d, conv2d, conv3d = conv.over(1, 2, 3)
conv_transpose1d, conv_transpose2d, conv_transpose3d = conv_transpose.over(1, 2, 3)
