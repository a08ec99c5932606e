"""Random numbers that equal torch's CPU generator, drawn when they are first needed and in torch's order.

A layer built in torch draws its weights at once. Here it only queues the draw, so building a network costs nothing,
and still every weight gets the numbers of torch's eager order: whoever needs a value first runs the queue up to it.

    Generator ── the handle: seed, queue a draw, draw now
    └── Stream ── one seeded run of MT19937, with the draws that wait for it
        └── Draw ── a place in that queue, then its values

Source: ATen/core/MT19937RNGEngine.h, ATen/core/DistributionsHelper.h, ATen/native/cpu/DistributionTemplates.h.
"""

from __future__ import annotations

import math
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nnbuild.errors import OptionError
from nnbuild.lazy import np
from nnbuild.ops.randomness import noise, seed_noise

Fill = Callable[["Stream"], "np.ndarray"]

LOCK = threading.RLock()  # one for all queues and all parameters: whoever materialises, the others wait
BLOCK = 1 << 15  # numbers per step: the temporaries stay in cache (61 M float32: 0.30 s on a 2.3 GHz Xeon)
LARGEST = {"float16": 65504.0, "float32": 3.4028234663852886e38, "float64": 1.7976931348623157e308}


class InitError(OptionError, ValueError):
    """An initialiser or a draw is given a tensor or an option that it cannot work with (a ValueError, as in torch)."""


class Stream:
    """The numbers that follow one seed, exactly as torch's CPU generator gives them after `manual_seed`."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._engine: np.random.Generator | None = None
        self._spare: float | None = None  # the second normal of a pair, kept for the next small draw
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

    def words(self, count: int) -> np.ndarray:
        """The next `count` 32-bit words."""
        if self._engine is None:
            state: Any = np.random.RandomState(self.seed & 0xFFFFFFFF).get_state()
            engine = np.random.MT19937(0)
            engine.state = state
            self._engine = np.random.Generator(engine)
        return self._engine.integers(0, 1 << 32, count, dtype=np.uint32)

    def uniform(
        self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0, dtype: str = "float32"
    ) -> np.ndarray:
        """Numbers in [low, high): 24 random bits each, 53 (of two words) in float64, scaled by one multiply-add."""
        work = _work_dtype(dtype)
        digits = 53 if work is np.float64 else 24
        first, scale = float(work(low)), float(work(high) - work(low)) * 2.0**-digits
        values, largest = np.empty(math.prod(shape), work), np.empty(1, work)
        for start in range(0, values.size, BLOCK):
            part = values[start : start + BLOCK]
            _multiply_add(self._integers(part.size, digits), scale, first, part)
        values, end = values.astype(dtype, copy=False), np.dtype(dtype).type(high)
        _multiply_add(np.array([(1 << digits) - 1]), scale, first, largest)
        if largest.astype(dtype)[0] == end:
            values[values == end] = low  # torch's answer to rounding up to the open end
        return values.reshape(shape)

    def normal(self, shape: tuple[int, ...], mean: float = 0.0, std: float = 1.0, dtype: str = "float32") -> np.ndarray:
        """Normal numbers by Box and Muller: in blocks of 16 from 16 numbers on, one by one below."""
        values = np.empty(math.prod(shape), dtype)
        if values.size < 16:
            values[:] = [self._next_normal() * std + mean for _ in range(values.size)]
            return values.reshape(shape)
        work, rest = _work_dtype(dtype), values.size % 16
        for start in range(0, values.size - rest, BLOCK):
            part = values[start : min(start + BLOCK, values.size - rest)]
            part[:] = _box_muller(self.uniform(part.shape, dtype=work.__name__), mean, std)
        if rest:
            if dtype != "float16":
                self.uniform((rest,), dtype=dtype)  # torch draws the ragged end, then draws the last 16 anew
            values[-16:] = _box_muller(self.uniform((16,), dtype=work.__name__), mean, std)
        return values.reshape(shape)

    def permutation(self, n: int, head: int | None = None) -> np.ndarray:
        """The numbers 0..n-1 shuffled as by torch.randperm, or only the first `head` of them (same stream)."""
        head = n if head is None else head
        order = list(range(n))
        words = self.words(max(n - 1, 0))[:head].tolist()
        for i, word in enumerate(words):
            j = i + word % (n - i)
            order[i], order[j] = order[j], order[i]
        return np.array(order[:head], np.int64)

    def _integers(self, count: int, digits: int) -> np.ndarray:
        if digits == 24:
            words = self.words(count)
            words &= (1 << 24) - 1
            return words
        high, low = self.words(2 * count).astype(np.uint64).reshape(count, 2).T
        return (high << 32 | low) & ((1 << 53) - 1)

    def _next_normal(self) -> float:
        if self._spare is not None:
            sample, self._spare = self._spare, None
            return sample
        angle, distance = self.uniform((2,), dtype="float64").tolist()
        radius = math.sqrt(-2.0 * math.log1p(-distance))
        self._spare = radius * math.sin(2.0 * math.pi * angle)
        return radius * math.cos(2.0 * math.pi * angle)


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
    if not max(-low, high, high - low) <= LARGEST[dtype]:
        raise InitError(f"the interval from {low} to {high} is too wide for {dtype}")
    return lambda stream: stream.uniform(shape, low, high, dtype)


def normal_fill(shape: tuple[int, ...], mean: float, std: float, dtype: str) -> Fill:
    """A draw of normal numbers, checked now and done later."""
    _check_dtype(dtype)
    if not std >= 0:
        raise InitError(f"normal numbers want std >= 0, got {std}", option="std")
    return lambda stream: stream.normal(shape, mean, std, dtype)


def _check_dtype(dtype: str) -> None:
    if dtype not in LARGEST:
        raise InitError(f"random numbers have a dtype of {', '.join(LARGEST)}; got {dtype}")


def _checked_seed(seed: int) -> int:
    try:
        number = int(seed)
    except (TypeError, ValueError):
        raise InitError(f"a seed is a whole number, got {seed!r}", option="seed") from None
    if not -(1 << 63) <= number < 1 << 64:
        raise InitError(f"a seed lies between -2**63 and 2**64 - 1, got {number}", option="seed")
    return number % (1 << 64)


def _work_dtype(dtype: str) -> type[np.floating]:
    return np.float64 if dtype == "float64" else np.float32


def _multiply_add(x: np.ndarray, scale: float, shift: float, out: np.ndarray) -> None:
    """out = x * scale + shift, rounded once, as the fused instruction in torch's loops does it."""
    product = np.multiply(x, scale, dtype=np.float64)
    if out.dtype != np.float64 or max(abs(scale), abs(shift)) > 1e290:  # beyond, the splitting below overflows
        np.add(product, shift, out=out, casting="same_kind")
        return
    (x_high, x_low), (scale_high, scale_low) = _halves(x.astype(np.float64)), _halves(np.array(scale))
    lost = ((x_high * scale_high - product) + x_high * scale_low + x_low * scale_high) + x_low * scale_low
    total = product + shift
    back = total - product
    out[:] = total + ((product - (total - back)) + (shift - back) + lost)


def _halves(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two numbers of 26 bits each that add up to x (Veltkamp), so that their products are exact."""
    big = x * 134217729.0
    high = big - (big - x)
    return high, x - high


def _box_muller(uniforms: np.ndarray, mean: float, std: float) -> np.ndarray:
    """Normal numbers from as many uniform ones; of every 16, the first 8 give radii and the last 8 angles."""
    work = uniforms.dtype.type
    distance, angle = uniforms.reshape(-1, 2, 8).swapaxes(0, 1)
    radius = np.sqrt(-2 * np.log(1 - distance, dtype=np.float64).astype(work))
    angle = work(2 * math.pi) * angle
    normals = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)
    _multiply_add(normals, float(work(std)), float(work(mean)), normals)
    return normals


default_generator = Generator(0)


def manual_seed(seed: int) -> Generator:
    """Seed the default generator, as torch.manual_seed does, and return it; and the noise of dropout and the like."""
    default_generator.manual_seed(seed)
    seed_noise(default_generator.initial_seed())
    return default_generator


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
