"""Lines: which place of a network's input an index of one axis leads to, as functions that need no list of all indices.

A line repeats: after `len(values)` indices it is the same, moved by `shift`. A convolution's is one value that moves
by the stride; a transposed convolution's has a value for each phase of its stride. Where nothing repeats, as behind a
roll, `shift` is None and the values are all there are; None among them is an index that leads nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import gcd, lcm
from typing import NamedTuple

from nnbuild.budget import charge
from nnbuild.limits import MAX_FOLLOWED
from nnbuild.ops.window import Slide, Spread

Place = int | None

#: Indices of an axis that are looked at one by one; past that the line is lost.
_MOST = MAX_FOLLOWED


class Lost(Exception):  # noqa: N818 - no fault: what is lost is shown as a dash with this reason
    """What cannot be followed, with the reason as a clause."""


class Line(NamedTuple):
    """A function of the indices below `size`.

    rough: the places are the smallest of each block's and not each index's own, until the blocks are looked at whole.
    """

    size: int
    values: tuple[Place, ...]
    shift: int | None
    rough: bool = False

    def at(self, index: int) -> Place:
        """The place, also of an index in the padding where the line repeats."""
        if self.shift is None:
            return self.values[index] if 0 <= index < self.size else None
        turns, phase = divmod(index, len(self.values))
        place = self.values[phase]
        return None if place is None else place + turns * self.shift

    @property
    def flat(self) -> bool:
        """Whether all indices lead to one place."""
        return self.shift == 0 and len(self.values) == 1

    def all(self) -> tuple[Place, ...]:
        """The places of all indices. Raises Lost for too many."""
        if self.size > _MOST:
            raise Lost(f"an axis of {self.size} elements is too long to follow place by place")
        charge(self.size // 10)
        return self.values if self.shift is None else tuple(map(self.at, range(self.size)))

    def least(self) -> Place:
        """The smallest place of all; None where every index leads nowhere."""
        if self.shift is None:
            return least(self.values)
        period = len(self.values)
        ends = [(self.size - 1 - phase) // period * min(0, self.shift) for phase in range(min(period, self.size))]
        return least(None if place is None else place + end for place, end in zip(self.values, ends, strict=False))

    def negated(self) -> Line:
        """The places with their signs turned."""
        values = tuple(None if place is None else -place for place in self.values)
        return self._replace(values=values, shift=None if self.shift is None else -self.shift)

    def shifted(self, by: int) -> Line:
        """Every place moved."""
        return self._replace(values=tuple(None if place is None else place + by for place in self.values))


def least(places: Iterable[Place]) -> Place:
    """The smallest of those that are there."""
    return min((place for place in places if place is not None), default=None)


def even(count: int, step: int, start: int = 0) -> Line:
    """From `start`, `step` further with each index."""
    return Line(count, (start,), step)


def listed(values: Sequence[Place]) -> Line:
    """These places; as an even line where they are even."""
    places = tuple(values)
    first, second = (*places, None, None)[:2]
    if first is not None and all(place == first for place in places):
        return even(len(places), 0, first)
    if first is not None and second is not None and len(places) > 2:
        step = second - first
        if all(place == first + step * index for index, place in enumerate(places)):
            return even(len(places), step, first)
    return Line(len(places), places, None)


def repeating(count: int, values: Sequence[Place], shift: int) -> Line:
    """The line of these values, with the shortest list that says it."""
    if len(values) > count:
        return listed(values[:count])
    first = values[0]
    if len(values) > 1 and first is not None and shift % len(values) == 0:
        step = shift // len(values)
        if all(place == first + step * index for index, place in enumerate(values)):
            return even(count, step, first)
    if shift == 0 and all(place == first for place in values):
        return Line(count, (first,), 0)
    return Line(count, tuple(values), shift)


def strided(line: Line, count: int, start: int, step: int) -> Line:
    """Index i of the new line is index start + step * i of the old."""
    if line.shift is None or start < 0 or start + step * (count - 1) < 0:
        return listed([line.at(start + step * index) for index in range(_few(count))])
    period = len(line.values) // gcd(len(line.values), step)
    _few(period)
    shift = line.shift * (period * step) // len(line.values)
    return repeating(count, [line.at(start + step * index) for index in range(period)], shift)


def slid(line: Line, count: int, window: Slide) -> Line:
    """The first place that the window covers, at each of its `count` positions; in the padding the line goes on."""
    if line.flat:
        return line._replace(size=count)
    taps = range(0, window.extent, window.dilation)
    if len(line.values) == 1 and line.shift is not None:
        taps = range(0, window.extent, max(1, window.extent - 1))

    def covered(position: int) -> Place:
        begin = position * window.stride - window.before
        return least(line.at(begin + tap) for tap in taps)

    if line.shift is None:
        _few(count * len(taps))
        return listed([covered(position) for position in range(count)])
    period = len(line.values) // gcd(len(line.values), window.stride)
    _few(period * len(taps))
    shift = line.shift * period * window.stride // len(line.values)
    return repeating(count, [covered(position) for position in range(period)], shift)


def spread(line: Line, count: int, window: Spread) -> Line:
    """The first place of the inputs that are laid down at each of `count` outputs."""

    def laid(output: int) -> Place:
        reach = output + window.before
        inputs = (divmod(reach - tap * window.dilation, window.stride) for tap in range(window.kernel))
        return least(line.at(index) for index, rest in inputs if not rest)

    if line.shift is None:
        _few(count * window.kernel)
        return listed([laid(output) for output in range(count)])
    _few(len(line.values) * window.stride * window.kernel)
    return repeating(count, [laid(output) for output in range(len(line.values) * window.stride)], line.shift)


def running(line: Line) -> Line:
    """The first place of all indices up to each."""
    if len(line.values) == 1 and line.shift is not None:
        return even(line.size, min(0, line.shift), line.values[0] or 0) if line.values[0] is not None else line
    found: list[Place] = []
    for place in line.all():
        found.append(least((*found[-1:], place)))
    return listed(found)


def over(line: Line, ranges: Sequence[tuple[int, int] | None]) -> Line:
    """The first place of the indices in each range, both ends included; None is no index."""
    if line.flat and None not in ranges:
        return line._replace(size=len(ranges))

    even_line = len(line.values) == 1 and line.shift is not None
    _few(len(ranges) if even_line else sum(ends[1] - ends[0] + 1 for ends in ranges if ends))

    def found(first: int, last: int) -> Place:
        if even_line:  # it rises or falls all the way
            return least((line.at(first), line.at(last)))
        return least(map(line.at, range(first, last + 1)))

    return listed([None if ends is None else found(*ends) for ends in ranges])


def cut(line: Line, minor: int) -> tuple[Line, Line] | None:
    """The line as the sum of one over blocks of `minor` indices and one inside a block; None if it is no such sum."""
    blocks, period = line.size // minor, len(line.values)
    if line.shift is not None and minor % period == 0:
        inner = Line(minor, line.values, line.shift, line.rough)
        return even(blocks, line.shift * minor // period)._replace(rough=line.rough), inner
    places = line.all()
    first = places[0]
    if first is not None and None not in places and not line.rough:
        outer = [places[block * minor] or 0 for block in range(blocks)]
        within = [(place or 0) - first for place in places[:minor]]
        if all(place == outer[index // minor] + within[index % minor] for index, place in enumerate(places)):
            return listed(outer), listed(within)
    return None


def roughly_cut(line: Line, minor: int) -> tuple[Line, Line]:
    """The smallest place of each block, for every index in it."""
    places = line.all()
    blocks = [least(places[start : start + minor]) for start in range(0, line.size, minor)]
    return listed(blocks), even(minor, 0)._replace(rough=True)


def joined(outer: Line, inner: Line) -> Line | None:
    """One even line in place of two that follow each other, or None."""
    if outer.size == 1 or inner.size == 1 or outer.rough or inner.rough:
        return None
    if outer.flat and inner.flat:
        return even(outer.size * inner.size, 0, (outer.values[0] or 0) + (inner.values[0] or 0))
    if len(outer.values) == 1 and outer.shift is not None and inner.shift is not None:
        period = len(inner.values)
        if inner.size % period == 0 and outer.shift * period == inner.shift * inner.size and not outer.flat:
            return Line(outer.size * inner.size, inner.values, inner.shift).shifted(outer.values[0] or 0)
    return None


def product(lines: Sequence[Line]) -> Line:
    """The sum of the lines as one over their joint index, the last moving fastest."""
    whole = lines[0] if lines else even(1, 0)
    for line in lines[1:]:
        one = joined(whole, line)
        if one is None and line.flat and len(whole.values) == 1 and whole.shift is not None:
            _few(line.size)
            one = repeating(whole.size * line.size, [_sum(whole.values[0], line.values[0])] * line.size, whole.shift)
        if one is None:
            _few(whole.size * line.size)
            one = listed([_sum(outer, inner) for outer in whole.all() for inner in line.all()])
        whole = one
    return whole._replace(rough=any(line.rough for line in lines))


def _sum(first: Place, second: Place) -> Place:
    return None if first is None or second is None else first + second


def added(first: Line, second: Line) -> Line:
    """The sum of the two at each index."""
    if first.rough or second.rough:
        raise Lost("places that are known by blocks alone are added up")
    if first.shift is None or second.shift is None:
        return listed(list(map(_sum, first.all(), second.all())))
    period = _few(lcm(len(first.values), len(second.values)))
    shift = first.shift * period // len(first.values) + second.shift * period // len(second.values)
    return repeating(first.size, [_sum(first.at(index), second.at(index)) for index in range(period)], shift)


def _sharper(sharp: Line, rough: Line) -> Line:
    """Places no larger than the smallest of their block are the smaller ones, whatever the block's others are."""
    for place, bound in zip(sharp.all(), rough.all(), strict=True):
        if bound is not None and (place is None or place > bound):
            raise Lost("places that are known by blocks alone meet others")
    return sharp


def smaller(first: Line, second: Line) -> Line:
    """The smaller of the two at each index; it goes on repeating where both rise alike."""
    if first.rough != second.rough:
        return _sharper(*((second, first) if first.rough else (first, second)))
    if first.shift is not None and second.shift is not None:
        period = _few(lcm(len(first.values), len(second.values)))
        shift = first.shift * period // len(first.values)
        if shift == second.shift * period // len(second.values):
            values = [least((first.at(index), second.at(index))) for index in range(period)]
            return repeating(first.size, values, shift)._replace(rough=first.rough)
    return listed([least(pair) for pair in zip(first.all(), second.all(), strict=True)])._replace(rough=first.rough)


def _few(count: int) -> int:
    if count > _MOST:
        raise Lost(f"{count} places are too many to follow one by one")
    charge(count // 2)
    return count
