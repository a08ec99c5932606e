"""Colours in messages on standard error: at a terminal, unless NO_COLOR is set (https://no-color.org)."""

from __future__ import annotations

import os
import re
import sys
from typing import Any

import click

_ERROR = {"fg": "red", "bold": True}
_PLACE = {"fg": "blue"}
_ADVICE = {"fg": "green"}

#: Lines that an error renders: a pattern, and the style of each of its groups.
_LINES: tuple[tuple[re.Pattern[str], list[dict[str, Any]]], ...] = (
    (re.compile(r"(error|interrupted)(?=:|$)"), [_ERROR]),
    (re.compile(r"(warning)(?=:)"), [{"fg": "yellow", "bold": True}]),
    (re.compile(r"(note)(?=:)"), [{"fg": "cyan", "bold": True}]),
    (re.compile(r"( *-->)(?= )"), [_PLACE]),
    (re.compile(r"( +\|)( +\^.*)"), [_PLACE, {"fg": "red"}]),
    (re.compile(r"(\d+ \|)(?= )|( +\|)$"), [_PLACE, _PLACE]),
    (re.compile(r"( += )(help:)"), [_PLACE, _ADVICE]),
)


def colours_wanted() -> bool:
    """Whether standard error is a terminal that shows colours, and nobody has asked for none."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def coloured(message: str) -> str:
    """The message with its first word, place, marks and advice in colours."""
    return "\n".join(map(_coloured_line, message.split("\n")))


def _coloured_line(line: str) -> str:
    for pattern, styles in _LINES:
        found = pattern.match(line)
        if found:
            parts = [click.style(part, **style) for part, style in zip(found.groups(), styles, strict=True) if part]
            return "".join(parts) + line[found.end() :]
    return line
