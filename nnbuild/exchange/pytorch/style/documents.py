"""Documents: texts with places where a line may break, and the lines that they become within a width.

A group is one line if that fits, counted up to the next place behind it where a line may break; else all its own places
break, and the groups inside decide anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

WIDTH = 88
INDENT = 4


class Line(NamedTuple):
    """A place where a line may break. Params: flat, what stands there otherwise."""

    flat: str = ""


class Row(NamedTuple):
    """One behind the other."""

    inside: tuple[Document, ...]


class Group(NamedTuple):
    """What breaks together."""

    inside: tuple[Document, ...]


class Indent(NamedTuple):
    """What is indented by one level where it breaks."""

    inside: tuple[Document, ...]


class IfBroken(NamedTuple):
    """A text that is there only where its group breaks."""

    text: str


class First(NamedTuple):
    """The first of these that fits, each of its lines within the width; else the last."""

    choices: tuple[Document, ...]


Document: TypeAlias = "str | Line | Row | Group | Indent | IfBroken | First"

SOFT, SPACE = Line(), Line(" ")

#: An entry of what is still to be printed: a document, its indentation, whether the places in it break.
_Entry = tuple[Document, int, bool]


def row(*parts: Document) -> Row:
    return Row(parts)


def group(*parts: Document) -> Group:
    return Group(parts)


def indent(*parts: Document) -> Indent:
    return Indent(parts)


def joined(separator: Iterable[Document], parts: Iterable[Document]) -> list[Document]:
    """The parts with the separator between them."""
    between, documents = list(separator), list[Document]()
    for part in parts:
        documents += [*between, part] if documents else [part]
    return documents


def text(parts: Iterable[Document], level: int = 0) -> str:
    """The lines of the parts, the first from the indentation on and written without it."""
    return _Printer(level * INDENT).print([(part, level * INDENT, True) for part in parts])


def flat(parts: Iterable[Document]) -> str:
    """All parts in one line."""
    return "".join(_flat(part) for part in parts)


def _flat(part: Document) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Line):
        return part.flat
    if isinstance(part, IfBroken):
        return ""
    return _flat(part.choices[0]) if isinstance(part, First) else flat(part.inside)


class _Printer:
    """Prints from a column on."""

    def __init__(self, column: int) -> None:
        self._column = column
        self._out: list[str] = []

    def print(self, entries: list[_Entry]) -> str:
        """The text of the entries."""
        stack = entries[::-1]
        while stack:
            part, level, broken = stack.pop()
            if isinstance(part, str):
                self._write(part)
            elif isinstance(part, Line):
                self._break(level) if broken else self._write(part.flat)
            elif isinstance(part, IfBroken):
                self._write(part.text if broken else "")
            elif isinstance(part, First):
                stack.append((self._choose(part, level, broken, stack), level, broken))
            else:
                inner = level + INDENT if isinstance(part, Indent) else level
                if isinstance(part, Group):
                    broken = broken and not self._fits(part, stack)
                stack += [(each, inner, broken) for each in reversed(part.inside)]
        return "".join(self._out)

    def _write(self, words: str) -> None:
        self._out.append(words)
        self._column += len(words)

    def _break(self, level: int) -> None:
        self._out.append("\n" + " " * level)
        self._column = level

    def _fits(self, part: Document, rest: list[_Entry]) -> bool:
        return self._column + len(_flat(part)) + _until_break(rest) <= WIDTH

    def _choose(self, first: First, level: int, broken: bool, rest: list[_Entry]) -> Document:
        if not broken or self._fits(first, rest):
            return group(first.choices[0])
        tail = "." * _until_break(rest)
        for choice in first.choices[:-1]:
            lines = _Printer(self._column).print([(choice, level, True), (tail, level, True)]).split("\n")
            if max(self._column + len(lines[0]), *map(len, lines)) <= WIDTH:
                return choice
        return first.choices[-1]


def _until_break(rest: list[_Entry]) -> int:
    """The width of what follows, up to the first place that may break."""
    width = 0
    stack = list(rest)
    while stack:
        part, level, broken = stack.pop()
        if isinstance(part, str):
            width += len(part)
        elif isinstance(part, Line):
            if broken:
                break
            width += len(part.flat)
        elif isinstance(part, First):
            stack.append((part.choices[0], level, broken))
        elif isinstance(part, IfBroken):
            width += len(part.text) * broken
        else:
            stack += [(each, level, broken) for each in reversed(part.inside)]
    return width
