"""What a pattern does to a tensor of one shape: worked out once, with every check, and kept."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal, NamedTuple

from nnbuild.ops.einops.pattern import ELLIPSIS, Axis, EinopsError, Side, is_name, shown, sides

Kind = Literal["rearrange", "reduce", "repeat"]

#: Sizes of axes by name, in a form that can be kept.
Lengths = tuple[tuple[str, int], ...]


class Plan(NamedTuple):
    """The steps, each of them None where it changes nothing.

    Params: split, the shape with every axis apart; order, of the axes that stay, then of those that are reduced;
    reduced, their places; spread, the shape with the new axes, their places having size 1 before; repeated, that shape
    with them repeated; joined, the shape in the end.
    """

    split: tuple[int, ...] | None
    order: tuple[int, ...] | None
    reduced: tuple[int, ...]
    spread: tuple[int, ...] | None
    repeated: tuple[int, ...] | None
    joined: tuple[int, ...] | None


@lru_cache(4096)
def planned(kind: Kind, pattern: str, shape: tuple[int, ...], lengths: Lengths) -> Plan:
    """The plan for a tensor of this shape. Raises EinopsError with the pattern, the shape and the lengths."""
    try:
        return _plan(kind, pattern, shape, dict(lengths))
    except EinopsError as error:
        said = "".join(f", {name}={length}" for name, length in lengths)
        whole = EinopsError(f"{pattern!r} of {shape}{said} {error.statement}")
        whole.subject = kind
        raise whole from None


def _plan(kind: Kind, pattern: str, shape: tuple[int, ...], lengths: dict[str, int]) -> Plan:
    left, right = sides(pattern)
    _check_names(kind, left, right, lengths)
    groups = _groups(left, shape)
    sizes = _sizes(groups, shape, lengths, right)
    inside, outside = _spelled(left, groups), _spelled(right, groups)
    stay = [axis for axis in outside if axis in inside]
    gone = [axis for axis in inside if axis not in outside]
    order = tuple(inside.index(axis) for axis in (*stay, *gone))
    split = tuple(sizes[axis] for axis in inside)
    spread = tuple(sizes[axis] if axis in inside else 1 for axis in outside)
    repeated = tuple(sizes[axis] for axis in outside)
    joined = tuple(math.prod(sizes[axis] for axis in group) for group in _groups_out(right, groups))
    kept = tuple(sizes[axis] for axis in stay)
    return Plan(
        None if split == shape else split,
        None if order == tuple(range(len(order))) else order,
        tuple(range(len(stay), len(order))),
        None if spread == kept else spread,
        None if repeated == spread else repeated,
        None if joined == repeated else joined,
    )


def _check_names(kind: Kind, left: Side, right: Side, lengths: dict[str, int]) -> None:
    inside, outside = set(left.axes), set(right.axes)
    if ELLIPSIS in outside and ELLIPSIS not in inside:
        raise EinopsError("has an ellipsis on the right alone")
    if any(ELLIPSIS in group and len(group) > 1 for group in left.groups) or not _is_alone(left):
        raise EinopsError("has an ellipsis in parentheses on the left")
    for name in lengths:
        if not is_name(name):
            raise EinopsError(f"has no axis of the name {name!r}")
        if name not in inside | outside:
            raise EinopsError(f"is given a length for {name}, which the pattern has not")
    if kind == "rearrange":
        unnamed = [axis for axis in (*left.axes, *right.axes) if not isinstance(axis, str)]
        if unnamed:
            raise EinopsError(f"has an axis of {shown(unnamed[0])} without a name; only 1 needs none")
        _refuse(inside ^ outside, "has {} on one side alone")
    elif kind == "reduce":
        _refuse(outside - inside, "has {} on the right alone")
    else:
        _refuse(inside - outside, "has {} on the left alone")
        new: set[Axis] = {axis for axis in outside - inside if isinstance(axis, str) and axis not in lengths}
        _refuse(new, "wants the length of {}, which is new")


def _refuse(axes: set[Axis], statement: str) -> None:
    if axes:
        raise EinopsError(statement.format(", ".join(sorted(map(shown, axes)))))


#: The axes of each of the tensor's own, those of an ellipsis by number.
Groups = list[tuple[Axis, ...]]


def _hidden(count: int) -> list[Axis]:
    return [(-place - 1, 0) for place in range(count)]


def _groups(left: Side, shape: tuple[int, ...]) -> Groups:
    wanted = len(left.groups) - left.has_ellipsis
    if len(shape) < wanted or (len(shape) > wanted and not left.has_ellipsis):
        least = "at least " if left.has_ellipsis else ""
        raise EinopsError(f"wants a tensor of {least}{wanted} axes and gets one of {len(shape)}")
    found: Groups = []
    for group in left.groups:
        found += [(axis,) for axis in _hidden(len(shape) - wanted)] if group == (ELLIPSIS,) else [group]
    return found


def _of_ellipsis(groups: Groups) -> list[Axis]:
    return [axis for group in groups for axis in group if not isinstance(axis, str) and axis[0] < 0]


def _spelled(one: Side, groups: Groups) -> list[Axis]:
    """All axes, those of the ellipsis among them."""
    found: list[Axis] = []
    for axis in one.axes:
        found += _of_ellipsis(groups) if axis == ELLIPSIS else [axis]
    return found


def _groups_out(right: Side, groups: Groups) -> Groups:
    found: Groups = []
    for group in right.groups:
        if group == (ELLIPSIS,) and _is_alone(right):
            found += [(axis,) for axis in _of_ellipsis(groups)]
        else:
            found.append(tuple(own for axis in group for own in (_of_ellipsis(groups) if axis == ELLIPSIS else [axis])))
    return found


def _is_alone(right: Side) -> bool:
    """Whether the ellipsis stands outside parentheses: in them its axes are joined."""
    return "(...)" not in right.text.replace(" ", "")


def _sizes(groups: Groups, shape: tuple[int, ...], lengths: dict[str, int], right: Side) -> dict[Axis, int]:
    sizes: dict[Axis, int] = dict(lengths.items())
    for axis in [axis for group in groups for axis in group] + right.axes:
        if not isinstance(axis, str) and axis[0] >= 0:
            sizes[axis] = axis[1]
    for group, size in zip(groups, shape, strict=True):
        unknown = [axis for axis in group if axis not in sizes]
        known = math.prod(sizes[axis] for axis in group if axis in sizes)
        names = " ".join(map(shown, group))
        if len(unknown) > 1:
            raise EinopsError(f"cannot tell {' and '.join(map(shown, unknown))} in ({names}) from an axis of {size}")
        if unknown and (not known or size % known):
            raise EinopsError(f"cannot divide an axis of {size} into ({names}), {known} for what is known")
        if unknown:
            sizes[unknown[0]] = size // known
        elif known != size:
            raise EinopsError(f"has {known} elements in {f'({names})' if group else '1'} and gets an axis of {size}")
    return sizes
