"""Convolutions, pooling, padding, and what samples images."""

from __future__ import annotations

import math
from typing import Any

from nnbuild import ops
from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.node import OnnxNode, axes_of, cast, constant, reads, reshaped
from nnbuild.exchange.onnx.nodes.matrices import without_zero_point
from nnbuild.exchange.onnx.windows import Windows, padded, windows_of
from nnbuild.lazy import np
from nnbuild.ops.dtypes import is_floating


def op_over(family: str, axes: int) -> Any:
    """The member of a family of ops for so many axes."""
    if not 1 <= axes <= 3:
        raise SpecError(f"{family} goes over 1 to 3 axes, not {axes}")
    return getattr(ops, f"{family}{axes}d")


def convolved(node: OnnxNode, input: Any, weight: Any, bias: Any = None) -> Any:
    """A convolution as the node says."""
    windows = windows_of(node, input.shape[2:], weight.shape[2:])
    padding = windows.before
    if not windows.symmetric:
        input, padding = padded(input, windows.before, windows.after), (0,) * len(padding)
    conv = op_over("conv", len(input.shape) - 2)
    return conv(input, weight, bias, windows.strides, padding, windows.dilations, node.get("group", 1))


@reads("Conv")
def _conv(node: OnnxNode, input: Any, weight: Any, bias: Any = None) -> Any:
    return convolved(node, input, weight, bias)


@reads("ConvInteger")
def _conv_integer(node: OnnxNode, input: Any, weight: Any, zero: Any = None, weight_zero: Any = None) -> Any:
    return convolved(node, without_zero_point(input, zero), without_zero_point(weight, weight_zero, 0))


@reads("ConvTranspose")
def _conv_transpose(node: OnnxNode, input: Any, weight: Any, bias: Any = None) -> Any:
    sizes, kernel, group = input.shape[2:], weight.shape[2:], node.get("group", 1)
    named = windows_of(node, sizes, kernel)
    extra = tuple(node.get("output_padding") or (0,) * len(sizes))
    spread = [
        (size - 1) * step + (width - 1) * dilation + 1
        for size, step, width, dilation in zip(sizes, named.strides, kernel, named.dilations, strict=True)
    ]
    before, after = _transposed_padding(node, named, sizes, spread, extra)
    conv = op_over("conv_transpose", len(sizes))
    if before == after and all(
        0 <= more < max(step, dilation)
        for more, step, dilation in zip(extra, named.strides, named.dilations, strict=True)
    ) and min(before) >= 0:  # fmt: skip
        return conv(input, weight, bias, named.strides, before, extra, group, named.dilations)
    laid = conv(input, weight, None, named.strides, 0, 0, group, named.dilations)
    ends = [more - end for more, end in zip(extra, after, strict=True)]
    laid = padded(laid, [-begin for begin in before], ends)
    return laid if bias is None else ops.add(laid, reshaped(bias, -1, *(1,) * len(sizes)))


def _transposed_padding(
    node: OnnxNode, named: Windows, sizes: Any, spread: list[int], extra: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What is cut off at either end: as said, or so that the output has its shape."""
    wanted, how = node.get("output_shape"), node.get("auto_pad", "NOTSET")
    if not wanted and how in ("NOTSET", "VALID"):
        return named.before, named.after
    if not wanted:
        wanted = [size * step for size, step in zip(sizes, named.strides, strict=True)]
    totals = [full + more - out for full, more, out in zip(spread, extra, wanted[-len(spread) :], strict=True)]
    less, more = tuple(total // 2 for total in totals), tuple(total - total // 2 for total in totals)
    return (less, more) if how == "SAME_UPPER" else (more, less)


def _lowest(dtype: str) -> Any:
    kind = np.dtype(dtype)
    return -math.inf if kind.kind == "f" else int(np.iinfo(kind).min)


@reads("MaxPool")
def _max_pool(node: OnnxNode, input: Any) -> Any:
    sizes = input.shape[2:]
    windows, wanted = windows_of(node, sizes), len([name for name in node.outputs if name]) > 1
    dtype = str(input.dtype)
    pool, fits = op_over("max_pool", len(sizes)), windows.pooling
    if len(sizes) == 1 and not is_floating(dtype):
        pool, fits = ops.max_pool2d, False
    if fits:
        options = (windows.kernel, windows.strides, windows.before, windows.dilations, windows.ceil)
        if not wanted:
            return pool(input, *options)
        values, places = pool(input, *options, True)
        return values, _numbered(places, input.shape, node.get("storage_order", 0))
    after = windows.reached(sizes)
    room = padded(input, windows.before, after, _lowest(dtype))
    kernel, strides, dilations = windows.kernel, windows.strides, windows.dilations
    if len(sizes) == 1 and pool is ops.max_pool2d:
        room, kernel, strides, dilations = ops.unsqueeze(room, 2), (1, *kernel), (1, *strides), (1, *dilations)
    if not wanted:
        return reshaped(pool(room, kernel, strides, 0, dilations), *input.shape[:2], *windows.sizes(sizes))
    values, places = pool(room, kernel, strides, 0, dilations, False, True)
    lengths = [begin + size + end for begin, size, end in zip(windows.before, sizes, after, strict=True)]
    places = _moved(places, lengths, windows.before, sizes)
    shape = (*input.shape[:2], *windows.sizes(sizes))
    return reshaped(values, *shape), _numbered(reshaped(places, *shape), input.shape, node.get("storage_order", 0))


def _parts(places: Any, sizes: Any) -> list[Any]:
    """The index along each axis of places in a plane of these sizes."""
    found = []
    for size in reversed(sizes):
        length = constant(size, "int64")
        found.append(ops.remainder(places, length))
        places = ops.div(places, length, rounding_mode="floor")
    return found[::-1]


def _moved(places: Any, lengths: Any, before: Any, sizes: Any) -> Any:
    """Places in a padded plane as places in the plane itself."""
    total = constant(0, "int64")
    for part, begin, size in zip(_parts(places, lengths), before, sizes, strict=True):
        own = ops.sub(part, constant(begin, "int64"))
        total = ops.add(ops.mul(total, constant(size, "int64")), own)
    return total


def _numbered(places: Any, shape: Any, by_columns: int) -> Any:
    """Places in each plane as places in the whole tensor. Params: by_columns, count down the columns first."""
    count, channels, *sizes = shape
    if by_columns:
        total = constant(0, "int64")
        for part, size in zip(reversed(_parts(places, sizes)), reversed(sizes), strict=True):
            total = ops.add(ops.mul(total, constant(size, "int64")), part)
        places = total
    planes = ops.arange(count * channels, dtype="int64")
    first = ops.mul(planes, constant(math.prod(sizes), "int64"))
    return ops.add(places, reshaped(first, count, channels, *(1,) * len(sizes)))


def _window_sums(input: Any, windows: Windows) -> Any:
    """The sum of each window, a plane at a time: a convolution with ones."""
    count, channels, *sizes = input.shape
    planes = reshaped(input, count * channels, 1, *sizes)
    room = padded(planes, windows.before, windows.reached(sizes))
    ones = ops.full((1, 1, *windows.kernel), 1.0, dtype=str(input.dtype))
    sums = op_over("conv", len(sizes))(room, ones, None, windows.strides, 0, windows.dilations)
    outputs = windows.sizes(sizes)
    inside = tuple(slice(0, out) for out in outputs)
    if tuple(sums.shape[2:]) != tuple(outputs):
        sums = ops.getitem(sums, (slice(None), slice(None), *inside))
    return reshaped(sums, count, channels, *outputs)


@reads("AveragePool")
def _average_pool(node: OnnxNode, input: Any) -> Any:
    sizes, with_padding = input.shape[2:], bool(node.get("count_include_pad", 0))
    windows = windows_of(node, sizes)
    if windows.pooling and set(windows.dilations) == {1}:
        pool = op_over("avg_pool", len(sizes))
        return pool(input, windows.kernel, windows.strides, windows.before, windows.ceil, with_padding)
    ones = ops.full((1, 1, *sizes), 1.0, dtype=str(input.dtype))
    if with_padding:
        ones = padded(ones, windows.before, windows.after, 1.0)
        counted = _window_sums(ones, windows._replace(before=(0,) * len(sizes), after=(0,) * len(sizes)))
    else:
        counted = _window_sums(ones, windows)
    return ops.div(_window_sums(input, windows), counted)


@reads("LpPool")
def _lp_pool(node: OnnxNode, input: Any) -> Any:
    power = float(node.get("p", 2))
    sums = _window_sums(ops.pow(ops.abs(input), power), windows_of(node, input.shape[2:]))
    return ops.pow(sums, 1 / power)


@reads("MaxUnpool")
def _max_unpool(node: OnnxNode, input: Any, places: Any, shape: Any = None) -> Any:
    count, channels, *sizes = input.shape
    windows = windows_of(node, sizes)
    plain = [
        (size - 1) * step - begin - end + width
        for size, step, begin, end, width in zip(
            sizes, windows.strides, windows.before, windows.after, windows.kernel, strict=True
        )
    ]
    outputs = (node.numbers("output_shape", shape) or [count, channels, *plain])[2:]
    canvas = ops.zeros(count * channels * math.prod(plain), dtype=str(input.dtype))
    laid = ops.scatter(canvas, 0, reshaped(cast(places, "int64"), -1), reshaped(input, -1))
    image = reshaped(laid, count, channels, *plain)
    return padded(image, [0] * len(sizes), [out - size for out, size in zip(outputs, plain, strict=True)])


@reads("Pad")
def _pad(node: OnnxNode, input: Any, pads: Any = None, value: Any = None, axes: Any = None) -> Any:
    rank = len(input.shape)
    given = node.numbers("pads" if node.version > 1 else "paddings", pads) or []
    places = axes_of(node.numbers("axes", axes) or range(rank), rank)
    if len(given) != 2 * len(places):
        raise SpecError(f"Pad wants {2 * len(places)} numbers and gets {len(given)}")
    before, after = [0] * rank, [0] * rank
    for place, begin, end in zip(places, given[: len(places)], given[len(places) :], strict=True):
        before[place], after[place] = int(begin), int(end)
    mode = node.get("mode", "constant")
    if mode == "constant":
        fill = node.number("value", value, 0.0) if value is None or value.shape in ((), (1,)) else 0
        return padded(input, before, after, bool(fill) if str(input.dtype) == "bool" else fill)
    for axis in range(rank):
        if before[axis] or after[axis]:
            input = ops.index_select(input, axis, _mirrored(input.shape[axis], before[axis], after[axis], mode))
    return input


def _mirrored(size: int, before: int, after: int, mode: str) -> Any:
    """The index of the element that stands at each place of a padded axis."""
    places = np.arange(-before, size + after)
    if mode == "edge":
        return np.clip(places, 0, size - 1)
    if mode == "wrap":
        return places % size
    if mode != "reflect":
        raise SpecError(f"Pad has no mode {mode!r}")
    period = max(2 * (size - 1), 1)
    turned = places % period
    return np.where(turned < size, turned, period - turned)


_GRID_MODES = {"linear": "bilinear", "cubic": "bicubic"}


@reads("GridSample")
def _grid_sample(node: OnnxNode, input: Any, grid: Any) -> Any:
    mode = node.get("mode", "linear")
    return ops.grid_sample(
        input, grid, _GRID_MODES.get(mode, mode), node.get("padding_mode"), bool(node.get("align_corners"))
    )


@reads("AffineGrid")
def _affine_grid(node: OnnxNode, theta: Any, size: Any) -> Any:
    return ops.affine_grid(theta, tuple(node.numbers("size", size) or ()), bool(node.get("align_corners")))


@reads("RoiAlign")
def _roi_align(node: OnnxNode, input: Any, boxes: Any, images: Any) -> Any:
    half = node.get("coordinate_transformation_mode", "output_half_pixel" if node.version < 16 else None)
    numbered = ops.cat([ops.unsqueeze(cast(images, str(boxes.dtype)), 1), boxes], 1)
    return ops.roi_align(
        input, numbered, (node.get("output_height"), node.get("output_width")), node.get("spatial_scale"),
        node.get("sampling_ratio"), half == "half_pixel", mode=node.get("mode"),
    )  # fmt: skip
