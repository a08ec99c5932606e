"""Pooling over windows that slide: the largest element, the average, the power sum."""

from __future__ import annotations

from math import prod
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import floating, fractions
from nnbuild.ops.largest import largest, slide_taps
from nnbuild.ops.op import op
from nnbuild.ops.planes import at_least, plane_sizes
from nnbuild.ops.reach import Reaches, slid
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.window import Slide, each, formula_of_windows, output_sizes
from nnbuild.ops.window_view import padded

Sizes = int | tuple[int, ...]


def _slides(
    axes: int,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> tuple[Slide, ...]:
    kernels = each(kernel_size, axes, "kernel_size")
    strides = kernels if stride is None or stride == () else each(stride, axes, "stride")
    pads, dilations = each(padding, axes, "padding"), each(dilation, axes, "dilation")
    at_least(1, kernel_size=kernels, stride=strides, dilation=dilations)
    at_least(0, padding=pads)
    slides = tuple(
        Slide(kernel, step, pad, pad, spread, bool(ceil_mode))
        for kernel, step, pad, spread in zip(kernels, strides, pads, dilations, strict=True)
    )
    for slide in slides:
        if slide.before > slide.kernel // 2:
            raise OptionError(
                f"padding may be at most half of kernel_size: {slide.kernel // 2} for {slide.kernel}, "
                f"not {slide.before}",
                option="padding",
            )
    return slides


@op
def max_pool(
    input: np.ndarray,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    axes: int,
) -> Any:
    """The largest element in each window; with `return_indices` also its place in the flattened plane."""
    slides = _slides(axes, kernel_size, stride, padding, dilation, ceil_mode)
    taps = [slide_taps(slide, size) for slide, size in zip(slides, input.shape[-axes:], strict=True)]
    values, indices = largest(input, taps, bool(return_indices))
    return (values, indices) if return_indices else values


@max_pool.window
def _(
    kernel_size: Sizes, stride: Sizes | None, padding: Sizes, dilation: Sizes, ceil_mode: bool, axes: int
) -> tuple[Slide, ...]:
    return _slides(axes, kernel_size, stride, padding, dilation, ceil_mode)


@max_pool.shape
def _(input: TensorSpec, return_indices: bool, axes: int, window: tuple[Slide, ...]) -> Any:
    sizes = plane_sizes(input, axes)
    if axes == 1 and not return_indices:  # as torch, whose faster form is for fractions alone
        fractions(input.dtype)
    if input.dtype == "bool":
        raise ShapeError("wants numbers and gets bool")
    output = input.with_shape((*input.shape[:-axes], *output_sizes(window, sizes)))
    return (output, output.with_dtype("int64")) if return_indices else output


def _counts(slide: Slide, length: int, count_include_pad: bool) -> np.ndarray:
    """Elements in each window along one axis; the padding that only rounding up reaches is never counted."""
    starts = np.arange(slide.size(length)) * slide.stride - slide.before
    ends = np.minimum(starts + slide.kernel, length + slide.after)
    return ends - starts if count_include_pad else np.minimum(ends, length) - np.maximum(starts, 0)


def _window_sums(input: np.ndarray, slides: tuple[Slide, ...]) -> np.ndarray:
    """The sum of each window, one axis after the other."""
    axes = len(slides)
    outputs = [slide.size(size) for slide, size in zip(slides, input.shape[-axes:], strict=True)]
    sums = padded(input if input.ndim == axes + 2 else input[None], slides, 0)
    for axis, (slide, out) in enumerate(zip(slides, outputs, strict=True), start=2):
        before = (slice(None),) * axis
        reach = (out - 1) * slide.stride + 1
        total = sums[(*before, slice(0, reach, slide.stride))]
        if slide.kernel > 1:
            total = total.copy()
        for tap in range(1, slide.kernel):
            total += sums[(*before, slice(tap, tap + reach, slide.stride))]
        sums = total
    return sums if input.ndim == axes + 2 else sums[0]


@op
def avg_pool(
    input: np.ndarray,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    axes: int,
) -> np.ndarray:
    """The average of each window; padding counts as zeros, unless `count_include_pad` is off."""
    slides = _slides(axes, kernel_size, stride, padding, 1, ceil_mode)
    sums = _window_sums(input, slides)
    if divisor_override is not None:
        return _over(sums, np.asarray(divisor_override))
    divisor = np.ones((), np.int64)
    for slide, size in zip(slides, input.shape[-axes:], strict=True):
        divisor = divisor[..., None] * _counts(slide, size, count_include_pad)
    return _over(sums, divisor)


def _over(sums: np.ndarray, divisor: np.ndarray) -> np.ndarray:
    """The quotient; of whole numbers what is left without its fraction, as in torch."""
    if sums.dtype.kind == "f":
        return sums / divisor.astype(sums.dtype)
    return np.sign(sums) * np.sign(divisor) * (np.abs(sums) // np.abs(divisor))


@avg_pool.window
def _(kernel_size: Sizes, stride: Sizes | None, padding: Sizes, ceil_mode: bool, axes: int) -> tuple[Slide, ...]:
    return _slides(axes, kernel_size, stride, padding, 1, ceil_mode)


@avg_pool.shape
def _(input: TensorSpec, divisor_override: int | None, axes: int, window: tuple[Slide, ...]) -> TensorSpec:
    sizes = plane_sizes(input, axes)
    if input.dtype != "int64":
        fractions(input.dtype)
    if divisor_override == 0:
        raise OptionError("divisor_override must not be 0", option="divisor_override")
    return input.with_shape((*input.shape[:-axes], *_averages(window, sizes)))


def _averages(slides: tuple[Slide, ...], sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The output's sizes. As torch, averages of volumes take no window larger than the input without its padding."""
    for slide, size in zip(slides, sizes, strict=True):
        if len(sizes) == 3 and slide.kernel > size:
            raise ShapeError(
                f"has a kernel of {slide.kernel} and its input only {size} elements of an axis", option="kernel_size"
            )
    return output_sizes(slides, sizes)


@op
def lp_pool(
    input: np.ndarray,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
    *,
    axes: int,
) -> np.ndarray:
    """The power sum of each window: the `norm_type`-th root of the sum of its elements' `norm_type`-th powers."""
    powers = input.astype(floating(input.dtype.name)) ** norm_type
    sums = avg_pool.kernel(powers, kernel_size, stride, 0, ceil_mode, axes=axes)
    return (sums * prod(each(kernel_size, axes, "kernel_size"))) ** (1 / norm_type)


@lp_pool.window
def _(kernel_size: Sizes, stride: Sizes | None, ceil_mode: bool, axes: int) -> tuple[Slide, ...]:
    return _slides(axes, kernel_size, stride, ceil_mode=ceil_mode)


@lp_pool.shape
def _(input: TensorSpec, norm_type: float, kernel_size: Sizes, axes: int, window: tuple[Slide, ...]) -> TensorSpec:
    sizes = plane_sizes(input, axes)
    if not isinstance(norm_type, float):  # whole powers of whole numbers would have whole averages
        fractions(input.dtype)
    if norm_type == 0:
        raise OptionError("norm_type must not be 0", option="norm_type")
    if axes == 1 and not isinstance(kernel_size, int):
        raise OptionError(f"kernel_size wants one whole number, not {kernel_size!r}", option="kernel_size")
    return input.with_dtype(floating(input.dtype)).with_shape((*input.shape[:-axes], *_averages(window, sizes)))


def _windowed(input: TensorSpec, window: tuple[Slide, ...]) -> dict[str, Reaches]:
    return {"input": slid(input, window)}


for _family in (max_pool, avg_pool, lp_pool):
    _family.formula(formula_of_windows)
    _family.axes(_windowed)


max_pool1d, max_pool2d, max_pool3d = max_pool.over(1, 2, 3)
avg_pool1d, avg_pool2d, avg_pool3d = avg_pool.over(1, 2, 3)
lp_pool1d, lp_pool2d, lp_pool3d = lp_pool.over(1, 2, 3)
