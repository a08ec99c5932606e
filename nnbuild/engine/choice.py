"""Which form of convolution is the fastest: a small model of their costs."""

from __future__ import annotations

from math import prod

from nnbuild.engine import depthwise, pointwise, pooling, unfold, winograd
from nnbuild.engine.convolution import Convolution
from nnbuild.engine.fusion import Stage
from nnbuild.engine.step import Step

#: Multiply-adds below which handing work to another thread costs more than it saves: of products, of taps.
_ALONE, _ALONE_TAPS = 1 << 21, 1 << 18


def windowed(stage: Stage, threads: int) -> Step:
    """The step for a stage whose window slides: a convolution or a pool."""
    conv = Convolution.of(stage) if stage.kind.startswith("conv") else None
    return pooling.pool(stage, threads) if conv is None else convolution(conv, threads)


def convolution(conv: Convolution, threads: int) -> Step:
    """The step for a convolution."""
    macs = conv.pixels * prod(conv.weight.shape)
    if macs < (_ALONE_TAPS if depthwise.fits(conv) else _ALONE):
        threads = 1
    if pointwise.fits(conv):
        return pointwise.pointwise(conv, threads)
    if depthwise.fits(conv):
        return depthwise.depthwise(conv, threads)
    if winograd.fits(conv) and _by_winograd(conv) < _by_unfolding(conv):
        return winograd.winograd(conv, threads)
    return unfold.unfold(conv, threads)


def _by_unfolding(conv: Convolution) -> float:
    """Nanoseconds on one core: the copy of the windows, the product, the weights from memory."""
    taps = prod(conv.weight.shape[1:])
    return conv.pixels * taps * 0.4 + conv.pixels * taps * conv.made / 45 + conv.weight.nbytes / 10


def _by_winograd(conv: Convolution) -> float:
    tile = winograd.tile_of(conv)
    tiles = conv.count * prod(-(-size // tile) for size in conv.outputs)
    inside, outside = tiles * conv.channels, tiles * conv.made
    copies = 36 * inside * 0.4 + tile * tile * outside * 0.5
    transforms = 36 * (36 * inside + tile * tile * outside) / 28
    product = 36 * inside * conv.made / (45 if tiles >= 64 else 30)
    return copies + transforms + product + 36 / prod(conv.kernel) * conv.weight.nbytes / 10
