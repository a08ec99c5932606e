"""Strips: parts of an output, and what of the input lies under them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from nnbuild.engine.memory import Scratch
from nnbuild.engine.rewrite.finish import Finish, finished
from nnbuild.engine.step import Call
from nnbuild.graph.graph import Value
from nnbuild.lazy import np
from nnbuild.ops.window import Slide


@dataclass(frozen=True)
class Part:
    """A strip of the output: some images, and some of their rows along the first axis."""

    first: int
    last: int
    start: int
    stop: int

    @property
    def images(self) -> slice:
        """Along the batch."""
        return slice(self.first, self.last)

    @property
    def rows(self) -> slice:
        """Along the first axis of space."""
        return slice(self.start, self.stop)

    def shape(self, outputs: tuple[int, ...]) -> tuple[int, ...]:
        """Images, rows and the other axes of the output."""
        return (self.last - self.first, self.stop - self.start, *outputs[1:])


def strips(count: int, length: int, at_once: int, threads: int, multiple: int = 1) -> list[Part]:
    """Parts of at most about so many rows: whole images where several fit, else rows of one image.

    Params: count, images; length, rows of each; multiple, of which each part's rows are one but for the last.
    """
    total = count * length
    at_once = max(multiple, min(at_once, -(-total // threads)))
    if at_once >= length:
        images = max(1, min(at_once // length, -(-count // threads)))
        return [Part(first, min(first + images, count), 0, length) for first in range(0, count, images)]
    pieces = -(-length // at_once)
    if count == 1:
        pieces = -(-pieces // threads) * threads
    height = -(-length // pieces)
    height = -(-height // multiple) * multiple
    return [
        Part(image, image + 1, start, min(start + height, length))
        for image in range(count)
        for start in range(0, length, height)
    ]


def _edges(slides: tuple[Slide, ...], sizes: tuple[int, ...], outputs: tuple[int, ...]) -> list[tuple[int, int]]:
    """Padding that the windows really reach, before and after each axis."""
    return [
        (slide.before, max(0, (out - 1) * slide.stride + slide.extent - slide.before - size))
        for slide, size, out in zip(slides, sizes, outputs, strict=True)
    ]


def strip_input(
    source: np.ndarray, slides: tuple[Slide, ...], outputs: tuple[int, ...], part: Part, scratch: Scratch,
    before: list[Finish], fill: float = 0,
) -> tuple[np.ndarray, list[Call]]:  # fmt: skip
    """The rows of the input under a strip of the output, padded, and the calls that bring them there.

    Nothing is copied where there is no padding and nothing to do first.
    """
    sizes = source.shape[1:-1]
    edges = _edges(slides, sizes, outputs)
    top = part.start * slides[0].stride - slides[0].before
    bottom = (part.stop - 1) * slides[0].stride + slides[0].extent - slides[0].before
    inner = source[part.images, max(top, 0) : min(bottom, sizes[0])]
    edges[0] = (max(0, -top), max(0, bottom - sizes[0]))
    if not any(map(any, edges)) and not before:
        return inner, []
    shape = (inner.shape[0], *(a + n + b for (a, b), n in zip(edges, inner.shape[1:-1], strict=True)), inner.shape[-1])
    padded = scratch.take(shape, source.dtype)
    calls: list[Call] = []
    for axis, (ahead, behind) in enumerate(edges, start=1):
        lead = (slice(None),) * axis
        ends = (slice(0, ahead), slice(shape[axis] - behind, shape[axis]))
        calls += [partial(padded[(*lead, end)].fill, fill) for end in ends if end.start != end.stop]
    middle = tuple(slice(a, a + n) for (a, _), n in zip(edges, inner.shape[1:-1], strict=True))
    target = padded[(slice(None), *middle)]
    return padded, calls + finished(before, inner, target, scratch, no_other)


def no_other(value: Value) -> np.ndarray:
    """For finishes that add no other value."""
    raise AssertionError("an input's own finishes add no other value")


def windows(padded: np.ndarray, slides: tuple[Slide, ...], shape: tuple[int, ...]) -> np.ndarray:
    """A view (images, *outputs, *kernel, C) of a padded strip."""
    steps = padded.strides[1:-1]
    view: np.ndarray = np.lib.stride_tricks.as_strided(
        padded,
        (*shape, *(slide.kernel for slide in slides), padded.shape[-1]),
        (
            padded.strides[0],
            *(step * slide.stride for step, slide in zip(steps, slides, strict=True)),
            *(step * slide.dilation for step, slide in zip(steps, slides, strict=True)),
            padded.strides[-1],
        ),
        writeable=False,
    )
    return view
