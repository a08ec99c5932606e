"""Random numbers that equal torch's CPU generator.

Source: ATen/core/MT19937RNGEngine.h, ATen/core/DistributionsHelper.h, ATen/native/cpu/DistributionTemplates.h.
"""

from __future__ import annotations

import math
from typing import Any

from nnbuild.lazy import np

BLOCK = 1 << 15  # numbers per step: the temporaries stay in cache (61 M float32: 0.30 s on a 2.3 GHz Xeon)


class TorchNumbers:
    """The numbers that follow one seed, exactly as torch's CPU generator gives them after `manual_seed`."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._engine: np.random.Generator | None = None
        self._spare: float | None = None  # the second normal of a pair, kept for the next small draw

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
