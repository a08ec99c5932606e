"""1x1 convolution: a product of the pixels, as they lie, with the weight."""

from __future__ import annotations

from functools import partial

from nnbuild.engine.forms.convolution import ConvolutionForm
from nnbuild.engine.memory import Memory, Scratch
from nnbuild.engine.rewrite.finish import finished
from nnbuild.engine.sliding.convolution import Convolution
from nnbuild.engine.sliding.strips import Part, strips
from nnbuild.engine.step import STRIP_BYTES, Call, Phase, Step, copy, dealt, even_parts, owners, rows
from nnbuild.lazy import np


class Pointwise(ConvolutionForm):
    """Strips of rows, or of output channels where the weight is larger than the pixels."""

    def takes(self, conv: Convolution) -> bool:
        """Whether the kernel is one tap, without padding, in one group."""
        plain = all(slide.kernel == 1 and not slide.before and not slide.after for slide in conv.slides)
        return plain and conv.groups == 1 and not conv.is_transposed

    def nanoseconds(self, conv: Convolution) -> float:
        """The product, the weight from memory."""
        return conv.macs / 45 + conv.weight.nbytes / 10

    def bytes_of(self, conv: Convolution) -> int:
        """The weight is taken as it is."""
        return conv.weight.nbytes if conv.stage.folded else 0

    def step_of(self, conv: Convolution, threads: int) -> Step:
        """The step."""
        weight = conv.weight.reshape(conv.made, -1).T
        if conv.stage.folded:
            weight = np.ascontiguousarray(weight)
        by_channels = threads > 1 and conv.pixels <= 64 and conv.made >= 256

        def bind(memory: Memory) -> list[Phase]:
            source = memory.image(conv.input)
            picked = source[(slice(None), *(slice(None, None, slide.stride) for slide in conv.slides))]
            if by_channels:
                return _by_channels(conv, weight, picked, memory, threads)
            return _by_rows(conv, weight, picked, memory, threads)

        prepared = weight.nbytes if conv.stage.folded else 0
        return Step(conv.stage.nodes, "product", conv.output, conv.reads(), bind, prepared=prepared)


def _by_rows(conv: Convolution, weight: np.ndarray, picked: np.ndarray, memory: Memory, threads: int) -> list[Phase]:
    width = conv.pixels // (conv.count * conv.outputs[0])
    at_once = max(1, STRIP_BYTES // (conv.dtype.itemsize * width * (conv.channels + conv.made)))
    parts = strips(conv.count, conv.outputs[0], at_once, threads)
    lists = [
        _strip(conv, weight, picked, part, memory, memory.scratch[thread])
        for part, thread in zip(parts, owners(len(parts), threads), strict=True)
    ]
    return [dealt(lists, threads)]


def _pixels(conv: Convolution, picked: np.ndarray, scratch: Scratch) -> tuple[np.ndarray, list[Call]]:
    """(P, C) of the pixels, with the calls that make it where they do not lie so or something is done to them first."""
    flat = picked.reshape(-1, conv.channels) if not conv.stage.before else None
    if flat is not None and np.may_share_memory(flat, picked):
        return flat, []
    target = scratch.take(picked.shape, conv.dtype)
    return rows(target), finished(conv.stage.before, picked, target, scratch, lambda value: target)


def _strip(
    conv: Convolution, weight: np.ndarray, picked: np.ndarray, part: Part, memory: Memory, scratch: Scratch
) -> list[Call]:
    scratch.clear()
    pixels, calls = _pixels(conv, picked[part.images, part.rows], scratch)
    target, _ = conv.parts(memory, part)
    room = conv.room(target, scratch)
    return [*calls, partial(np.matmul, pixels, weight, rows(room)), *conv.finish(memory, part, room, scratch)]


def _by_channels(
    conv: Convolution, weight: np.ndarray, picked: np.ndarray, memory: Memory, threads: int
) -> list[Phase]:
    """A large weight by few pixels: it is read once, its rows by their threads.

    That way round 49 pixels, 2048 -> 256 channels take 0.66 ms and not 0.71 (one core).
    """
    pixels, calls = _pixels(conv, picked, memory.shared)
    whole = Part(0, conv.count, 0, conv.outputs[0])
    target, _ = conv.parts(memory, whole)
    lists: Phase = []
    for thread, (start, stop) in enumerate(even_parts(conv.made, threads)):
        some = slice(start, stop)
        scratch = memory.scratch[thread]
        upright = scratch.take((stop - start, len(pixels)), conv.dtype)
        product = partial(np.matmul, weight.T[some], pixels.T, upright)
        placed = copy(rows(target)[:, some], upright.T)
        lists.append([product, placed, *conv.finish(memory, whole, target[..., some], scratch, some)])
    return [*([[calls]] if calls else []), lists]
