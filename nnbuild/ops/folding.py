"""Unfolding images into columns of windows, and folding columns into images."""

from __future__ import annotations

from math import prod

from nnbuild.errors import ShapeError
from nnbuild.lazy import np
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.planes import at_least, plane_sizes
from nnbuild.ops.reach import Kept, Reach, Reaches, Slid, Strided, Summed, Unknown, Via, kept
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.window import Slide, Spread, each, output_sizes, spatial_formula
from nnbuild.ops.window_view import window_view

Sizes = int | tuple[int, ...]


def _pair(value: Sizes, option: str) -> tuple[int, ...]:
    return each(value, 2, option, alone=False)


def _slides(kernel_size: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes) -> tuple[Slide, ...]:
    kernels, dilations = _pair(kernel_size, "kernel_size"), _pair(dilation, "dilation")
    pads, strides = _pair(padding, "padding"), _pair(stride, "stride")
    at_least(1, kernel_size=kernels, dilation=dilations, stride=strides)
    at_least(0, padding=pads)
    return tuple(
        Slide(kernel, step, pad, pad, spread)
        for kernel, step, pad, spread in zip(kernels, strides, pads, dilations, strict=True)
    )


def _dtypes(input: TensorSpec) -> None:
    if "int" in input.dtype:
        raise ShapeError(
            f"wants numbers with fractions, or bools, and gets {input.dtype}", hint="convert it to float32"
        )


@op
def unfold(
    input: np.ndarray, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> np.ndarray:
    """(N, C, H, W) as (N, C*kernel, L): a column for each of the L windows."""
    slides = _slides(kernel_size, dilation, padding, stride)
    batch = input if input.ndim == 4 else input[None]
    windows = window_view(batch, slides)
    rows = batch.shape[1] * prod(slide.kernel for slide in slides)
    columns = windows.copy().reshape(batch.shape[0], rows, prod(windows.shape[-2:]))
    return columns if input.ndim == 4 else columns[0]


unfold.window(_slides)


@unfold.shape
def _(input: TensorSpec, window: tuple[Slide, ...]) -> TensorSpec:
    _dtypes(input)
    sizes = plane_sizes(input, 2)
    rows = input.shape[-3] * prod(slide.kernel for slide in window)
    return input.with_shape((*input.shape[:-3], rows, prod(output_sizes(window, sizes))))


@unfold.axes
def _(input: TensorSpec, window: tuple[Slide, ...]) -> dict[str, Reaches]:
    *leading, channels, height, width = input.shape
    kernel, outs = [slide.kernel for slide in window], output_sizes(window, (height, width))
    first = len(leading)
    taps = (
        Summed((Strided(first + 1 + at, 0, slide.dilation), Strided(first + 3 + at, -slide.before, slide.stride)))
        for at, slide in enumerate(window)
    )
    return {"input": Via(input.shape, (*leading, channels, *kernel, *outs), (*kept(input)[: first + 1], *taps))}


@unfold.formula
def _(output: TensorSpec, input: TensorSpec, window: tuple[Slide, ...]) -> list[str]:
    (height, width), kernel = output_sizes(window, input.shape[-2:]), "*".join(str(slide.kernel) for slide in window)
    return [
        f"C = {input.shape[-3]}*{kernel} = {output.shape[-2]}",
        *spatial_formula(window, input.shape[-2:]),
        f"L = {height}*{width} = {output.shape[-1]}",
    ]


@op
def fold(
    input: np.ndarray,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> np.ndarray:
    """(N, C*kernel, L) as (N, C, *output_size): the windows laid down at their places, sums where they overlap."""
    slides, sizes = _slides(kernel_size, dilation, padding, stride), _pair(output_size, "output_size")
    kernel, outs = tuple(slide.kernel for slide in slides), output_sizes(slides, sizes)
    columns = input.reshape(-1, input.shape[-2] // prod(kernel), *kernel, *outs)
    canvas = np.zeros(
        (*columns.shape[:2], *(size + 2 * slide.before for size, slide in zip(sizes, slides, strict=True))), input.dtype
    )
    for tap in np.ndindex(kernel):
        row, column = (
            slice(at * slide.dilation, at * slide.dilation + (out - 1) * slide.stride + 1, slide.stride)
            for at, slide, out in zip(tap, slides, outs, strict=True)
        )
        canvas[:, :, row, column] += columns[:, :, *tap]
    inside = [slice(slide.before, slide.before + size) for slide, size in zip(slides, sizes, strict=True)]
    return canvas[:, :, *inside].reshape(*input.shape[:-2], columns.shape[1], *sizes)


@fold.shape
def _(
    input: TensorSpec, output_size: Sizes, kernel_size: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes
) -> TensorSpec:
    _dtypes(input)
    if input.ndim not in (2, 3) or 0 in input.shape[-2:]:
        raise ShapeError(f"wants columns (N, C*kernel, L) or (C*kernel, L) and gets {input.shape}")
    slides, sizes = _slides(kernel_size, dilation, padding, stride), _pair(output_size, "output_size")
    at_least(1, output_size=sizes)
    kernel, (height, width) = [slide.kernel for slide in slides], output_sizes(slides, sizes)
    rows, columns = input.shape[-2:]
    if rows % prod(kernel):
        raise ShapeError(
            f"wants rows that the kernel {kernel[0]}*{kernel[1]} = {prod(kernel)} divides and gets {rows}",
            option="kernel_size",
        )
    if columns != height * width:
        raise ShapeError(
            f"wants {height}*{width} = {height * width} columns, one a window of {sizes}, and gets {columns}",
            notes=spatial_formula(slides, sizes),
            option="output_size",
        )
    return input.with_shape((*input.shape[:-2], rows // prod(kernel), *sizes))


@fold.axes
def _(
    input: TensorSpec, output: TensorSpec, kernel_size: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes
) -> dict[str, Reaches]:
    slides = _slides(kernel_size, dilation, padding, stride)
    *leading, channels, height, width = output.shape
    kernel, outs = [slide.kernel for slide in slides], output_sizes(slides, (height, width))
    first, taps = len(leading), (Unknown("which tap of a window is laid down depends on the place"),) * 2
    laid = (
        Slid(first + 1 + at, Spread(slide.kernel, slide.stride, slide.before, slide.after, slide.dilation))
        for at, slide in enumerate(slides)
    )
    reaches: tuple[Reach, ...] = (*map(Kept, range(first + 1)), *taps, *laid)
    return {"input": Via((*leading, channels, *kernel, *outs), output.shape, reaches)}


@fold.formula
def _(output: TensorSpec, input: TensorSpec, kernel_size: Sizes) -> list[str]:
    kernel = each(kernel_size, 2, "kernel_size")
    height, width = output.shape[-2:]
    return [
        f"C = {input.shape[-2]}/({kernel[0]}*{kernel[1]}) = {output.shape[-3]}",
        f"H, W = {height}, {width}, by output_size",
    ]


takes_complex(unfold, fold)
