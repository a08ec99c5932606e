"""The random numbers of a forward pass: those that it draws by name are torch's, dropout's and the like are not.

Default weights have a generator of their own, so that drawing here never changes them.
"""

from __future__ import annotations

from nnbuild.lazy import np
from nnbuild.ops.torch_numbers import TorchNumbers

_seed = 0
_generator: np.random.Generator | None = None
_drawn: TorchNumbers | None = None


def noise() -> np.random.Generator:
    """The generator of dropout and randomized activations."""
    global _generator
    if _generator is None:
        _generator = np.random.default_rng(_seed)
    return _generator


def drawn() -> TorchNumbers:
    """The numbers that `randn` and its relatives draw: torch's after torch.manual_seed with the same seed."""
    global _drawn
    if _drawn is None:
        _drawn = TorchNumbers(_seed)
    return _drawn


def seed_noise(seed: int) -> None:
    """Start both anew: the same seed gives the same numbers."""
    global _generator, _drawn, _seed
    _generator, _drawn, _seed = None, None, seed
