"""Random numbers that equal torch's CPU generator, drawn when they are first needed and in torch's order.

A layer built in torch draws its weights at once. Here it only queues the draw, so building a network costs nothing,
and still every weight gets the numbers of torch's eager order: whoever needs a value first runs the queue up to it.

    Generator ── the handle: seed, queue a draw, draw now
    └── Stream ── one seeded run of MT19937, with the draws that wait for it
        └── Draw ── a place in that queue, then its values
"""

from __future__ import annotations

import math
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from nnbuild.errors import OptionError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import is_complex, real
from nnbuild.ops.randomness import noise, seed_noise
from nnbuild.ops.torch_numbers import TorchNumbers

Fill = Callable[["Stream"], "np.ndarray"]

LOCK = threading.RLock()  # one for all queues and all parameters: whoever materialises, the others wait
LARGEST = {"float16": 65504.0, "float32": 3.4028234663852886e38, "float64": 1.7976931348623157e308}


class InitError(OptionError, ValueError):
    """An initialiser or a draw is given a tensor or an option that it cannot work with (a ValueError, as in torch)."""


class Stream(TorchNumbers):
    """The numbers that follow one seed, and the draws that wait for them."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._queue: deque[tuple[Fill, weakref.ref[Draw]]] = deque()

    def defer(self, fill: Fill) -> Draw:
        """Queue `fill`; it runs when its values, or those of a later draw, are asked for."""
        with LOCK:
            draw = Draw(self)
            self._queue.append((fill, weakref.ref(draw)))
            return draw

    def run(self, last: Draw) -> None:
        """Run the queue up to and including `last`. Draws that nobody holds any more only move the stream on."""
        found = False
        while not found:
            fill, ref = self._queue[0]
            values, draw = fill(self), ref()
            self._queue.popleft()
            if draw is not None:
                draw.settle(values)
            found = draw is last


class Draw:
    """Values that are still to be drawn, with their place in a stream's queue."""

    __slots__ = ("__weakref__", "_stream", "_values")

    def __init__(self, stream: Stream) -> None:
        self._stream: Stream | None = stream
        self._values: np.ndarray | None = None

    def settle(self, values: np.ndarray) -> None:
        """Take the values; the stream is not needed any more."""
        self._stream, self._values = None, values

    def value(self) -> np.ndarray:
        """The values, the same array every time; draws everything that was queued before them first."""
        with LOCK:
            if self._stream is not None:
                self._stream.run(self)
            assert self._values is not None
            return self._values


class Generator:
    """A seeded source of random numbers with the sequence of torch.Generator on the CPU.

    Params: seed, from -2**63 to 2**64 - 1; negative seeds count from 2**64 down, and only the low 32 bits matter to
    the numbers, all as in torch.
    Raises: InitError for a seed out of range, an unordered interval, a negative deviation, a dtype without fractions.
    """

    def __init__(self, seed: int = 0) -> None:
        self.manual_seed(seed)

    def manual_seed(self, seed: int) -> Generator:
        """Start anew from `seed`; draws that are queued already keep the numbers of their own seed."""
        self._stream = Stream(_checked_seed(seed))
        return self

    def initial_seed(self) -> int:
        """The seed in use, as a number from 0 to 2**64 - 1."""
        return self._stream.seed

    def defer(self, fill: Fill) -> Draw:
        """Queue a draw: `fill` gets the stream when its turn comes, and returns an array that nobody else holds."""
        return self._stream.defer(fill)

    def uniform(
        self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0, dtype: str = "float32"
    ) -> np.ndarray:
        """Draw now, after all that is queued: torch.empty(shape).uniform_(low, high)."""
        return self.defer(uniform_fill(shape, low, high, dtype)).value()

    def normal(self, shape: tuple[int, ...], mean: float = 0.0, std: float = 1.0, dtype: str = "float32") -> np.ndarray:
        """Draw now, after all that is queued: torch.empty(shape).normal_(mean, std)."""
        return self.defer(normal_fill(shape, mean, std, dtype)).value()

    def permutation(self, n: int) -> np.ndarray:
        """Draw now, after all that is queued: torch.randperm(n)."""
        return self.defer(lambda stream: stream.permutation(n)).value()


def uniform_fill(shape: tuple[int, ...], low: float, high: float, dtype: str) -> Fill:
    """A draw of uniform numbers, checked now and done later."""
    _check_dtype(dtype)
    if not low <= high:
        raise InitError(f"uniform numbers want low <= high, got low={low} and high={high}")
    if not max(-low, high, high - low) <= LARGEST[real(dtype)]:
        raise InitError(f"the interval from {low} to {high} is too wide for {dtype}")
    return _of_parts(shape, dtype, lambda stream, shape, dtype: stream.uniform(shape, low, high, dtype))


def normal_fill(shape: tuple[int, ...], mean: float, std: float, dtype: str) -> Fill:
    """A draw of normal numbers, checked now and done later."""
    _check_dtype(dtype)
    if not std >= 0:
        raise InitError(f"normal numbers want std >= 0, got {std}", option="std")
    if is_complex(dtype):
        if mean:
            raise InitError(f"complex normal numbers want mean 0, got {mean}", option="mean")
        std /= math.sqrt(2)  # of each part
    return _of_parts(shape, dtype, lambda stream, shape, dtype: stream.normal(shape, mean, std, dtype))


def _of_parts(shape: tuple[int, ...], dtype: str, draw: Callable[[Stream, tuple[int, ...], str], np.ndarray]) -> Fill:
    """A draw of real numbers, or of the parts of complex ones, in pairs."""
    if not is_complex(dtype):
        return lambda stream: draw(stream, shape, dtype)
    return lambda stream: draw(stream, (*shape, 2), real(dtype)).view(dtype)[..., 0]


def _check_dtype(dtype: str) -> None:
    if real(dtype) not in LARGEST:
        raise InitError(f"random numbers have a dtype of {', '.join(LARGEST)} or a complex one; got {dtype}")


def _checked_seed(seed: int) -> int:
    try:
        number = int(seed)
    except (TypeError, ValueError):
        raise InitError(f"a seed is a whole number, got {seed!r}", option="seed") from None
    if not -(1 << 63) <= number < 1 << 64:
        raise InitError(f"a seed lies between -2**63 and 2**64 - 1, got {number}", option="seed")
    return number % (1 << 64)


_own: ContextVar[Stream | None] = ContextVar("own", default=None)


class _DefaultGenerator(Generator):
    """The generator of all that names none. Inside `seeded` it has a stream of that thread's own."""

    @property
    def _stream(self) -> Stream:
        return _own.get() or self._shared

    @_stream.setter
    def _stream(self, stream: Stream) -> None:
        if _own.get() is None:
            self._shared = stream
        else:
            _own.set(stream)


default_generator = _DefaultGenerator(0)


def manual_seed(seed: int) -> Generator:
    """Seed the default generator, as torch.manual_seed does, and return it; and the noise of dropout and the like."""
    default_generator.manual_seed(seed)
    seed_noise(default_generator.initial_seed())
    return default_generator


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Context: as after `manual_seed`, whatever other threads draw meanwhile; they see the seed only afterwards."""
    token = _own.set(Stream(_checked_seed(seed)))
    seed_noise(default_generator.initial_seed())
    try:
        yield
    finally:
        stream = default_generator._stream
        _own.reset(token)
        default_generator._stream = stream


@contextmanager
def apart() -> Iterator[None]:
    """Context: what is drawn inside leaves the default generator's numbers as they are."""
    kept = default_generator._stream
    default_generator.manual_seed(0)
    try:
        yield
    finally:
        default_generator._stream = kept


def initial_seed() -> int:
    """The seed of the default generator."""
    return default_generator.initial_seed()


__all__ = ["Draw", "Fill", "Generator", "InitError", "default_generator", "initial_seed", "manual_seed", "noise"]
