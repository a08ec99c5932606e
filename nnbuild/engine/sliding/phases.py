"""Transposed convolution along one axis: which outputs a window of the input makes, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass

from nnbuild.ops.window import Slide, Spread


@dataclass(frozen=True)
class Axis:
    """An axis on which each position makes s outputs from a window of n elements.

    The element at i lays its tap m*s + r down at i*s + m*s + r, of which `before` are cut off: so the outputs
    p*s + r - before of a position p come from the elements p - n + 1 to p.
    """

    s: int
    n: int
    first: int  # the position of the first output
    count: int  # positions
    before: int
    out: int
    taps: range  # where the taps of one element lie

    @classmethod
    def of(cls, spread: Spread, size: int, out: int) -> Axis:
        """Of a single element all outputs are one position's, whatever the stride."""
        s = spread.stride if size > 1 else max(spread.stride, spread.extent)
        first = spread.before // s
        count = (spread.before + out - 1) // s + 1 - first
        taps = range(0, spread.extent, spread.dilation)
        return cls(s, -(-spread.extent // s), first, count, spread.before, out, taps)

    @property
    def lead(self) -> int:
        """Where in the input the first window begins: in the padding where negative."""
        return self.first - self.n + 1

    @property
    def slide(self) -> Slide:
        """The windows over the input from its first element that is seen."""
        return Slide(self.n, 1, max(0, -self.lead))

    def unused(self, number: int) -> int:
        """Elements at the beginning of a window that no tap brings to output r = number of the position."""
        return next((at for at in range(self.n) if (self.n - 1 - at) * self.s + number in self.taps), self.n)

    def place(self, start: int, stop: int, number: int | None) -> tuple[slice, slice]:
        """Of the outputs r = number of positions start to stop, those that are not cut off, and their places.

        For number None of all outputs of these positions, side by side.
        """
        s, offset = (1, -self.before) if number is None else (self.s, number - self.before)
        each = self.s if number is None else 1
        start, stop = (self.first + start) * each, (self.first + stop) * each
        low = max(start, -(offset // s))
        high = max(low, min(stop, (self.out - 1 - offset) // s + 1))
        return slice(low - start, high - start), slice(low * s + offset, max(0, (high - 1) * s + offset + 1), s)
