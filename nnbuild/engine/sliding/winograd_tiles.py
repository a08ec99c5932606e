"""The tiles of outputs that Winograd's form makes: their size, number and place."""

from __future__ import annotations

from math import prod

from nnbuild.engine.sliding.convolution import Convolution
from nnbuild.engine.sliding.strips import Part, strips
from nnbuild.engine.sliding.winograd_matrices import VALUES
from nnbuild.lazy import np

#: Bytes of the transformed input that the lean form keeps at a time.
_AT_ONCE = 6 << 20


def tile_of(conv: Convolution) -> int:
    """Outputs of a tile along each axis."""
    return VALUES + 1 - conv.kernel[0]


def tiles_of(conv: Convolution) -> int:
    """Tiles in the whole batch."""
    return conv.count * prod(-(-size // tile_of(conv)) for size in conv.outputs)


def blocks_of(conv: Convolution) -> list[Part]:
    """What the lean form takes at a time: its transformed values are kept, the weight is transformed for each anew."""
    tile = tile_of(conv)
    row = -(-conv.outputs[1] // tile) * conv.channels * 36 * conv.dtype.itemsize
    return strips(conv.count, conv.outputs[0], max(1, _AT_ONCE // row) * tile, 1, tile)


def in_tiles(array: np.ndarray, shape: tuple[int, ...], tile: int) -> np.ndarray:
    """The view (images, down, high, across, wide, C) of (images, H, W, C) in tiles."""
    a, b, c, d = array.strides
    return np.lib.stride_tricks.as_strided(array, shape, (a, tile * b, b, tile * c, c, d))


def runs_of_tiles(length: int, tile: int) -> list[tuple[slice, int]]:
    """Runs of tiles along an axis with the rows that each has: the full ones, and the last if it is cut."""
    full, rest = divmod(length, tile)
    whole = [(slice(0, full), tile)] if full else []
    return whole + ([(slice(full, full + 1), rest)] if rest else [])
