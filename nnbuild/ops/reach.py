"""What one element of an op's output sees of an argument: the words in which the `axes` facet speaks.

The facet answers with a dict from an argument's name to its reaches: one for each of its axes, or one word for the
whole tensor (`REORDERED`, `UNSEEN`, `WHOLE`, `Unknown`); for a list of tensors a list of these. What it leaves out is
seen whole.

    @transpose.axes
    def _(input, dim0, dim1): return {"input": (Kept(1), Kept(0))}
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from nnbuild.budget import charge
from nnbuild.limits import MAX_FOLLOWED
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.window import Slide, Spread


class Kept(NamedTuple):
    """At index i of the output's axis: index i."""

    axis: int


class Placed(NamedTuple):
    """At index i of the output's axis: index i, and what becomes of it hangs on i itself, as in a triangle's rows."""

    axis: int


class Strided(NamedTuple):
    """At index i of the output's axis: index start + step * i."""

    axis: int
    start: int
    step: int = 1


class Slid(NamedTuple):
    """At index i of the output's axis: what the window covers there."""

    axis: int
    window: Slide | Spread


class Running(NamedTuple):
    """At index i of the output's axis: the indices up to i."""

    axis: int


class Grouped(NamedTuple):
    """In each of the groups that the output's axis falls into: the same group."""

    axis: int
    groups: int


class Picked(NamedTuple):
    """At index i of the output's axis: the indices from the first to the last of `ranges[i]`, or none for None."""

    axis: int
    ranges: tuple[tuple[int, int] | None, ...]


class Part(NamedTuple):
    """Wherever in the output: the indices from `start` to before `stop`."""

    start: int
    stop: int


class Whole(NamedTuple):
    """Wherever in the output: every index."""


class Unseen(NamedTuple):
    """No value of the tensor, only its sizes."""


class Summed(NamedTuple):
    """At index i of one axis of the output and j of another: the sum of what the two words say."""

    parts: tuple[Strided, ...]


class Laid(NamedTuple):
    """One of several tensors side by side: only between `start` and `stop` of the output's axis, and there as said."""

    axis: int
    start: int
    stop: int
    reaches: tuple[Reach, ...]


class Via(NamedTuple):
    """The tensor seen in the shape `before`, the output in the shape `after`, between them as said."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    reaches: tuple[Reach, ...]


class Reordered(NamedTuple):
    """The same elements in the same row-major order, in another shape."""


class Unknown(NamedTuple):
    """What only the data tells. reason: a clause, "where it looks depends on the index"."""

    reason: str


#: Of one axis, and of a tensor: one an axis, or one for all.
Reach = Kept | Placed | Strided | Slid | Running | Grouped | Picked | Summed | Part | Whole | Unknown
Reaches = tuple[Reach, ...] | Laid | Via | Reordered | Unseen | Whole | Unknown


WHOLE, UNSEEN, REORDERED = Whole(), Unseen(), Reordered()
TOO_LONG = Unknown(f"an axis of more than {MAX_FOLLOWED:,} elements is too long to follow place by place")


def kept(input: TensorSpec) -> tuple[Reach, ...]:
    """Each element its own place."""
    return tuple(map(Kept, range(input.ndim)))


def aligned(input: TensorSpec, output: TensorSpec) -> tuple[Reach, ...]:
    """Broadcast to the output's shape, aligned at the last axis."""
    missing = output.ndim - input.ndim
    return tuple(
        Kept(axis) if size == output.shape[axis] else Part(0, 1) for axis, size in enumerate(input.shape, start=missing)
    )


def all_aligned(arguments: dict[str, Any], output: TensorSpec) -> dict[str, Reaches]:
    """Every tensor broadcast: what an element-wise op sees."""
    return {name: aligned(value, output) for name, value in arguments.items() if isinstance(value, TensorSpec)}


def mixed(input: TensorSpec, axes: Collection[int]) -> tuple[Reach, ...]:
    """Along these axes everything, along the others its own place; the shape stays."""
    return tuple(WHOLE if axis in axes else Kept(axis) for axis in range(input.ndim))


def reduced(input: TensorSpec, axes: Collection[int], keepdim: bool) -> tuple[Reach, ...]:
    """Along these axes everything, which then have size 1 or are gone."""
    left = [axis for axis in range(input.ndim) if keepdim or axis not in axes]
    return tuple(WHOLE if axis in axes else Kept(left.index(axis)) for axis in range(input.ndim))


def moved(order: Sequence[int]) -> tuple[Reach, ...]:
    """For an output whose axis i is the input's axis order[i]."""
    return tuple(Kept(place) for place in sorted(range(len(order)), key=order.__getitem__))


def slid(input: TensorSpec, windows: Sequence[Slide | Spread], *before: Reach) -> tuple[Reach, ...]:
    """Windows over the last axes; `before`, those of the axes before them, their own places unless said."""
    first = input.ndim - len(windows)
    leading = before or tuple(map(Kept, range(first)))
    return (*leading[len(leading) - first :], *(Slid(first + at, window) for at, window in enumerate(windows)))


def inserted(input: TensorSpec, axis: int) -> tuple[Reach, ...]:
    """For an output with one axis more, at `axis`."""
    return tuple(Kept(place + (place >= axis)) for place in range(input.ndim))


def picked(axis: int, ranges: Iterable[tuple[int, int] | None]) -> Picked | Unknown:
    """These indices at each index of the output's axis, as many as can be looked at one by one."""
    found = tuple(islice(ranges, MAX_FOLLOWED + 1))
    charge(len(found) // 10)
    return Picked(axis, found) if len(found) <= MAX_FOLLOWED else TOO_LONG


def taken(axis: int, places: Iterable[int]) -> Picked | Unknown:
    """One index at each index of the output's axis."""
    return picked(axis, ((place, place) for place in places))


def along(input: TensorSpec, axis: int, reach: Reach) -> tuple[Reach, ...]:
    """So along one axis, along the others its own place."""
    return tuple(reach if place == axis else Kept(place) for place in range(input.ndim))


def without(input: TensorSpec, axis: int, reach: Part | Whole) -> tuple[Reach, ...]:
    """So along one axis, which the output has not, along the others its own place."""
    return tuple(reach if place == axis else Kept(place - (place > axis)) for place in range(input.ndim))
