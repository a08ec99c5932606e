"""Channels to space and back, and channels in another order."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import Kept, Reach, Reaches, Via
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.window import Slide, Spread


def _image(input: TensorSpec, factor: int, option: str) -> tuple[int, int, int]:
    if factor < 1:
        raise OptionError(f"{option} must be at least 1, not {factor}", option=option)
    if input.ndim < 3:
        raise ShapeError(f"wants an input of at least 3 axes (..., C, H, W) and gets {input.shape}")
    channels, height, width = input.shape[-3:]
    return channels, height, width


def _behind(leading: Sequence[int], *places: int) -> tuple[Reach, ...]:
    """Each axis its own place: the leading ones where they are, those behind them at these places."""
    return tuple(map(Kept, (*range(len(leading)), *(len(leading) + place for place in places))))


@op
def pixel_shuffle(input: np.ndarray, upscale_factor: int) -> np.ndarray:
    """(..., C*r*r, H, W) as (..., C, H*r, W*r): each block of r x r elements comes from as many channels."""
    r = upscale_factor
    *leading, channels, height, width = input.shape
    blocks = input.reshape(prod(leading), channels // (r * r), r, r, height, width)
    return blocks.transpose(0, 1, 4, 2, 5, 3).copy().reshape(*leading, channels // (r * r), height * r, width * r)


@pixel_shuffle.shape
def _(input: TensorSpec, upscale_factor: int) -> TensorSpec:
    r = upscale_factor
    channels, height, width = _image(input, r, "upscale_factor")
    if channels % (r * r):
        raise ShapeError(
            f"wants channels that {r}*{r} = {r * r} divides and gets {channels}: {input.shape}", option="upscale_factor"
        )
    return input.with_shape((*input.shape[:-3], channels // (r * r), height * r, width * r))


@pixel_shuffle.axes
def _(output: TensorSpec, upscale_factor: int) -> dict[str, Reaches]:
    r, (*leading, channels, height, width) = upscale_factor, output.shape
    before = (*leading, channels, r, r, height // r, width // r)
    after = (*leading, channels, height // r, r, width // r, r)
    return {"input": Via(before, after, _behind(leading, 0, 2, 4, 1, 3))}


@pixel_shuffle.window
def _(upscale_factor: int) -> tuple[Spread, ...]:
    return (Spread(upscale_factor, upscale_factor),) * 2


@pixel_shuffle.formula
def _(output: TensorSpec, input: TensorSpec, upscale_factor: int) -> list[str]:
    r = upscale_factor
    (channels, height, width), (fewer, higher, wider) = input.shape[-3:], output.shape[-3:]
    return [f"C = {channels}/({r}*{r}) = {fewer}", f"H = {height}*{r} = {higher}", f"W = {width}*{r} = {wider}"]


@op
def pixel_unshuffle(input: np.ndarray, downscale_factor: int) -> np.ndarray:
    """(..., C, H*r, W*r) as (..., C*r*r, H, W): the reverse of pixel_shuffle."""
    r = downscale_factor
    *leading, channels, height, width = input.shape
    blocks = input.reshape(prod(leading), channels, height // r, r, width // r, r)
    return blocks.transpose(0, 1, 3, 5, 2, 4).copy().reshape(*leading, channels * r * r, height // r, width // r)


@pixel_unshuffle.shape
def _(input: TensorSpec, downscale_factor: int) -> TensorSpec:
    r = downscale_factor
    channels, height, width = _image(input, r, "downscale_factor")
    if height % r or width % r:
        raise ShapeError(
            f"wants a height and width that {r} divides and gets {height} and {width}: {input.shape}",
            option="downscale_factor",
        )
    return input.with_shape((*input.shape[:-3], channels * r * r, height // r, width // r))


@pixel_unshuffle.axes
def _(input: TensorSpec, downscale_factor: int) -> dict[str, Reaches]:
    r, (*leading, channels, height, width) = downscale_factor, input.shape
    before = (*leading, channels, height // r, r, width // r, r)
    after = (*leading, channels, r, r, height // r, width // r)
    return {"input": Via(before, after, _behind(leading, 0, 3, 1, 4, 2))}


@pixel_unshuffle.window
def _(downscale_factor: int) -> tuple[Slide, ...]:
    return (Slide(downscale_factor, downscale_factor),) * 2


@pixel_unshuffle.formula
def _(output: TensorSpec, input: TensorSpec, downscale_factor: int) -> list[str]:
    r = downscale_factor
    (channels, height, width), (more, lower, thinner) = input.shape[-3:], output.shape[-3:]
    return [f"C = {channels}*{r}*{r} = {more}", f"H = {height}/{r} = {lower}", f"W = {width}/{r} = {thinner}"]


@op
def channel_shuffle(input: np.ndarray, groups: int) -> np.ndarray:
    """(N, C, ...) with its channels dealt out anew: the first of each group, then the second of each, and so on."""
    count, channels, *sizes = input.shape
    groups_first = input.reshape(count, groups, channels // groups, *sizes)
    return groups_first.swapaxes(1, 2).copy().reshape(input.shape)


@channel_shuffle.shape
def _(input: TensorSpec, groups: int) -> TensorSpec:
    if groups < 1:
        raise OptionError(f"groups must be at least 1, not {groups}", option="groups")
    if input.ndim < 3:
        raise ShapeError(f"wants an input of at least 3 axes (N, C, ...) and gets {input.shape}")
    if input.shape[1] % groups:
        raise ShapeError(f"has {groups} groups, which do not divide {input.shape[1]} channels", option="groups")
    return input


@channel_shuffle.axes
def _(input: TensorSpec, groups: int) -> dict[str, Reaches]:
    count, channels, *sizes = input.shape
    before, after = (count, groups, channels // groups, *sizes), (count, channels // groups, groups, *sizes)
    return {"input": Via(before, after, (Kept(0), Kept(2), Kept(1), *map(Kept, range(3, len(before)))))}


takes_complex(pixel_shuffle, pixel_unshuffle, channel_shuffle)
