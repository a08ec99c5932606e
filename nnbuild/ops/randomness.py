"""The random numbers of training: dropout's and randomized activations'. They are not torch's stream.

Default weights have a generator of their own, so that drawing noise never changes them.
"""

from __future__ import annotations

from nnbuild.lazy import np

_seed = 0
_generator: np.random.Generator | None = None


def noise() -> np.random.Generator:
    """The generator that ops draw from."""
    global _generator
    if _generator is None:
        _generator = np.random.default_rng(_seed)
    return _generator


def seed_noise(seed: int) -> None:
    """Start the numbers anew: the same seed gives the same ones."""
    global _generator, _seed
    _generator, _seed = None, seed
