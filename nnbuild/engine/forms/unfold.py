"""Any convolution: the windows of a strip side by side (im2col), times the weight."""

from __future__ import annotations

from functools import partial
from math import prod

from nnbuild.engine.forms.convolution import ConvolutionForm
from nnbuild.engine.memory import Memory, Scratch
from nnbuild.engine.sliding.banded import widened
from nnbuild.engine.sliding.convolution import Convolution
from nnbuild.engine.sliding.strips import Part, strip_input, strips, windows
from nnbuild.engine.step import STRIP_BYTES, Call, Phase, Step, copy, dealt, even_parts, owners, rows
from nnbuild.lazy import np


class Unfold(ConvolutionForm):
    """Each strip is unfolded, multiplied and finished by one thread.

    Where the weight is much larger than the pixels (512 channels of 7x7), a strip each would read all of it: all is
    unfolded first, and the product is divided by output channels.
    """

    def takes(self, conv: Convolution) -> bool:
        """Whether it is an ordinary one."""
        return not conv.is_transposed

    def nanoseconds(self, conv: Convolution) -> float:
        """The copy of the windows, the product, the weights from memory."""
        taps = prod(conv.weight.shape[1:])
        copies = conv.pixels * taps * conv.groups * 0.4
        return copies + conv.pixels * taps * conv.made / 45 + conv.weight.nbytes / 10

    def step_of(self, conv: Convolution, threads: int) -> Step:
        """The step."""
        wide = widened(conv)
        taps = prod(wide.kernel)
        inside, outside = conv.channels // conv.groups, wide.made // conv.groups
        grouped = wide.weight.reshape(conv.groups, outside, inside, taps)
        weight = np.ascontiguousarray(grouped.transpose(0, 3, 2, 1).reshape(conv.groups, taps * inside, outside))
        by_channels = wide is conv and threads > 1 and conv.groups == 1 and conv.pixels <= 100 and conv.made >= 64

        def bind(memory: Memory) -> list[Phase]:
            width = wide.pixels // (conv.count * conv.outputs[0])
            at_once = max(1, STRIP_BYTES // (conv.dtype.itemsize * width * (conv.channels * taps + wide.made)))
            parts = strips(conv.count, conv.outputs[0], at_once, threads)
            if by_channels:
                return _by_channels(conv, weight[0], memory, parts, threads)
            lists = [
                _strip(conv, wide, weight, part, memory, memory.scratch[thread])
                for part, thread in zip(parts, owners(len(parts), threads), strict=True)
            ]
            return [dealt(lists, threads)]

        name = "unfold" if conv.groups == 1 else f"unfold, {conv.groups} groups"
        if wide is not conv:
            name = f"unfold, {wide.made // conv.made} windows"
        return Step(conv.stage.nodes, name, conv.output, conv.reads(), bind, prepared=weight.nbytes)


def _unfolded(conv: Convolution, part: Part, memory: Memory, scratch: Scratch, columns: np.ndarray) -> list[Call]:
    """Calls that fill columns (groups, P, taps * C/groups)."""
    source = memory.image(conv.input)
    shape = part.shape(conv.outputs)
    padded, calls = strip_input(source, conv.slides, conv.outputs, part, scratch, conv.stage.before)
    view = windows(padded, conv.slides, shape)
    inside = conv.channels // conv.groups
    if conv.groups == 1:
        return [*calls, copy(columns[0].reshape(view.shape), view)]
    split = (
        view.reshape(*view.shape[:-1], conv.groups, inside)
        if inside == 1
        else np.lib.stride_tricks.as_strided(
            view,
            (*view.shape[:-1], conv.groups, inside),
            (*view.strides[:-1], inside * view.strides[-1], view.strides[-1]),
        )
    )
    ordered = np.moveaxis(split, -2, 0)
    return [*calls, copy(columns.reshape(ordered.shape), ordered)]


def _strip(
    conv: Convolution, wide: Convolution, weight: np.ndarray, part: Part, memory: Memory, scratch: Scratch
) -> list[Call]:
    scratch.clear()
    pixels = prod(part.shape(wide.outputs))
    columns = scratch.take((conv.groups, pixels, weight.shape[1]), conv.dtype)
    calls = _unfolded(wide, part, memory, scratch, columns)
    target, _ = conv.parts(memory, part)
    if wide is not conv and not target.flags.c_contiguous:
        target = scratch.take(target.shape, conv.dtype)
    else:
        target = conv.room(target, scratch)
    if conv.groups == 1:
        product = rows(target) if wide is conv else target.reshape(pixels, -1)
        calls.append(partial(np.matmul, columns[0], weight[0], product))
    else:
        product = np.moveaxis(rows(target).reshape(pixels, conv.groups, -1), 1, 0)
        calls.append(partial(np.matmul, columns, weight, product))
    return calls + conv.finish(memory, part, target, scratch)


def _by_channels(conv: Convolution, weight: np.ndarray, memory: Memory, parts: list[Part], threads: int) -> list[Phase]:
    columns = memory.shared.take((conv.pixels, weight.shape[0]), conv.dtype)
    gathers = []
    start = 0
    for part, thread in zip(parts, owners(len(parts), threads), strict=True):
        stop = start + prod(part.shape(conv.outputs))
        scratch = memory.scratch[thread]
        scratch.clear()
        gathers.append(_unfolded(conv, part, memory, scratch, columns[None, start:stop]))
        start = stop
    whole = Part(0, conv.count, 0, conv.outputs[0])
    target, _ = conv.parts(memory, whole)
    lists: Phase = []
    for thread, (start, stop) in enumerate(even_parts(conv.made, threads)):
        some = slice(start, stop)
        scratch = memory.scratch[thread]
        scratch.clear()
        product = partial(np.matmul, columns, weight[:, some], rows(target)[:, some])
        lists.append([product, *conv.finish(memory, whole, target[..., some], scratch, some)])
    return [dealt(gathers, threads), lists]
