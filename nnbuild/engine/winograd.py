"""Winograd's form: 36 multiplications for a tile of 4x4 outputs of a 3x3 kernel in place of 144, for 2x2 of 5x5 of 100.

Source: Lavin and Gray, Fast algorithms for convolutional neural networks, 2015; the points are 0, 1, -1, 2, -2, inf.

Both axes of a transform are one matrix: the input's 36 values of a tile times a 36x36 matrix, which BLAS does faster
than the sums are done one by one.
"""

from __future__ import annotations

from functools import partial
from math import prod

from nnbuild.engine.convolution import Convolution, Part, no_other, strip_input, strips
from nnbuild.engine.finish import finished
from nnbuild.engine.step import STRIP_BYTES, Call, Memory, Phase, Scratch, Step, copy, dealt, even_parts, owners
from nnbuild.lazy import np
from nnbuild.ops.window import Slide

_POINTS = (0, 1, -1, 2, -2)
_VALUES = 6  # of the input under a tile, along each axis

_INPUT = (
    (4, 0, -5, 0, 1, 0), (0, -4, -4, 1, 1, 0), (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0), (0, 2, -1, -2, 1, 0), (0, 4, 0, -5, 0, 1),
)  # fmt: skip


def _kernel_matrix(size: int) -> np.ndarray:
    """(6, size): a kernel as a polynomial at the points, and at infinity its last coefficient."""
    scale = [prod(point - other for other in _POINTS if other != point) for point in _POINTS]
    rows = [[point**power / whole for power in range(size)] for point, whole in zip(_POINTS, scale, strict=True)]
    return np.array([*rows, [0] * (size - 1) + [1]])


def _output_matrix(tile: int) -> np.ndarray:
    """(tile, 6): the transposed form of the same."""
    return np.array([[*(point**power for point in _POINTS), int(power == tile - 1)] for power in range(tile)], float)


def tile_of(conv: Convolution) -> int:
    """Outputs of a tile along each axis."""
    return _VALUES + 1 - conv.kernel[0]


def fits(conv: Convolution) -> bool:
    """Whether the kernel is 3x3 or 5x5 with stride and dilation 1, in one group."""
    plain = conv.kernel in ((3, 3), (5, 5)) and all(slide.stride == 1 and slide.dilation == 1 for slide in conv.slides)
    return plain and conv.groups == 1


def winograd(conv: Convolution, threads: int) -> Step:
    """The step: strips of rows of tiles, or for few tiles each stage divided between the threads."""
    size, tile = conv.kernel[0], tile_of(conv)
    kernel = _kernel_matrix(size)
    wide = conv.weight.transpose(2, 3, 1, 0).reshape(size * size, -1)
    weight = (np.kron(kernel, kernel).astype(conv.dtype) @ wide).reshape(36, conv.channels, conv.made)
    form = _Form(conv, weight, threads)
    whole = conv.count * prod(-(-length // tile) for length in conv.outputs) <= 64 * threads
    bind = form.divided if whole and threads > 1 else form.in_strips
    return Step(conv.stage.nodes, f"winograd {tile}x{tile}", conv.output, conv.reads(), bind, prepared=weight.nbytes)


class _Form:
    def __init__(self, conv: Convolution, weight: np.ndarray, threads: int) -> None:
        self.conv, self.weight, self.threads = conv, weight, threads
        self.into = np.kron(np.array(_INPUT, float), np.array(_INPUT, float)).astype(conv.dtype)
        self.tile = tile_of(conv)
        self.out_of = np.kron(_output_matrix(self.tile), _output_matrix(self.tile)).astype(conv.dtype)

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
        conv, shared = self.conv, memory.shared
        down, across = (-(-size // self.tile) for size in conv.outputs)
        every = slice(0, across)
        values = shared.take((36, conv.count * down * across, conv.channels), conv.dtype)
        products = shared.take((36, conv.count * down * across, conv.made), conv.dtype)
        first: Phase = []
        third: Phase = []
        for thread, part in enumerate(self._halves(down)):
            scratch = memory.scratch[thread]
            scratch.clear()
            start = (part.first * down + part.start // self.tile) * across
            padded, calls = self._padded(memory, part, scratch)
            gathered, call = self._gathered(padded, part, every, scratch)
            some = slice(start, start + gathered.shape[1])
            into = values[:, some].reshape(36, -1)
            first.append([*calls, call, partial(np.matmul, self.into, gathered.reshape(36, -1), into)])
            scratch.clear()
            results = scratch.take((self.tile**2, gathered.shape[1], conv.made), conv.dtype)
            back = partial(np.matmul, self.out_of, products[:, some].reshape(36, -1), results.reshape(len(results), -1))
            third.append([back, *self._placed(memory, part, results, every, scratch)])
        second: Phase = [
            [partial(np.matmul, values[start:stop], self.weight[start:stop], products[start:stop])]
            for start, stop in even_parts(36, self.threads)
        ]
        return [first, second, third]

    def _halves(self, down: int) -> list[Part]:
        """A part of the output for each thread: images, or rows of tiles of the only one."""
        conv = self.conv
        if conv.count > 1:
            return [Part(*images, 0, conv.outputs[0]) for images in even_parts(conv.count, self.threads)]
        return [
            Part(0, 1, start * self.tile, min(stop * self.tile, conv.outputs[0]))
            for start, stop in even_parts(down, self.threads)
        ]

    def _padded(self, memory: Memory, part: Part, scratch: Scratch) -> tuple[np.ndarray, list[Call]]:
        """The input under a strip, padded up to whole tiles, and the calls that bring it there."""
        conv, tile = self.conv, self.tile
        slides = tuple(Slide(_VALUES, tile, slide.before) for slide in conv.slides)
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

    def _placed(self, memory: Memory, part: Part, results: np.ndarray, columns: slice, scratch: Scratch) -> list[Call]:
        """Finish (tile * tile, tiles, O) and put each tile where it belongs; tiles at the edge are cut.

        What needs no other value is done before: there the numbers lie in one run.
        """
        conv, tile = self.conv, self.tile
        _, length, width = part.shape(conv.outputs)
        alone = next((at for at, finish in enumerate(conv.finishes) if finish.kind == "add"), len(conv.finishes))
        calls = finished(conv.finishes[:alone], results, results, scratch, no_other)
        target, other = conv.parts(memory, part)
        some = slice(columns.start * tile, min(width, columns.stop * tile))
        target = target[:, :, some]
        tiles = results.reshape(tile, tile, len(target), -(-length // tile), columns.stop - columns.start, -1)
        for down, high in _pieces(length, tile):
            for across, wide in _pieces(target.shape[2], tile):
                piece = tiles[:high, :wide, :, down, across].transpose(2, 3, 0, 4, 1, 5)
                corner = target[:, down.start * tile :, across.start * tile :]
                calls.append(copy(_blocks(corner, piece.shape, tile), piece))
        return calls + finished(conv.finishes[alone:], target, target, scratch, lambda value: other(value)[:, :, some])


def _blocks(array: np.ndarray, shape: tuple[int, ...], tile: int) -> np.ndarray:
    """The view (images, down, high, across, wide, C) of (images, H, W, C) in tiles."""
    a, b, c, d = array.strides
    return np.lib.stride_tricks.as_strided(array, shape, (a, tile * b, b, tile * c, c, d))


def _pieces(length: int, tile: int) -> list[tuple[slice, int]]:
    """Runs of tiles along an axis with the rows that each has: the full ones, and the last if it is cut."""
    full, rest = divmod(length, tile)
    whole = [(slice(0, full), tile)] if full else []
    return whole + ([(slice(full, full + 1), rest)] if rest else [])
