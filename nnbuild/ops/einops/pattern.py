"""Patterns: names of axes, groups in parentheses, an ellipsis, and 1 for an axis of one element."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from nnbuild.errors import ShapeError

ELLIPSIS = "..."

#: An axis: its name, the ellipsis, or for one without a name its place and its length.
Axis = str | tuple[int, int]


class EinopsError(ShapeError):
    """A pattern, or a tensor that it does not fit."""


class Side(NamedTuple):
    """One side of a pattern. Params: groups, the axes in each place; one alone is a group of its own."""

    text: str
    groups: tuple[tuple[Axis, ...], ...]

    @property
    def axes(self) -> list[Axis]:
        """All of them, in order."""
        return [axis for group in self.groups for axis in group]

    @property
    def has_ellipsis(self) -> bool:
        """Whether `...` is among them."""
        return ELLIPSIS in self.axes


@lru_cache(1024)
def side(text: str, first: int = 0) -> Side:
    """One side of a pattern, parsed. Params: first, the number of its first axis without a name."""
    groups: list[tuple[Axis, ...]] = []
    group: list[Axis] | None = None
    for place, word in enumerate(_words(text)):
        if word == "(":
            if group is not None:
                raise EinopsError(f"has parentheses in parentheses in {text.strip()!r}")
            group = []
        elif word == ")":
            if group is None:
                raise EinopsError(f"has a ) without a ( in {text.strip()!r}")
            groups.append(tuple(group))
            group = None
        else:
            axes = _axes(word, first + place, text)
            if group is None:
                groups.append(axes)
            else:
                group += axes
    if group is not None:
        raise EinopsError(f"has a ( without a ) in {text.strip()!r}")
    made = Side(text.strip(), tuple(groups))
    for axis in made.axes:
        if made.axes.count(axis) > 1:
            raise EinopsError(f"has the axis {axis} twice in {text.strip()!r}")
    return made


def _words(text: str) -> Iterator[str]:
    for mark in ("(", ")", ELLIPSIS):
        text = text.replace(mark, f" {mark} ")
    yield from text.split()


def _axes(word: str, place: int, text: str) -> tuple[Axis, ...]:
    """The axes that a word stands for: of 1 none."""
    if word == ELLIPSIS:
        return (word,)
    if word.isdecimal():
        if int(word) == 0:
            raise EinopsError(f"has an axis of 0 elements in {text.strip()!r}")
        return () if int(word) == 1 else ((place, int(word)),)
    if "." in word:
        raise EinopsError(f"has dots in {text.strip()!r} that are no ellipsis (...)")
    if not is_name(word):
        raise EinopsError(f"has {word!r} in {text.strip()!r}, which is no name of an axis")
    return (word,)


def is_name(word: str) -> bool:
    """Whether the word may name an axis."""
    return word.isidentifier() and word[0] != "_" and word[-1] != "_"


@lru_cache(1024)
def sides(pattern: str) -> tuple[Side, Side]:
    """Both sides of 'left -> right'."""
    if pattern.count("->") != 1:
        raise EinopsError("wants one -> between what comes in and what goes out")
    left, right = pattern.split("->")
    return side(left), side(right, first=1_000)


def shown(axis: Axis) -> str:
    """The axis as it is written."""
    return axis if isinstance(axis, str) else str(axis[1])


def parse_shape(x: Any, pattern: str) -> dict[str, int]:
    """The sizes of a tensor by the names in a pattern, where `_` stands for an axis without one."""
    names = pattern.split()
    if len(names) != len(x.shape):
        raise EinopsError(f"parse_shape wants {len(names)} axes for {pattern!r} and gets {tuple(x.shape)}")
    return {name: int(size) for name, size in zip(names, x.shape, strict=True) if name != "_" and not name.isdecimal()}
