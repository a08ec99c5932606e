"""Depthwise convolution: for each tap, the shifted strip times the tap's weight a channel, summed."""

from __future__ import annotations

from functools import partial
from math import prod

from nnbuild.engine.convolution import Convolution, Part, strip_input, strips
from nnbuild.engine.step import STRIP_BYTES, Call, Memory, Phase, Scratch, Step, dealt, owners
from nnbuild.lazy import np


def fits(conv: Convolution) -> bool:
    """Whether each channel has its own kernel and makes one channel."""
    return conv.groups == conv.channels == conv.made > 1


def depthwise(conv: Convolution, threads: int) -> Step:
    """The step: strips that keep input, sum and product in cache."""
    taps = conv.weight.reshape(conv.made, -1).T
    weight = np.ascontiguousarray(np.tile(taps, (1, conv.outputs[-1])))  # rows of W*C: one call a row, not a pixel

    def bind(memory: Memory) -> list[Phase]:
        width = prod(conv.outputs[1:])
        row = conv.dtype.itemsize * width * conv.made * 4
        parts = strips(conv.count, conv.outputs[0], max(1, STRIP_BYTES // row), threads)
        lists = [
            _strip(conv, weight, part, memory, memory.scratch[thread])
            for part, thread in zip(parts, owners(len(parts), threads), strict=True)
        ]
        return [dealt(lists, threads)]

    return Step(conv.stage.nodes, "taps", conv.output, conv.reads(), bind, prepared=weight.nbytes)


def _strip(conv: Convolution, weight: np.ndarray, part: Part, memory: Memory, scratch: Scratch) -> list[Call]:
    scratch.clear()
    source = memory.image(conv.input)
    padded, calls = strip_input(source, conv.slides, conv.outputs, part, scratch, conv.stage.before)
    shape = part.shape(conv.outputs)
    total = scratch.take((*shape, conv.made), conv.dtype)
    product = scratch.take((*shape, conv.made), conv.dtype)
    for index, tap in enumerate(np.ndindex(conv.kernel)):
        place = tuple(
            slice(at * slide.dilation, at * slide.dilation + (size - 1) * slide.stride + 1, slide.stride)
            for at, slide, size in zip(tap, conv.slides, shape[1:], strict=True)
        )
        view = padded[(slice(None), *place)]
        into = product if index else total
        calls.append(_times(view, weight[index], into))
        if index:
            calls.append(partial(np.add, total, product, total))
    return calls + conv.finish(memory, part, total, scratch)


def _times(view: np.ndarray, row: np.ndarray, target: np.ndarray) -> Call:
    """view (..., W, C) times the weights of a row (W*C): in one run where the row lies in one piece."""
    width, channels = view.shape[-2:]
    if view.strides[-2:] == (channels * view.itemsize, view.itemsize):
        long = np.lib.stride_tricks.as_strided(
            view, (*view.shape[:-2], width * channels), (*view.strides[:-2], view.itemsize)
        )
        return partial(np.multiply, long, row, target.reshape(long.shape))
    return partial(np.multiply, view, row[:channels], target)
