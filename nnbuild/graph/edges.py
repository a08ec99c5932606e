"""Edges: for every element of a tensor the first place that it sees along one axis of a network's input.

The place is a sum: a start, and for each axis of the tensor what its index adds. An axis that a reshape joined of
several has a line for each of them, the outermost first, so that a later reshape can take it apart again.

The last place seen is kept as the edge of the negated places, so that everything here asks for the smallest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import NamedTuple

from nnbuild.graph.lines import (
    Line,
    Lost,
    Place,
    added,
    cut,
    even,
    joined,
    listed,
    over,
    product,
    roughly_cut,
    running,
    slid,
    smaller,
    spread,
    strided,
)
from nnbuild.ops.reach import Grouped, Kept, Part, Picked, Placed, Reach, Running, Slid, Strided, Summed, Unknown, Whole
from nnbuild.ops.window import Slide

Lines = tuple[Line, ...]


class Edge(NamedTuple):
    """The first place that the element at (i, j, ...) sees: start + the sum of axes[0] at i, axes[1] at j, ..."""

    start: int
    axes: tuple[Lines, ...]

    def through(self, reaches: Sequence[Reach], shape: tuple[int, ...]) -> Edge | None:
        """The edge of an output of this shape, whose elements see this tensor so; None where they see nothing of it."""
        start = self.start
        made: list[Lines] = [() for _ in shape]
        for lines, reach in zip(self.axes, reaches, strict=True):
            if isinstance(reach, Whole | Part):
                found = _seen(lines, reach)
                if found is None:
                    return None
                start += found
            elif isinstance(reach, Unknown):
                if not _flat(lines):
                    raise Lost(reach.reason)
                start += _constant(lines)
            elif isinstance(reach, Summed):
                start += _constant(lines)
                for part in reach.parts:
                    new = _along(_rising(lines), part, shape[part.axis])
                    made[part.axis] = _added(made[part.axis], new)
            else:
                made[reach.axis] = _added(made[reach.axis], _along(lines, reach, shape[reach.axis]))
        axes = tuple(lines or (even(size, 0),) for lines, size in zip(made, shape, strict=True))
        return Edge(start, axes)

    def reordered(self, shape: tuple[int, ...]) -> Edge:
        """The edge of the same elements in another shape. Raises Lost where lines would be cut."""
        lines = list(self.lines())
        start = self.start + sum(line.values[0] or 0 for line in lines if line.size == 1)
        rest = list(reversed(_merged([line for line in lines if line.size > 1])))
        axes: list[Lines] = []
        for size in shape:
            group: list[Line] = []
            wanted = size
            while wanted > 1:
                line = rest.pop()
                if line.size > wanted and line.size % wanted == 0:
                    elsewhere = (*rest, *group, *(known for lines in axes for known in lines))
                    line, inner = _parted(line, line.size // wanted, elsewhere)
                    rest.append(inner)
                if wanted % line.size:
                    if not rest:
                        raise Lost("a reshape cuts across axes")
                    rest.append(product((line, rest.pop())))
                    continue
                group.append(line)
                wanted //= line.size
            axes.append(tuple(group) or (even(size, 0),))
        return Edge(start, tuple(axes))

    def joined(self, other: Edge) -> Edge:
        """The smaller of the two at every element. Raises Lost where no sum says that."""
        if self == other:
            return self
        first, second = zip(*map(_refined, self.axes, other.axes), strict=True) if self.axes else ((), ())
        base, others = _based(self.start, first), _based(other.start, second)
        pairs = [(axis, at) for axis, lines in enumerate(base.axes) for at in range(len(lines))]
        differing = [(axis, at) for axis, at in pairs if base.axes[axis][at] != others.axes[axis][at]]
        if not differing:
            return base._replace(start=min(base.start, others.start))
        if len(differing) > 1:
            return _outer(base, others)
        (axis, at), between = differing[0], others.start - base.start
        line = smaller(base.axes[axis][at], others.axes[axis][at].shifted(between))
        return base._with_line(axis, at, line)

    def at(self, index: Sequence[int]) -> Place:
        """The first place that the element at this index sees; None for none."""
        total = self.start
        for lines, at in zip(self.axes, index, strict=True):
            for line in reversed(lines):
                at, inner = divmod(at, line.size)
                place = line.at(inner)
                if place is None:
                    return None
                total += place
        return total

    def negated(self) -> Edge:
        """Every place with its sign turned."""
        return Edge(-self.start, tuple(tuple(line.negated() for line in lines) for lines in self.axes))

    def clipped(self, bound: int) -> Edge:
        """No place before the bound; as far as one line alone leads there, or every element."""
        first, last = self.least(), self.negated().least()
        if first is None or last is None or first >= bound:
            return self
        if -last <= bound:
            return Edge(bound, tuple((even(prod(line.size for line in lines), 0),) for lines in self.axes))
        moving = [(axis, at) for axis, lines in enumerate(self.axes) for at, line in enumerate(lines) if not line.flat]
        if len(moving) > 1 or any(line.rough for line in self.lines()):
            return self
        axis, at = moving[0]
        line = self.axes[axis][at]
        lowest = bound - first + (line.least() or 0)
        return self._with_line(
            axis, at, listed([None if place is None else max(place, lowest) for place in line.all()])
        )

    def _with_line(self, axis: int, at: int, line: Line) -> Edge:
        lines = self.axes[axis]
        return self._replace(axes=(*self.axes[:axis], (*lines[:at], line, *lines[at + 1 :]), *self.axes[axis + 1 :]))

    def lines(self) -> Iterator[Line]:
        """Every line of every axis."""
        for axis in self.axes:
            yield from axis

    def least(self) -> Place:
        """The smallest place of all elements; None where nothing is seen."""
        found = [line.least() for line in self.lines()]
        return None if None in found else self.start + sum(place for place in found if place is not None)


def beside(parts: Sequence[tuple[Edge, int, int]], axis: int, size: int) -> Edge:
    """The edges of tensors that lie side by side along an axis of `size`, each from its start to its stop.

    What lies there without an edge leads nowhere. Raises Lost for edges that differ along other axes too, but for
    those that are the same all along this one: they are taken together.
    """
    if any(line.rough for edge, _, _ in parts for line in edge.axes[axis]):
        raise Lost("places that are known by blocks alone lie beside others")
    based = [_based(edge.start, [*edge.axes[:axis], *edge.axes[axis + 1 :]]) for edge, _, _ in parts]
    if any(other.axes != based[0].axes for other in based):
        if not all(_flat(edge.axes[axis]) for edge, _, _ in parts):
            raise Lost("parts that look in different ways lie side by side")
        whole = parts[0][0]
        for edge, _, _ in parts[1:]:
            whole = whole.joined(edge)
        return whole
    places: list[Place] = [None] * size
    for (edge, start, stop), own in zip(parts, based, strict=True):
        line = product(edge.axes[axis])
        for at in range(start, stop):
            place = line.at(at)
            places[at] = None if place is None else place + own.start
    axes = based[0].axes
    return Edge(0, (*axes[:axis], (listed(places),), *axes[axis:]))


def untouched(shape: Sequence[int], axis: int, step: int) -> Edge:
    """The edge of an input along one of its own axes."""
    return Edge(0, tuple((even(size, step if place == axis else 0),) for place, size in enumerate(shape)))


def _flat(lines: Lines) -> bool:
    return all(line.flat for line in lines)


def _constant(lines: Lines) -> int:
    return sum(line.values[0] or 0 for line in lines)


def _seen(lines: Lines, reach: Whole | Part) -> Place:
    if isinstance(reach, Part) and any(line.rough for line in lines):
        raise Lost("one of places that are known by blocks alone is taken")
    if isinstance(reach, Part) and not _flat(lines):
        line = product(lines)
        return over(line, [(reach.start, reach.stop - 1)]).at(0) if reach.stop > reach.start else None
    found = [line.least() for line in lines]
    return None if None in found else sum(place for place in found if place is not None)


def _along(lines: Lines, reach: Reach, size: int) -> Lines:
    """The lines of the output's axis, of so many elements."""
    if isinstance(reach, Kept | Placed) or (isinstance(reach, Strided) and _is_all(reach, lines, size)):
        return lines
    if any(line.rough for line in lines):
        raise Lost("some of places that are known by blocks alone are taken")
    if _flat(lines) and not (isinstance(reach, Picked) and None in reach.ranges):
        return (even(size, 0, _constant(lines)),)
    line = product(lines)
    if isinstance(reach, Strided):
        return (strided(line, size, reach.start, reach.step),)
    if isinstance(reach, Slid):
        window = reach.window
        return (slid(line, size, window) if isinstance(window, Slide) else spread(line, size, window),)
    if isinstance(reach, Running):
        return (running(line),)
    if isinstance(reach, Grouped):
        inside, outside = line.size // reach.groups, size // reach.groups
        return (over(line, [(at // outside * inside, (at // outside + 1) * inside - 1) for at in range(size)]),)
    assert isinstance(reach, Picked)
    return (over(line, reach.ranges),)


def _is_all(reach: Strided, lines: Lines, size: int) -> bool:
    return (reach.start, reach.step) == (0, 1) and size == prod(line.size for line in lines)


def _rising(lines: Lines) -> Lines:
    """The even line through 0 that these are besides their constant; only such a one is the sum of its parts."""
    line = product(lines)
    if len(line.values) > 1 or line.shift is None:
        raise Lost("places that do not lie evenly are added up")
    return (even(line.size, line.shift),)


def _added(known: Lines, new: Lines) -> Lines:
    """Two axes of a tensor that one axis of the output runs along."""
    if not known:
        return new
    return (added(product(known), product(new)),)


def _parted(line: Line, minor: int, others: Iterable[Line]) -> tuple[Line, Line]:
    """The line cut in two.

    One that is not the sum of two gives its smallest place to every index, if it is along other axes that what is seen
    moves: channels are seen together. Else every block gives its own, to be looked at whole.
    """
    parts = cut(line, minor)
    if parts is None and any(other.shift for other in others):
        flat = even(line.size, 0, line.least() or 0)
        parts = cut(flat, minor)
    return parts or roughly_cut(line, minor)


def _merged(lines: Sequence[Line]) -> list[Line]:
    """The lines with those that follow each other evenly as one."""
    merged: list[Line] = []
    for line in lines:
        one = joined(merged[-1], line) if merged else None
        if one is None:
            merged.append(line)
        else:
            merged[-1] = one
    return merged


def _refined(first: Lines, second: Lines) -> tuple[Lines, Lines]:
    """Both axes cut into lines of the same counts."""
    if [line.size for line in first] == [line.size for line in second]:
        return first, second
    left, right = list(reversed(first)), list(reversed(second))
    made: tuple[list[Line], list[Line]] = ([], [])
    while left and right:
        one, two = left.pop(), right.pop()
        size = min(one.size, two.size)
        for line, lines, rest in ((one, made[0], left), (two, made[1], right)):
            parts = (line,) if line.size == size else cut(line, line.size // size) if line.size % size == 0 else None
            if parts is None:
                return (product(first),), (product(second),)
            lines.append(parts[0])
            rest.extend(parts[1:])
    return tuple(made[0]), tuple(made[1])


def _based(start: int, axes: Sequence[Lines]) -> Edge:
    """With lines that begin at 0, so that equal ones are equal."""
    based = []
    for lines in axes:
        firsts = [line.values[0] or 0 for line in lines]
        start += sum(firsts)
        based.append(tuple(line.shifted(-first) for line, first in zip(lines, firsts, strict=True)))
    return Edge(start, tuple(based))


def _outer(first: Edge, second: Edge) -> Edge:
    """The one that is the smaller everywhere, or what is the smaller once all along an axis is taken together.

    Raises Lost where it is neither.
    """
    for one, two in ((first, second), (second, first)):
        if difference(two, one) >= 0:
            return one
    lows = (first.least(), second.least())
    axes = [_moving(first, second), _moving(second, first)]
    if set(axes[0]) & set(axes[1]) or None in lows or any(line.rough for line in (*first.lines(), *second.lines())):
        raise Lost("paths that run along different axes meet")
    lower = min((low, -max(along), at) for at, (low, along) in enumerate(zip(lows, axes, strict=True)) if along)[2]
    return _taken_together((first, second)[lower], axes[lower])


def _moving(edge: Edge, other: Edge) -> list[int]:
    """The axes along which the edge moves, and not as the other does."""
    return [axis for axis, lines in enumerate(edge.axes) if lines != other.axes[axis] and not _flat(lines)]


def _taken_together(edge: Edge, along: Sequence[int]) -> Edge:
    """The smallest place of all along these axes; once all are looked at, no other path's is smaller."""
    axes = list(edge.axes)
    for axis in along:
        axes[axis] = tuple(even(line.size, 0, line.least() or 0)._replace(rough=True) for line in axes[axis])
    return edge._replace(axes=tuple(axes))


def difference(first: Edge, second: Edge) -> int:
    """The least of first - second over all elements; of edges with lines of the same counts."""
    found = first.start - second.start
    for one, two in zip(first.lines(), second.lines(), strict=True):
        places = [a - b for a, b in zip(*_periods(one, two), strict=True) if a is not None and b is not None]
        found += min(places, default=0)
    return found


def _periods(one: Line, two: Line) -> tuple[Sequence[Place], Sequence[Place]]:
    if one.shift is not None and one.shift == two.shift and len(one.values) == len(two.values):
        return one.values[: one.size], two.values[: two.size]
    return one.all(), two.all()


def refined(first: Edge, second: Edge) -> tuple[Edge, Edge]:
    """The two with lines of the same counts."""
    pairs = [_refined(one, two) for one, two in zip(first.axes, second.axes, strict=True)]
    return first._replace(axes=tuple(one for one, _ in pairs)), second._replace(axes=tuple(two for _, two in pairs))
