"""Transposed convolution as a convolution of stride 1 that makes all outputs between two elements at once.

A product of windows of the input with a weight for the s outputs of each position: see
`nnbuild.engine.sliding.phases`. A kernel of the stride's size has windows of one element, and the pixels are multiplied
as they lie. Nothing is added up in memory, and what a product makes along the last axis follows each other in a row of
the output.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any, NamedTuple

from nnbuild.engine.forms.convolution import ConvolutionForm
from nnbuild.engine.forms.depthwise import summed
from nnbuild.engine.memory import Memory, Scratch
from nnbuild.engine.rewrite.finish import alone, finished
from nnbuild.engine.sliding.convolution import Convolution
from nnbuild.engine.sliding.phases import Axis
from nnbuild.engine.sliding.strips import Part, no_other, strip_input, strips, windows
from nnbuild.engine.step import STRIP_BYTES, Call, Phase, Step, copy, dealt, even_parts, owners, rows
from nnbuild.graph.graph import Value
from nnbuild.lazy import np
from nnbuild.ops.window import Slide

#: Outputs of a product up to which one is better for all: BLAS does 12 multiply-adds a ns for 6, 22 for 12, 45 for 64.
_NARROW = 16

#: Along each axis the number of an output at its position, None for all of them side by side.
Numbers = tuple[int | None, ...]


class Product(NamedTuple):
    """What windows are multiplied with, from their element `skip` of the first axis on, and which outputs that makes.

    weight: (groups, taps * C/groups, made); for a group a channel (*taps, W*C), as `summed` takes it.
    """

    weight: np.ndarray
    skip: int
    made: list[Numbers]


class _Phases(NamedTuple):
    """A transposed convolution as products: conv's weight is (O, C/groups, *kernel), its slides are Spreads."""

    conv: Convolution
    axes: tuple[Axis, ...]
    products: list[Product]

    @property
    def slides(self) -> tuple[Slide, ...]:
        """Of the windows over the input."""
        return tuple(axis.slide for axis in self.axes)

    @property
    def counts(self) -> tuple[int, ...]:
        """Positions along each axis."""
        return tuple(axis.count for axis in self.axes)

    def source(self, memory: Memory) -> np.ndarray:
        """The input without the elements before the first that is seen."""
        return memory.image(self.conv.input)[(slice(None), *(slice(max(0, axis.lead), None) for axis in self.axes))]


class Transposed(ConvolutionForm):
    """Strips of positions, or the products divided where the weight is larger than the pixels."""

    def takes(self, conv: Convolution) -> bool:
        """Whether it is transposed."""
        return conv.is_transposed

    def macs(self, conv: Convolution) -> int:
        """Each element of the input is multiplied with a whole kernel."""
        return conv.count * prod(conv.sizes) * prod(conv.weight.shape)

    def step_of(self, conv: Convolution, threads: int) -> Step:
        """The step."""
        spreads: tuple[Any, ...] = conv.slides
        axes = tuple(map(Axis.of, spreads, conv.sizes, conv.outputs))
        form = _Phases(conv, axes, _products(conv, axes))
        by_products = conv.count * prod(form.counts) <= 100 and len(form.products) >= threads > 1

        def bind(memory: Memory) -> list[Phase]:
            return _by_products(form, memory, threads) if by_products else _by_positions(form, memory, threads)

        name = f"{'x'.join(str(axis.s) for axis in axes)} outputs a window"
        prepared = sum(product.weight.nbytes for product in form.products)
        return Step(conv.stage.nodes, name, conv.output, conv.reads(), bind, prepared=prepared)


def _by_positions(form: _Phases, memory: Memory, threads: int) -> list[Phase]:
    conv, axes = form.conv, form.axes
    columns = prod(axis.n for axis in axes) * conv.channels
    width = prod(form.counts[1:]) * (columns + axes[-1].s * conv.made)
    parts = strips(conv.count, form.counts[0], max(1, STRIP_BYTES // (conv.dtype.itemsize * width)), threads)
    lists = []
    for part, thread in zip(parts, owners(len(parts), threads), strict=True):
        scratch = memory.scratch[thread]
        scratch.clear()
        unfolded, calls = _unfolded(form, part, memory, scratch)
        mark = scratch.used
        for product in form.products:
            scratch.used = mark
            calls += _made(form, product, unfolded, part, memory, scratch)
        lists.append(calls)
    return [dealt(lists, threads)]


def _products(conv: Convolution, axes: tuple[Axis, ...]) -> list[Product]:
    """In one group each product makes whole runs of the last axis, and a narrow one everything."""
    ordered = _ordered(conv, axes)
    merged = conv.groups == 1
    narrow = merged and axes[-1].s * conv.made < _NARROW
    made: list[Numbers] = []
    weights: list[np.ndarray] = []
    skips: list[int] = []
    for numbers in np.ndindex(*(axis.s for axis in axes[: len(axes) - merged])):
        skip = axes[0].unused(numbers[0]) if numbers and not narrow else 0
        picked = ordered[(slice(None), slice(skip, None), *(slice(None),) * len(axes), *numbers)]
        if conv.is_depthwise:
            weight = np.tile(np.moveaxis(picked[..., 0], 0, -1)[..., 0, :], axes[-1].count)
        else:
            taps = picked.shape[1 : 2 + len(axes)]
            weight = picked.reshape(conv.groups, prod(taps), prod(picked.shape[1 + len(taps) :]))
        weights.append(np.ascontiguousarray(weight))
        made.append((*numbers, *(None,) * merged))
        skips.append(skip)
    if narrow:
        return [Product(np.concatenate(weights, 2), 0, made)]
    return [Product(weight, skip, [numbers]) for weight, skip, numbers in zip(weights, skips, made, strict=True)]


def _ordered(conv: Convolution, axes: tuple[Axis, ...]) -> np.ndarray:
    """The weight as (groups, *n, C/groups, *s, O/groups): the last element of a window meets the first tap."""
    full = np.zeros((*conv.weight.shape[:2], *(axis.n * axis.s for axis in axes)), conv.dtype)
    taps: Any = (..., *(slice(axis.taps.start, axis.taps.stop, axis.taps.step) for axis in axes))
    full[taps] = conv.weight
    pairs = [size for axis in axes for size in (axis.n, axis.s)]
    split = full.reshape(conv.groups, conv.made // conv.groups, conv.channels // conv.groups, *pairs)
    elements, outputs = range(3, split.ndim, 2), range(4, split.ndim, 2)
    return np.flip(split, tuple(elements)).transpose(0, *elements, 2, *outputs, 1)


def _unfolded(form: _Phases, part: Part, memory: Memory, scratch: Scratch) -> tuple[np.ndarray, list[Call]]:
    """The windows at a strip of positions as (groups, P, taps * C/groups), and the calls that fill them.

    For a group a channel the windows themselves, which `depthwise` sums.
    """
    groups = form.conv.groups
    padded, calls = strip_input(form.source(memory), form.slides, form.counts, part, scratch, [])
    shape = part.shape(form.counts)
    view = windows(padded, form.slides, shape)
    if form.conv.is_depthwise:
        return view, calls
    if groups == 1 and padded.size == view.size and padded.flags.c_contiguous:
        return rows(padded)[None], calls
    inside = form.conv.channels // groups
    split = np.lib.stride_tricks.as_strided(
        view,
        (*view.shape[:-1], groups, inside),
        (*view.strides[:-1], inside * view.strides[-1], view.strides[-1]),
        writeable=False,
    )
    ordered = np.moveaxis(split, -2, 0)
    columns = scratch.take((groups, prod(shape), inside * prod(axis.n for axis in form.axes)), view.dtype)
    return columns, [*calls, copy(columns.reshape(ordered.shape), ordered)]


def _made(
    form: _Phases, product: Product, unfolded: np.ndarray, part: Part, memory: Memory, scratch: Scratch
) -> list[Call]:
    """Calls that multiply a strip's windows, finish the outputs and bring them to their places."""
    conv = form.conv
    shape = part.shape(form.counts)
    side = form.axes[-1].s if product.made[0][-1] is None else 1
    made = scratch.take((prod(shape), side * conv.made), conv.dtype)
    if conv.is_depthwise:
        later: Any = (*(slice(None) for _ in shape), slice(product.skip, None))
        seen = unfolded[later]
        calls = [summed(seen, product.weight, made.reshape(*shape, -1), len(form.axes))]
        return calls + _placed(form, product.made[0], made, part, memory, scratch)
    if len(product.made) == 1:
        grouped = np.moveaxis(made.reshape(len(made), conv.groups, -1), 1, 0)
        skipped = unfolded[:, :, unfolded.shape[2] - product.weight.shape[1] :]
        calls = [partial(np.matmul, skipped, product.weight, grouped)]
        return calls + _placed(form, product.made[0], made, part, memory, scratch)
    wide = scratch.take((len(made), product.weight.shape[2]), conv.dtype)
    calls = [partial(np.matmul, unfolded[0], product.weight[0], wide)]
    for numbers, piece in zip(product.made, np.split(wide, len(product.made), 1), strict=True):
        calls += [copy(made, piece), *_placed(form, numbers, made, part, memory, scratch)]
    return calls


def _placed(
    form: _Phases, numbers: Numbers, product: np.ndarray, part: Part, memory: Memory, scratch: Scratch
) -> list[Call]:
    """Calls that finish outputs and bring them to their places: what needs no other value in long runs first."""
    finishes = form.conv.finishes
    ends = [(part.start, part.stop), *((0, count) for count in form.counts[1:])]
    spans = [axis.place(*end, number) for axis, end, number in zip(form.axes, ends, numbers, strict=True)]
    made = product.reshape(*part.shape(form.counts)[:-1], -1, form.conv.made)
    inner = made[(slice(None), *(span for span, _ in spans))]
    places: Any = (part.images, *(place for _, place in spans))

    def at(value: Value) -> np.ndarray:
        placed: np.ndarray = memory.image(value)[places]
        return placed

    cut = alone(finishes)
    if 0 < cut == len(finishes) and finishes[-1].vector is None:
        cut -= 1
    calls = finished(finishes[:cut], made, made, scratch, no_other)
    return calls + finished(finishes[cut:], inner, at(form.conv.output), scratch, at)


def _by_products(form: _Phases, memory: Memory, threads: int) -> list[Phase]:
    """The windows once for all threads, then each its share of the products."""
    whole = Part(0, form.conv.count, 0, form.counts[0])
    unfolded, calls = _unfolded(form, whole, memory, memory.shared)
    lists: Phase = []
    for thread, (start, stop) in enumerate(even_parts(len(form.products), threads)):
        scratch = memory.scratch[thread]
        made: list[Call] = []
        for product in form.products[start:stop]:
            scratch.clear()
            made += _made(form, product, unfolded, whole, memory, scratch)
        lists.append(made)
    return [*([[calls]] if calls else []), lists]
