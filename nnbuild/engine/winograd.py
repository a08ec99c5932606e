"""Winograd's F(4x4, 3x3): 36 multiplications for 16 outputs of a 3x3 kernel in place of 144.

Source: Lavin and Gray, Fast algorithms for convolutional neural networks, 2015.

Both axes of a transform are one matrix: the input's 36 values of a tile times a 36x36 matrix, which BLAS does faster
than the sums are done one by one.
"""

from __future__ import annotations

from functools import partial

from nnbuild.engine.convolution import Convolution, Part, strip_input, strips
from nnbuild.engine.finish import Finish, finished
from nnbuild.engine.step import STRIP_BYTES, Call, Memory, Phase, Scratch, Step, copy, dealt, even_parts, owners
from nnbuild.graph.graph import Value
from nnbuild.lazy import np
from nnbuild.ops.window import Slide

_INPUT = (
    (4, 0, -5, 0, 1, 0), (0, -4, -4, 1, 1, 0), (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0), (0, 2, -1, -2, 1, 0), (0, 4, 0, -5, 0, 1),
)  # fmt: skip
_KERNEL = (
    (1 / 4, 0, 0), (-1 / 6, -1 / 6, -1 / 6), (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6), (1 / 24, -1 / 12, 1 / 6), (0, 0, 1),
)  # fmt: skip
_OUTPUT = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))


def fits(conv: Convolution) -> bool:
    """Whether the kernel is 3x3 with stride and dilation 1, in one group."""
    plain = all(slide.kernel == 3 and slide.stride == 1 and slide.dilation == 1 for slide in conv.slides)
    return plain and len(conv.slides) == 2 and conv.groups == 1


def winograd(conv: Convolution, threads: int) -> Step:
    """The step: strips of rows of tiles, or for few tiles each stage divided between the threads."""
    kernel = np.array(_KERNEL)
    wide = conv.weight.transpose(2, 3, 1, 0).reshape(9, -1)
    weight = (np.kron(kernel, kernel).astype(conv.dtype) @ wide).reshape(36, conv.channels, conv.made)
    form = _Form(conv, weight, threads)
    across, down = -(-conv.outputs[1] // 4), -(-conv.outputs[0] // 4)
    whole = conv.count * across * down <= 64 * threads
    bind = form.divided if whole and threads > 1 else form.in_strips
    return Step(conv.stage.nodes, "winograd 4x4", conv.output, conv.reads(), bind, prepared=weight.nbytes)


class _Form:
    def __init__(self, conv: Convolution, weight: np.ndarray, threads: int) -> None:
        self.conv, self.weight, self.threads = conv, weight, threads
        self.into = np.kron(np.array(_INPUT, float), np.array(_INPUT, float)).astype(conv.dtype)
        self.out_of = np.kron(np.array(_OUTPUT, float), np.array(_OUTPUT, float)).astype(conv.dtype)

    def in_strips(self, memory: Memory) -> list[Phase]:
        """One phase: each thread takes strips from beginning to end."""
        conv = self.conv
        tile = 72 * (conv.channels + conv.made) * conv.dtype.itemsize
        at_once = max(16, 3 * STRIP_BYTES // tile)  # tiles
        across = -(-conv.outputs[1] // 4)
        parts = strips(conv.count, conv.outputs[0], 4 * max(1, round(at_once / across)), self.threads, 4)
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
        results = scratch.take((16, tiles, conv.made), conv.dtype)
        return [
            call,
            partial(np.matmul, self.into, gathered.reshape(36, -1), values.reshape(36, -1)),
            partial(np.matmul, values, self.weight, products),
            partial(np.matmul, self.out_of, products.reshape(36, -1), results.reshape(16, -1)),
            *self._placed(memory, part, results, columns, scratch),
        ]

    def divided(self, memory: Memory) -> list[Phase]:
        """Input transform by channels, products by their 36 places, output transform by channels."""
        conv, shared = self.conv, memory.shared
        whole = Part(0, conv.count, 0, conv.outputs[0])
        down, across = (-(-size // 4) for size in conv.outputs)
        tiles = conv.count * down * across
        values = shared.take((36, tiles, conv.channels), conv.dtype)
        products = shared.take((36, tiles, conv.made), conv.dtype)
        first: Phase = []
        second: Phase = []
        third: Phase = []
        for thread, (start, stop) in enumerate(even_parts(conv.channels, self.threads)):
            scratch = memory.scratch[thread]
            scratch.clear()
            padded, calls = self._padded(memory, whole, scratch, slice(start, stop))
            gathered, call = self._gathered(padded, whole, slice(0, across), scratch)
            changed = scratch.take(gathered.shape, conv.dtype)
            change = partial(np.matmul, self.into, gathered.reshape(36, -1), changed.reshape(36, -1))
            first.append([*calls, call, change, copy(values[:, :, start:stop], changed)])
        for start, stop in even_parts(36, self.threads):
            second.append([partial(np.matmul, values[start:stop], self.weight[start:stop], products[start:stop])])
        for thread, (start, stop) in enumerate(even_parts(conv.made, self.threads)):
            scratch = memory.scratch[thread]
            scratch.clear()
            some = scratch.take((36, tiles, stop - start), conv.dtype)
            results = scratch.take((16, tiles, stop - start), conv.dtype)
            calls = [
                copy(some, products[:, :, start:stop]),
                partial(np.matmul, self.out_of, some.reshape(36, -1), results.reshape(16, -1)),
            ]
            third.append(calls + self._placed(memory, whole, results, slice(0, across), scratch, slice(start, stop)))
        return [first, second, third]

    def _padded(
        self, memory: Memory, part: Part, scratch: Scratch, channels: slice = slice(None)
    ) -> tuple[np.ndarray, list[Call]]:
        """The input under a strip, padded up to whole tiles, and the calls that bring it there."""
        conv = self.conv
        source = memory.image(conv.input)[..., channels]
        slides = tuple(Slide(6, 4, slide.before) for slide in conv.slides)  # a tile and its step
        tiles = tuple(-(-size // 4) for size in conv.outputs)
        inner = Part(part.first, part.last, part.start // 4, -(-part.stop // 4))
        before = [_of_channels(finish, channels) for finish in conv.stage.before]
        return strip_input(source, slides, tiles, inner, scratch, before)

    def _gathered(self, padded: np.ndarray, part: Part, columns: slice, scratch: Scratch) -> tuple[np.ndarray, Call]:
        """(36, tiles, C): the 6x6 values under each tile of 4x4 outputs, in some columns of tiles."""
        down, across = -(-(part.stop - part.start) // 4), columns.stop - columns.start
        images, *_, channels = padded.shape
        steps = padded.strides
        view = np.lib.stride_tricks.as_strided(
            padded[:, :, 4 * columns.start :],
            (6, 6, images, down, across, channels),
            (steps[1], steps[2], steps[0], 4 * steps[1], 4 * steps[2], steps[3]),
            writeable=False,
        )
        gathered = scratch.take((36, images * down * across, channels), self.conv.dtype)
        return gathered, copy(gathered.reshape(view.shape), view)

    def _placed(
        self,
        memory: Memory,
        part: Part,
        results: np.ndarray,
        columns: slice,
        scratch: Scratch,
        channels: slice = slice(None),
    ) -> list[Call]:
        """Finish (16, tiles, O) and put each tile where it belongs; tiles at the edge are cut."""
        conv = self.conv
        images, length, width = part.shape(conv.outputs)
        finishes, calls = list(conv.finishes), []
        if finishes and finishes[0].kind == "bias":
            calls = finished(finishes[:1], results, results, scratch, _no_other, channels)
            finishes = finishes[1:]
        target, other = conv.parts(memory, part)
        tiles = results.reshape(4, 4, images, -(-length // 4), columns.stop - columns.start, -1)
        width = min(width, 4 * columns.stop) - 4 * columns.start
        for down, high in _pieces(length):
            for across, wide in _pieces(width):
                piece = tiles[:high, :wide, :, down, across].transpose(2, 3, 0, 4, 1, 5)
                place = (slice(down.start * 4, None), slice((columns.start + across.start) * 4, None))

                def blocks(
                    array: np.ndarray, place: tuple[slice, ...] = place, shape: tuple[int, ...] = piece.shape
                ) -> np.ndarray:
                    return _blocks(array[..., channels][(slice(None), *place)], shape)

                calls += finished(finishes, piece, blocks(target), scratch, lambda v, b=blocks: b(other(v)), channels)  # type: ignore[misc]
        return calls


def _blocks(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The view (images, down, high, across, wide, C) of (images, H, W, C) in blocks four apart."""
    a, b, c, d = array.strides
    return np.lib.stride_tricks.as_strided(array, shape, (a, 4 * b, b, 4 * c, c, d))


def _pieces(length: int) -> list[tuple[slice, int]]:
    """Runs of tiles along an axis with the rows that each has: the full ones, and the last if it is cut."""
    full, rest = divmod(length, 4)
    whole = [(slice(0, full), 4)] if full else []
    return whole + ([(slice(full, full + 1), rest)] if rest else [])


def _of_channels(finish: Finish, channels: slice) -> Finish:
    return finish if finish.vector is None else finish._replace(vector=finish.vector[channels])


def _no_other(value: Value) -> np.ndarray:
    raise AssertionError("a bias adds no other value")
