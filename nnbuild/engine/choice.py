"""Which form of convolution is the fastest: a small model of their costs."""

from __future__ import annotations

from math import prod

from nnbuild.engine import depthwise, pointwise, pooling, transposed, unfold, winograd, winograd_tiles
from nnbuild.engine.convolution import Convolution
from nnbuild.engine.fusion import Stage
from nnbuild.engine.step import Step
from nnbuild.ops.window import Spread

#: Multiply-adds below which handing work to another thread costs more than it saves: of products, of taps.
_ALONE, _ALONE_TAPS = 1 << 21, 1 << 18


def economise(stages: list[Stage], budget: int) -> None:
    """Keep the prepared weights within so many bytes: stages whose larger form gains least for a byte become lean."""
    found = [conv for stage in stages if stage.kind.startswith("conv") and (conv := Convolution.of(stage))]
    room = budget - sum(map(_least, found))
    growing = [conv for conv in found if _gains(conv)]
    for conv in sorted(growing, key=lambda conv: (_by_winograd(conv) - _by_lean(conv)) / _growth(conv)):
        conv.stage.lean = _growth(conv) > room
        room -= 0 if conv.stage.lean else _growth(conv)


def windowed(stage: Stage, threads: int) -> Step:
    """The step for a stage whose window slides: a convolution or a pool."""
    conv = Convolution.of(stage) if stage.kind.startswith("conv") else None
    if conv is None:
        return pooling.pool(stage, threads)
    step = convolution(conv, threads)
    conv.forget()
    return step


def convolution(conv: Convolution, threads: int) -> Step:
    """The step for a convolution."""
    if isinstance(conv.slides[0], Spread):
        return _transposed(conv, threads)
    macs = conv.pixels * prod(conv.weight.shape)
    if macs < (_ALONE_TAPS if depthwise.fits(conv) else _ALONE):
        threads = 1
    if pointwise.fits(conv):
        return pointwise.pointwise(conv, threads)
    if depthwise.fits(conv):
        return depthwise.depthwise(conv, threads)
    if _gains(conv, conv.stage.lean):
        return winograd.winograd(conv, threads)
    return unfold.unfold(conv, threads)


def _gains(conv: Convolution, lean: bool = False) -> bool:
    """Whether Winograd's form is the faster one. Params: lean, with the weight transformed in each run."""
    if not winograd.fits(conv):
        return False
    return _by_winograd(conv) + (_transforming(conv) if lean else 0) < _by_unfolding(conv)


def _by_lean(conv: Convolution) -> float:
    return min(_by_unfolding(conv), _by_winograd(conv) + _transforming(conv))


def _least(conv: Convolution) -> int:
    """Bytes for the weight without a larger form."""
    as_it_is = pointwise.fits(conv) or _gains(conv, lean=True)
    return 0 if as_it_is and not conv.stage.folded else conv.weight.nbytes


def _growth(conv: Convolution) -> int:
    """Bytes by which Winograd's form of the weight is the larger one."""
    return conv.weight.nbytes * 36 // prod(conv.kernel) - _least(conv)


def _transposed(conv: Convolution, threads: int) -> Step:
    ordinary = transposed.as_convolution(conv)
    if ordinary is not None:
        step = convolution(ordinary, threads)
        ordinary.forget()
        return step
    small = conv.count * prod(conv.sizes) * prod(conv.weight.shape) < _ALONE
    return transposed.transposed(conv, 1 if small else threads)


def _by_unfolding(conv: Convolution) -> float:
    """Nanoseconds on one core: the copy of the windows, the product, the weights from memory."""
    taps = prod(conv.weight.shape[1:])
    return conv.pixels * taps * 0.4 + conv.pixels * taps * conv.made / 45 + conv.weight.nbytes / 10


def _by_winograd(conv: Convolution) -> float:
    tile, tiles = winograd_tiles.tile_of(conv), winograd_tiles.tiles_of(conv)
    inside, outside = tiles * conv.channels, tiles * conv.made
    copies = 36 * inside * 0.4 + tile * tile * outside * 0.5
    transforms = 36 * (36 * inside + tile * tile * outside) / 28
    product = 36 * inside * conv.made / (45 if tiles >= 64 else 30)
    return copies + transforms + product + 36 / prod(conv.kernel) * conv.weight.nbytes / 10


def _transforming(conv: Convolution) -> float:
    """Nanoseconds for the weight in the lean form."""
    return len(winograd_tiles.blocks_of(conv)) * 36 * conv.weight.size / 15
