"""Convolutions, pooling, padding and resampling, written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.writing.emitters import emits
from nnbuild.exchange.onnx.writing.graph import GraphWriter
from nnbuild.graph.graph import Node
from nnbuild.lazy import np
from nnbuild.ops.window import Slide, Spread


def _unbatched(graph: GraphWriter, node: Node, value: Any, axes: int) -> tuple[str, bool]:
    """The name of an input (N, C, *size), and whether a batch of one had to be put in front."""
    name = graph.name_of(value)
    if len(value.shape) == axes + 2:
        return name, False
    return graph.reshape(name, graph.traces.shape(value), (1, *graph.traces.shape(value))), True


def _restored(graph: GraphWriter, node: Node, name: str, alone: bool, place: int = 0) -> str:
    shape = graph.traces.shape(node.outputs[place])
    return graph.reshape(name, (1, *shape), shape) if alone else name


def _pads(windows: Sequence[Slide | Spread]) -> list[int]:
    return [*(window.before for window in windows), *(window.after for window in windows)]


@emits("conv1d", "conv2d", "conv3d")
def _conv(graph: GraphWriter, node: Node, a: Any) -> Any:
    windows = node.ask("window")
    input, alone = _unbatched(graph, node, a.input, len(windows))
    bias = None if a.bias is None else graph.name_of(a.bias)
    made = graph.emit(
        "Conv", input, graph.name_of(a.weight), bias, kernel_shape=[window.kernel for window in windows],
        strides=[window.stride for window in windows], pads=_pads(windows),
        dilations=[window.dilation for window in windows], group=a.groups,
    )  # fmt: skip
    return _restored(graph, node, made, alone)


@emits("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def _conv_transpose(graph: GraphWriter, node: Node, a: Any) -> Any:
    windows = node.ask("window")
    input, alone = _unbatched(graph, node, a.input, len(windows))
    bias = None if a.bias is None else graph.name_of(a.bias)
    made = graph.emit(
        "ConvTranspose", input, graph.name_of(a.weight), bias, kernel_shape=[window.kernel for window in windows],
        strides=[window.stride for window in windows], pads=_pads(windows),
        dilations=[window.dilation for window in windows], group=a.groups,
        output_padding=[window.extra for window in windows],
    )  # fmt: skip
    return _restored(graph, node, made, alone)


@emits("max_pool1d", "max_pool2d", "max_pool3d")
def _max_pool(graph: GraphWriter, node: Node, a: Any) -> Any:
    windows = node.ask("window")
    axes = len(windows)
    input, alone = _unbatched(graph, node, a.input, axes)
    wanted = len(node.outputs)
    made = graph.emit(
        "MaxPool", input, outputs=wanted, kernel_shape=[window.kernel for window in windows],
        strides=[window.stride for window in windows], pads=_pads(windows),
        dilations=[window.dilation for window in windows], ceil_mode=int(windows[0].ceil),
    )  # fmt: skip
    if wanted == 1:
        return _restored(graph, node, made, alone)
    plane = math.prod(node.inputs[0].shape[-axes:])
    places = graph.emit("Mod", made[1], graph.number(plane, "int64"))  # torch numbers each plane anew
    return [_restored(graph, node, made[0], alone), _restored(graph, node, places, alone, 1)]


@emits("avg_pool1d", "avg_pool2d", "avg_pool3d")
def _avg_pool(graph: GraphWriter, node: Node, a: Any) -> Any:
    windows = node.ask("window")
    input, alone = _unbatched(graph, node, a.input, len(windows))
    made = graph.emit(
        "AveragePool", input, kernel_shape=[window.kernel for window in windows],
        strides=[window.stride for window in windows], pads=_pads(windows), ceil_mode=int(windows[0].ceil),
        count_include_pad=int(bool(a.count_include_pad or a.divisor_override)),
    )  # fmt: skip
    if a.divisor_override:
        factor = math.prod(window.kernel for window in windows) / a.divisor_override
        made = graph.emit("Mul", made, graph.number(factor, node.output.dtype))
    return _restored(graph, node, made, alone)


@emits("lp_pool1d", "lp_pool2d", "lp_pool3d")
def _lp_pool(graph: GraphWriter, node: Node, a: Any) -> Any:
    windows = node.ask("window")
    dtype, power = node.output.dtype, float(a.norm_type)
    input, alone = _unbatched(graph, node, a.input, len(windows))
    count = graph.number(math.prod(window.kernel for window in windows), dtype)
    raised = graph.emit("Pow", input, graph.number(power, dtype))
    means = graph.emit(
        "AveragePool", raised, kernel_shape=[window.kernel for window in windows],
        strides=[window.stride for window in windows], ceil_mode=int(windows[0].ceil),
    )  # fmt: skip
    made = graph.emit("Pow", graph.emit("Mul", means, count), graph.number(1 / power, dtype))
    return _restored(graph, node, made, alone)


@emits(
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "adaptive_max_pool3d",
)  # fmt: skip
def _adaptive(graph: GraphWriter, node: Node, a: Any) -> Any:
    axes = a.axes
    average = "avg" in node.op.name
    sizes, outputs = graph.traces.shape(a.input)[-axes:], graph.traces.shape(node.output)[-axes:]
    input, alone = _unbatched(graph, node, a.input, axes)
    if len(node.outputs) > 1:
        raise SpecError("ONNX files get no adaptive pooling that gives indices", path=node.path or None)
    if set(outputs) == {1}:
        made = graph.emit("GlobalAveragePool" if average else "GlobalMaxPool", input)
        return _restored(graph, node, made, alone)
    if not all(isinstance(size, int) for size in (*sizes, *outputs)):
        raise SpecError("adaptive pooling to more than 1 wants known sizes", path=node.path or None)
    known = [(a.input.shape[place - axes], node.output.shape[place - axes]) for place in range(axes)]
    if any(size % out for size, out in known):
        return _restored(graph, node, _uneven(graph, input, sizes, outputs, axes, average), alone)
    steps = [size // out for size, out in known]
    made = graph.emit("AveragePool" if average else "MaxPool", input, kernel_shape=steps, strides=steps)
    return _restored(graph, node, made, alone)


def _uneven(graph: GraphWriter, name: str, sizes: Any, outputs: Any, axes: int, average: bool) -> str:
    """Windows of different sizes: each axis cut into its pieces, which are reduced one by one."""
    for place, (size, out) in enumerate(zip(sizes, outputs, strict=True)):
        axis = 2 + place
        parts = []
        for at in range(out):
            start, stop = at * size // out, -(-(at + 1) * size // out)
            ends = [graph.constant(np.array([end], np.int64)) for end in (start, stop, axis)]
            piece = graph.emit("Slice", name, *ends)
            parts.append(reduced(graph, "ReduceMean" if average else "ReduceMax", piece, [axis], True))
        name = parts[0] if len(parts) == 1 else graph.emit("Concat", *parts, axis=axis)
    return name


def reduced(graph: GraphWriter, operator: str, name: str, axes: list[int] | None, keepdim: bool) -> str:
    """A reduction, whose axes are an input from version 18 on, and of a sum from 13 on."""
    given = axes is not None
    if graph.opset >= (13 if operator == "ReduceSum" else 18):
        places = graph.constant(np.array(axes, np.int64)) if given else None
        return str(graph.emit(operator, name, places, keepdims=int(keepdim)))
    return str(graph.emit(operator, name, axes=axes, keepdims=int(keepdim)))


@emits("max_unpool1d", "max_unpool2d", "max_unpool3d")
def _max_unpool(graph: GraphWriter, node: Node, a: Any) -> Any:
    """By hand: ONNX numbers the places of the whole tensor, torch those of each plane."""
    axes = a.axes
    inputs, outputs = graph.traces.shape(a.input), graph.traces.shape(node.output)
    plane = math.prod(size for size in outputs[-axes:] if isinstance(size, int))
    lead = inputs[: len(inputs) - axes]
    few = math.prod(size for size in inputs[-axes:] if isinstance(size, int))
    if not all(isinstance(size, int) for size in (*inputs[-axes:], *outputs[-axes:])):
        raise SpecError("unpooling wants known sizes", path=node.path or None)
    flat = [graph.reshape(graph.name_of(value), inputs, (*lead, few)) for value in (a.input, a.indices)]
    shape = graph.lengths((*lead, plane))
    zeros = graph.filled(0, node.output.dtype, shape)
    laid = graph.emit("ScatterElements", zeros, flat[1], flat[0], axis=len(lead))
    return graph.reshape(laid, (*lead, plane), outputs)


_PAD_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@emits("pad")
def _pad(graph: GraphWriter, node: Node, a: Any) -> Any:
    rank, dtype = len(a.input.shape), node.output.dtype
    pairs = [(a.pad[at], a.pad[at + 1]) for at in range(0, len(a.pad), 2)]
    pairs += [(0, 0)] * (rank - len(pairs))
    before, after = ([pair[end] for pair in reversed(pairs)] for end in range(2))
    value = graph.name_of(a.input)
    if not any((*before, *after)):
        return value
    if a.mode == "circular" and graph.opset < 19:
        return _wrapped(graph, value, before, after, a.input.shape)
    fill = graph.number(a.value or 0, dtype) if a.mode == "constant" else None
    return graph.emit("Pad", value, graph.lengths([*before, *after]), fill, mode=_PAD_MODES[a.mode])


def _wrapped(graph: GraphWriter, name: str, before: list[int], after: list[int], shape: Any) -> str:
    for axis, (begin, end) in enumerate(zip(before, after, strict=True)):
        if begin or end:
            places = np.arange(-begin, shape[axis] + end) % shape[axis]
            name = graph.emit("Gather", name, graph.constant(places), axis=axis)
    return name


@emits("pixel_shuffle", "pixel_unshuffle")
def _pixel(graph: GraphWriter, node: Node, a: Any) -> Any:
    input, alone = _unbatched(graph, node, a.input, 2)
    if node.op.name == "pixel_shuffle":
        made = graph.emit("DepthToSpace", input, blocksize=a.upscale_factor, mode="CRD")
        return _restored(graph, node, made, alone)
    count, channels, height, width = graph.traces.shape(a.input) if not alone else (1, *graph.traces.shape(a.input))
    factor = a.downscale_factor
    if not isinstance(height, int) or not isinstance(width, int):
        raise SpecError("pixel_unshuffle wants known sizes", path=node.path or None)
    split = (count, channels, height // factor, factor, width // factor, factor)
    parts = graph.emit("Transpose", graph.reshape(input, (count, channels, height, width), split),
                       perm=[0, 1, 3, 5, 2, 4])  # fmt: skip
    moved = (count, channels, factor, factor, height // factor, width // factor)
    last = (count, a.input.shape[-3] * factor * factor, height // factor, width // factor)
    return _restored(graph, node, graph.reshape(parts, moved, last), alone)


@emits("channel_shuffle")
def _channel_shuffle(graph: GraphWriter, node: Node, a: Any) -> Any:
    shape = graph.traces.shape(a.input)
    split = (shape[0], a.groups, a.input.shape[1] // a.groups, *shape[2:])
    order = [0, 2, 1, *range(3, len(split))]
    turned = graph.emit("Transpose", graph.reshape(graph.name_of(a.input), shape, split), perm=order)
    return graph.reshape(turned, [split[place] for place in order], shape)


_RESIZE_MODES = {"nearest": "nearest", "nearest-exact": "nearest", "bicubic": "cubic"}


@emits("interpolate", "upsample", "upsample_nearest", "upsample_bilinear")
def _interpolate(graph: GraphWriter, node: Node, a: Any) -> Any:
    mode, corners = a.mode, a.align_corners
    if node.op.name == "upsample_bilinear":
        mode, corners = "bilinear", True
    if a.antialias and graph.opset < 18:
        raise SpecError("antialias wants --opset 18 or later", path=node.path or None)
    if mode == "area":
        raise SpecError("ONNX files get no interpolate of mode area", path=node.path or None)
    coordinates = "align_corners" if corners else "half_pixel" if mode != "nearest" else "asymmetric"
    factors = a.scale_factor if a.size is None and not a.recompute_scale_factor else None
    shape = graph.traces.shape(node.output)
    if factors is not None:
        each = factors if isinstance(factors, list | tuple) else [factors] * (len(shape) - 2)
        scales, sizes = graph.constant(np.array([1, 1, *each], np.float32)), None
    else:
        scales, sizes = None, graph.lengths(shape)
    rounding = {"nearest": "floor", "nearest-exact": "round_prefer_ceil"}.get(mode)
    return graph.emit(
        "Resize", graph.name_of(a.input), None, scales, sizes, mode=_RESIZE_MODES.get(mode, "linear"),
        coordinate_transformation_mode=coordinates, nearest_mode=rounding,
        cubic_coeff_a=-0.75 if mode == "bicubic" else None, antialias=1 if a.antialias else None,
    )  # fmt: skip


@emits("grid_sample")
def _grid_sample(graph: GraphWriter, node: Node, a: Any) -> Any:
    if graph.opset < 16:
        raise SpecError("grid_sample wants --opset 16 or later", path=node.path or None)
    mode = a.mode
    if graph.opset >= 20:
        mode = {"bilinear": "linear", "bicubic": "cubic"}.get(mode, mode)
    return graph.emit(
        "GridSample", graph.name_of(a.input), graph.name_of(a.grid), mode=mode, padding_mode=a.padding_mode,
        align_corners=int(bool(a.align_corners)),
    )  # fmt: skip
