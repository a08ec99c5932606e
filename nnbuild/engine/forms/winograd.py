"""Winograd's form: 36 multiplications for a tile of 4x4 outputs of a 3x3 kernel in place of 144, for 2x2 of 5x5 of 100.

Both axes of a transform are one matrix: the input's 36 values of a tile times a 36x36 matrix, which BLAS does faster
than the sums are done one by one.
"""

from __future__ import annotations

from functools import partial
from math import prod

from nnbuild.engine.forms.convolution import ConvolutionForm
from nnbuild.engine.memory import Memory, Scratch
from nnbuild.engine.rewrite.finish import alone, finished
from nnbuild.engine.sliding.convolution import Convolution
from nnbuild.engine.sliding.strips import Part, no_other, strip_input, strips
from nnbuild.engine.sliding.winograd_matrices import VALUES, input_matrix, kernel_matrix, output_matrix
from nnbuild.engine.sliding.winograd_tiles import blocks_of, in_tiles, runs_of_tiles, tile_of, tiles_of
from nnbuild.engine.step import STRIP_BYTES, Call, Phase, Step, copy, dealt, even_parts, owners
from nnbuild.graph.graph import Value
from nnbuild.lazy import np
from nnbuild.ops.window import Slide

#: Bytes of the transformed weight of as many output channels as a thread takes at a time in the lean form.
_AT_ONCE = 5 << 20


class Winograd(ConvolutionForm):
    """Strips of rows of tiles, or for few tiles each stage divided between the threads.

    A stage that is to be lean gets no weight of its own: each run transforms some output channels after the others.
    """

    def takes(self, conv: Convolution) -> bool:
        """Whether the kernel is 3x3 or 5x5 with stride and dilation 1, in one group."""
        if conv.kernel not in ((3, 3), (5, 5)) or conv.groups > 1 or conv.is_transposed:
            return False
        return all(slide.stride == 1 and slide.dilation == 1 for slide in conv.slides)

    def nanoseconds(self, conv: Convolution) -> float:
        """Copies, transforms of the tiles, products, the weights from memory."""
        tile, tiles = tile_of(conv), tiles_of(conv)
        inside, outside = tiles * conv.channels, tiles * conv.made
        copies = 36 * inside * 0.4 + tile * tile * outside * 0.5
        transforms = 36 * (36 * inside + tile * tile * outside) / 28
        product = 36 * inside * conv.made / (45 if tiles >= 64 else 30)
        kept = copies + transforms + product + 36 / prod(conv.kernel) * conv.weight.nbytes / 10
        return kept + (_transforming(conv) if conv.stage.lean else 0)

    def bytes_of(self, conv: Convolution) -> int:
        """The transformed weight, which is as many times larger as 36 is larger than the kernel."""
        if conv.stage.lean:
            return conv.weight.nbytes if conv.stage.folded else 0
        return conv.weight.nbytes * 36 // prod(conv.kernel)

    def step_of(self, conv: Convolution, threads: int) -> Step:
        """The step."""
        tiled = _Tiled(conv, threads)
        name = f"winograd {tiled.tile}x{tiled.tile}"
        if conv.stage.lean:
            bind, prepared = tiled.by_channels, self.bytes_of(conv)
            return Step(conv.stage.nodes, f"{name}, lean", conv.output, conv.reads(), bind, prepared=prepared)
        tiled.prepare()
        bind = tiled.divided if tiled.tiles <= 64 * threads and threads > 1 else tiled.in_strips
        return Step(conv.stage.nodes, name, conv.output, conv.reads(), bind, prepared=tiled.weight.nbytes)


def _transforming(conv: Convolution) -> float:
    """Nanoseconds for the weight in the lean form."""
    return len(blocks_of(conv)) * 36 * conv.weight.size / 15


class _Tiled:
    """A convolution in tiles."""

    def __init__(self, conv: Convolution, threads: int) -> None:
        self.conv, self.threads = conv, threads
        self.tile = tile_of(conv)
        self.tiles = tiles_of(conv)
        self.into = input_matrix().astype(conv.dtype)
        self.kernel = kernel_matrix(conv.kernel[0]).astype(conv.dtype)
        self.out_of = output_matrix(self.tile).astype(conv.dtype)
        self.weight = conv.weight

    def prepare(self) -> None:
        """The weight (O, C, k, k) as (36, C, O)."""
        wide = self.weight.transpose(2, 3, 1, 0).reshape(self.kernel.shape[1], -1)
        self.weight = (self.kernel @ wide).reshape(36, self.conv.channels, self.conv.made)

    def in_strips(self, memory: Memory) -> list[Phase]:
        """One phase: each thread takes strips from beginning to end."""
        conv = self.conv
        tile = self.tile
        at_once = max(16, 3 * STRIP_BYTES // (72 * (conv.channels + conv.made) * conv.dtype.itemsize))  # tiles
        across = -(-conv.outputs[1] // tile)
        parts = strips(conv.count, conv.outputs[0], tile * max(1, round(at_once / across)), self.threads, tile)
        pieces = -(-across // at_once)  # of a row of tiles, where not even one fits
        lists = []
        for part, thread in zip(parts, owners(len(parts), self.threads), strict=True):
            scratch = memory.scratch[thread]
            scratch.clear()
            padded, calls = self._padded(memory, part, scratch)
            mark = scratch.used
            for start, stop in even_parts(across, pieces):
                scratch.used = mark
                calls += self._block(memory, part, padded, slice(start, stop), scratch)
            lists.append(calls)
        return [dealt(lists, self.threads)]

    def _block(self, memory: Memory, part: Part, padded: np.ndarray, columns: slice, scratch: Scratch) -> list[Call]:
        """Everything for some columns of tiles of a strip."""
        conv = self.conv
        gathered, call = self._gathered(padded, part, columns, scratch)
        tiles = gathered.shape[1]
        values = scratch.take(gathered.shape, conv.dtype)
        products = scratch.take((36, tiles, conv.made), conv.dtype)
        results = scratch.take((self.tile**2, tiles, conv.made), conv.dtype)
        return [
            call,
            partial(np.matmul, self.into, gathered.reshape(36, -1), values.reshape(36, -1)),
            partial(np.matmul, values, self.weight, products),
            partial(np.matmul, self.out_of, products.reshape(36, -1), results.reshape(self.tile**2, -1)),
            *self._placed(memory, part, results, columns, scratch),
        ]

    def divided(self, memory: Memory) -> list[Phase]:
        """Transforms by rows of tiles, the products between by their 36 places: each thread reads half a weight."""
        conv, down, across = self.conv, *self._grid()
        whole = Part(0, conv.count, 0, conv.outputs[0])
        values, first = self._transformed(memory, whole)
        products = memory.shared.take((36, values.shape[1], conv.made), conv.dtype)
        second: Phase = [
            [partial(np.matmul, values[start:stop], self.weight[start:stop], products[start:stop])]
            for start, stop in even_parts(36, self.threads)
        ]
        third: Phase = []
        for thread, part in enumerate(self._halves(whole)):
            scratch = memory.scratch[thread]
            scratch.clear()
            start = (part.first * down + part.start // self.tile) * across
            count = self._rows_of_tiles(part) * across
            some = products[:, start : start + count].reshape(36, -1)
            results = scratch.take((self.tile**2, count, conv.made), conv.dtype)
            back = partial(np.matmul, self.out_of, some, results.reshape(len(results), -1))
            third.append([back, *self._placed(memory, part, results, slice(0, across), scratch)])
        return [first, second, third]

    def by_channels(self, memory: Memory) -> list[Phase]:
        """Output channels divided between the threads, as many at a time as keep their transformed weight in cache."""
        conv = self.conv
        at_once = max(1, _AT_ONCE // (36 * 16 * conv.channels * conv.dtype.itemsize)) * 16
        phases: list[Phase] = []
        for part in blocks_of(conv):
            memory.shared.clear()
            values, first = self._transformed(memory, part)
            second: Phase = []
            for thread, (start, stop) in enumerate(even_parts(conv.made, self.threads)):
                calls: list[Call] = []
                for begin in range(start, stop, at_once):
                    scratch = memory.scratch[thread]
                    scratch.clear()
                    some = slice(begin, min(begin + at_once, stop))
                    calls += self._some_channels(memory, part, values, some, scratch)
                second.append(calls)
            phases += [first, second]
        return phases

    def _some_channels(
        self, memory: Memory, part: Part, values: np.ndarray, channels: slice, scratch: Scratch
    ) -> list[Call]:
        conv, across = self.conv, self._grid()[1]
        made, tiles = channels.stop - channels.start, values.shape[1]
        raw = self.weight[channels].reshape(-1, self.kernel.shape[1])
        weight = scratch.take((36, made, conv.channels), conv.dtype)
        products = scratch.take((36, tiles, made), conv.dtype)
        results = scratch.take((self.tile**2, tiles, made), conv.dtype)
        return [
            partial(np.matmul, self.kernel, raw.T, weight.reshape(36, -1)),
            partial(np.matmul, values, weight.transpose(0, 2, 1), products),
            partial(np.matmul, self.out_of, products.reshape(36, -1), results.reshape(self.tile**2, -1)),
            *self._placed(memory, part, results, slice(0, across), scratch, channels),
        ]

    def _transformed(self, memory: Memory, whole: Part) -> tuple[np.ndarray, Phase]:
        """(36, tiles, C) of a part in shared memory, and the phase that fills it by rows of tiles."""
        conv, across = self.conv, self._grid()[1]
        counts = [self._rows_of_tiles(part) * across for part in self._halves(whole)]
        values = memory.shared.take((36, sum(counts), conv.channels), conv.dtype)
        phase: Phase = []
        start = 0
        for thread, (part, count) in enumerate(zip(self._halves(whole), counts, strict=True)):
            scratch = memory.scratch[thread]
            scratch.clear()
            padded, calls = self._padded(memory, part, scratch)
            gathered, call = self._gathered(padded, part, slice(0, across), scratch)
            into = values[:, start : start + count].reshape(36, -1)
            phase.append([*calls, call, partial(np.matmul, self.into, gathered.reshape(36, -1), into)])
            start += count
        return values, phase

    def _rows_of_tiles(self, part: Part) -> int:
        return (part.last - part.first) * -(-(part.stop - part.start) // self.tile)

    def _grid(self) -> tuple[int, int]:
        """Tiles down and across an image."""
        down, across = (-(-size // self.tile) for size in self.conv.outputs)
        return down, across

    def _halves(self, whole: Part) -> list[Part]:
        """A part of it for each thread: images, or rows of tiles of the only one."""
        if whole.last - whole.first > 1:
            images = even_parts(whole.last - whole.first, self.threads)
            return [Part(whole.first + a, whole.first + b, whole.start, whole.stop) for a, b in images]
        return [
            Part(whole.first, whole.last, whole.start + a * self.tile, min(whole.start + b * self.tile, whole.stop))
            for a, b in even_parts(self._rows_of_tiles(whole), self.threads)
        ]

    def _padded(self, memory: Memory, part: Part, scratch: Scratch) -> tuple[np.ndarray, list[Call]]:
        """The input under a strip, padded up to whole tiles, and the calls that bring it there."""
        conv, tile = self.conv, self.tile
        slides = tuple(Slide(VALUES, tile, slide.before) for slide in conv.slides)
        tiles = tuple(-(-size // tile) for size in conv.outputs)
        inner = Part(part.first, part.last, part.start // tile, -(-part.stop // tile))
        return strip_input(memory.image(conv.input), slides, tiles, inner, scratch, conv.before)

    def _gathered(self, padded: np.ndarray, part: Part, columns: slice, scratch: Scratch) -> tuple[np.ndarray, Call]:
        """(36, tiles, C): the 6x6 values under each tile of outputs, in some columns of tiles."""
        down, across = -(-(part.stop - part.start) // self.tile), columns.stop - columns.start
        images, *_, channels = padded.shape
        steps = padded.strides
        view = np.lib.stride_tricks.as_strided(
            padded[:, :, self.tile * columns.start :],
            (6, 6, images, down, across, channels),
            (steps[1], steps[2], steps[0], self.tile * steps[1], self.tile * steps[2], steps[3]),
            writeable=False,
        )
        gathered = scratch.take((36, images * down * across, channels), self.conv.dtype)
        return gathered, copy(gathered.reshape(view.shape), view)

    def _placed(
        self, memory: Memory, part: Part, results: np.ndarray, columns: slice, scratch: Scratch,
        channels: slice = slice(None),
    ) -> list[Call]:  # fmt: skip
        """Finish (tile * tile, tiles, O) and put each tile where it belongs; tiles at the edge are cut.

        What needs no other value is done before: there the numbers lie in one run.
        """
        conv, tile = self.conv, self.tile
        _, length, width = part.shape(conv.outputs)
        first = alone(conv.finishes)
        calls = finished(conv.finishes[:first], results, results, scratch, no_other, channels)
        target, other = conv.parts(memory, part)
        some = slice(columns.start * tile, min(width, columns.stop * tile))
        target = target[:, :, some, channels]
        tiles = results.reshape(tile, tile, len(target), -(-length // tile), columns.stop - columns.start, -1)
        for down, high in runs_of_tiles(length, tile):
            for across, wide in runs_of_tiles(target.shape[2], tile):
                piece = tiles[:high, :wide, :, down, across].transpose(2, 3, 0, 4, 1, 5)
                corner = target[:, down.start * tile :, across.start * tile :]
                calls.append(copy(in_tiles(corner, piece.shape, tile), piece))

        def others(value: Value) -> np.ndarray:
            return other(value)[:, :, some, channels]

        return calls + finished(conv.finishes[first:], target, target, scratch, others, channels)
