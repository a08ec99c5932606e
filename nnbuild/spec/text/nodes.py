"""The tree that a YAML text becomes: scalars, sequences and mappings that know their place in the file."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

from nnbuild.errors import Mark
from nnbuild.limits import MAX_SHOWN

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class Document:
    """The text of one file, and where its lines start."""

    __slots__ = ("_ends", "_starts", "file", "text")

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self._starts: list[int] = []
        self._ends: list[int] = []

    def mark(self, start: int, end: int) -> Mark:
        """The place of the characters from `start` to `end`, cut at the end of the line."""
        if not self._starts:
            breaks = [found.span() for found in _BREAK.finditer(self.text)]
            self._starts = [0, *(end for _, end in breaks)]
            self._ends = [*(start for start, _ in breaks), len(self.text)]
        start = max(0, min(start, len(self.text)))
        line = bisect_right(self._starts, start)
        first = self._starts[line - 1]
        last = self._ends[line - 1]
        shown = self.text[first : min(last, first + MAX_SHOWN + 1)]
        length = max(1, len(self.text[start : min(end, last, start + MAX_SHOWN)].rstrip()))
        return Mark(self.file, line, start - first + 1, length, _printable(shown))


def _printable(line: str) -> str:
    """The line with every character one column wide; nothing for a line too long to show."""
    if len(line) > MAX_SHOWN:
        return ""
    return "".join(character if character.isprintable() else " " if character == "\t" else "?" for character in line)


class Node:
    """A place in a document: the characters from `start` to `end`."""

    __slots__ = ("depth", "document", "end", "size", "start")

    def __init__(self, document: Document, start: int, end: int) -> None:
        self.document = document
        self.start = start
        self.end = end
        self.size = 1
        self.depth = 1

    @property
    def mark(self) -> Mark:
        return self.document.mark(self.start, self.end)

    def __deepcopy__(self, memo: dict[int, Any]) -> Node:
        return self


class Scalar(Node):
    """Raw text. `style` is `''` for plain, else the quote or the block indicator; `in_flow`: inside `[ ]` or `{ }`."""

    __slots__ = ("_at", "code", "in_flow", "style", "text")

    def __init__(self, document: Document, start: int, end: int, text: str, style: str, in_flow: bool) -> None:
        super().__init__(document, start, end)
        self.text = text
        self.style = style
        self.in_flow = in_flow
        self.code: Any = None  # the parsed text, kept by `syntax`
        self._at: list[int] = []  # the positions, once asked for

    @property
    def quoted(self) -> bool:
        return self.style in ("'", '"')

    def place(self, first: int, last: int) -> Mark:
        """The place in the file of the text's characters from `first` to `last`."""
        positions = self._at = self._at or self._positions()
        begin = positions[max(0, min(first, len(self.text)))]
        return self.document.mark(begin, max(begin + 1, positions[max(0, min(last, len(self.text)))]))

    def _positions(self) -> list[int]:
        """For every character of the text, and its end, an index into the document.

        Quotes, escapes, indentation and folding only put characters between those of the text, so walking both in step
        finds each one; an escaped character is found at its escape or just behind it.
        """
        raw, at = self.document.text, self.start
        if self.style in ("|", ">"):
            found = _BREAK.search(raw, at)
            at = found.end() if found else at
        elif self.quoted:
            at += 1
        positions = []
        for character in self.text:
            if not character.isspace():
                found_at = raw.find(character, at, self.end)
                at = found_at if found_at >= 0 else at
            positions.append(min(at, self.end))
            at += 1
        return [*positions, min(at, self.end)]


class Sequence(Node):
    """A list of nodes. `flow`: written with brackets."""

    __slots__ = ("flow", "items", "uncut")

    def __init__(self, document: Document, start: int, end: int, items: list[Node], flow: bool) -> None:
        super().__init__(document, start, end)
        self.items = tuple(items)
        self.flow = flow
        self.uncut = not flow  # whether no item is known to be cut at a comma inside brackets
        self.size += sum(item.size for item in items)
        self.depth += max((item.depth for item in items), default=0)


class Mapping(Node):
    """Pairs of a key and a node, in the file's order, every key once."""

    __slots__ = ("entries", "flow", "uncut")

    def __init__(
        self, document: Document, start: int, end: int, entries: list[tuple[Scalar, Node]], flow: bool
    ) -> None:
        super().__init__(document, start, end)
        self.entries = tuple(entries)
        self.flow = flow
        self.uncut = not flow  # whether no item is known to be cut at a comma inside brackets
        self.size += sum(value.size + 1 for _, value in entries)
        self.depth += max((value.depth for _, value in entries), default=0)

    def get(self, name: str) -> Node | None:
        return next((value for key, value in self.entries if key.text == name), None)
