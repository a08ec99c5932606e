"""Pooling, one axis after the other, by shifted slices of whole pixels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod

from nnbuild.engine.forms.form import Form
from nnbuild.engine.layout import Layout
from nnbuild.engine.memory import Memory, Scratch
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.engine.sliding.strips import Part, strip_input, strips
from nnbuild.engine.step import STRIP_BYTES, Call, Phase, Step, dealt, owners
from nnbuild.lazy import np
from nnbuild.ops.adaptive_pooling import adaptive_avg_pool
from nnbuild.ops.pooling import avg_pool, max_pool
from nnbuild.ops.window import Slide

#: Elements below which handing work to another thread costs more than it saves.
ALONE = 1 << 18


class Pooling(Form):
    """Strips of rows."""

    def fits(self, stage: Stage) -> bool:
        """Whether this is the largest or the average of windows of a batch of images, without indices."""
        if stage.kind not in (max_pool, avg_pool, adaptive_avg_pool) or not stage.is_float:
            return False
        if stage.nodes[0].returns_many or stage.input.ndim != stage.args["axes"] + 2:
            return False
        return _windows(stage) is not None

    def slides(self, stage: Stage) -> Sequence[Slide] | None:
        """The op's own, unless averages at the edges count what a strip does not know."""
        if stage.kind is adaptive_avg_pool:
            return None
        averages_padding = stage.kind is avg_pool and any(slide.before or slide.ceil for slide in stage.slides)
        return None if averages_padding else stage.slides

    def needs_channels_last(self, stage: Stage) -> bool:
        """Always."""
        return True

    def step(self, stage: Stage, layout: Layout, threads: int) -> Step:
        """The step."""
        slides = _windows(stage)
        assert slides is not None
        factor = None if stage.kind is max_pool else _factor(stage, slides)
        source, output = stage.input, stage.output
        outputs = output.shape[2:]

        def bind(memory: Memory) -> list[Phase]:
            row = source.numel() // (source.shape[0] * outputs[0]) * np.dtype(output.dtype).itemsize
            small = source.numel() < ALONE
            parts = strips(source.shape[0], outputs[0], max(1, STRIP_BYTES // max(1, 2 * row)), 1 if small else threads)
            lists = [
                _strip(memory, stage, slides, factor, part, memory.scratch[thread])
                for part, thread in zip(parts, owners(len(parts), threads), strict=True)
            ]
            return [dealt(lists, threads)]

        return Step(stage.nodes, "axis by axis", output, [source], bind)


def _windows(stage: Stage) -> tuple[Slide, ...] | None:
    """How the window moves over each axis; None for adaptive pooling with windows of several sizes."""
    if stage.kind is not adaptive_avg_pool:
        return stage.slides
    pairs = list(zip(stage.input.shape[2:], stage.output.shape[2:], strict=True))
    if any(not out or size % out for size, out in pairs):
        return None
    return tuple(Slide(size // out, size // out) for size, out in pairs)


def _strip(
    memory: Memory, stage: Stage, slides: tuple[Slide, ...], factor: np.ndarray | None, part: Part, scratch: Scratch
) -> list[Call]:
    scratch.clear()
    source, target = memory.image(stage.args["input"]), memory.image(stage.output)[part.images, part.rows]
    combine, fill = (np.maximum, -np.inf) if factor is None else (np.add, 0)
    outputs = stage.output.shape[2:]
    current, calls = strip_input(source, slides, outputs, part, scratch, [], fill)
    shape = part.shape(outputs)
    for axis, slide in enumerate(slides, start=1):
        last = axis == len(slides)
        length = shape[axis]
        taps = [
            current[(*(slice(None),) * axis, slice(at, at + (length - 1) * slide.stride + 1, slide.stride))]
            for at in range(0, slide.extent, slide.dilation)
        ]
        if last:
            result = target
        else:
            result = scratch.take((*current.shape[:axis], length, *current.shape[axis + 1 :]), current.dtype)
        if len(taps) == 1:
            if last:
                calls.append(partial(np.copyto, result, taps[0]))
            else:
                result = taps[0]
        else:
            calls.append(partial(combine, taps[0], taps[1], out=result))
            calls += [partial(combine, result, tap, out=result) for tap in taps[2:]]
        current = result
    if factor is not None:
        part_of = factor if factor.ndim == 0 else factor[:, part.rows]
        calls.append(partial(np.multiply, target, part_of, target))
    return calls


def _factor(stage: Stage, slides: tuple[Slide, ...]) -> np.ndarray:
    """What each sum is multiplied with: one number, or (1, *outputs, 1), read off the op's averages of ones."""
    if stage.kind is adaptive_avg_pool:
        return np.array(1 / prod(slide.kernel for slide in slides), stage.output.dtype)
    node = stage.nodes[0]
    source = stage.args["input"]
    ones = np.ones((1, 1, *source.shape[2:]), np.float64)
    averages = node.op.kernel(**{**stage.args, "input": ones})
    taps = np.ones(())
    for slide, size, out in zip(slides, source.shape[2:], stage.output.shape[2:], strict=True):
        starts = np.arange(out) * slide.stride - slide.before
        inside = np.minimum(starts + slide.kernel, size) - np.maximum(starts, 0)
        taps = taps[..., None] * inside
    factor = averages[0, 0] / taps
    if np.all(factor == factor.flat[0]):
        return np.array(factor.flat[0], stage.output.dtype)
    places: np.ndarray = factor[None, ..., None].astype(stage.output.dtype)
    return places
