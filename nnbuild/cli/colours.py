"""Colours in messages on standard error: at a terminal, unless NO_COLOR is set (https://no-color.org)."""

from __future__ import annotations

import os
import re
import sys

import click

#: What is coloured of the lines that an error renders, and how.
_STYLES = (
    (re.compile(r"^(error|interrupted)(?=:|$)", re.MULTILINE), {"fg": "red", "bold": True}),
    (re.compile(r"^warning(?=:)", re.MULTILINE), {"fg": "yellow", "bold": True}),
    (re.compile(r"^note(?=:)", re.MULTILINE), {"fg": "cyan", "bold": True}),
    (re.compile(r"(?<=\| )( *\^+.*)$", re.MULTILINE), {"fg": "red"}),
    (re.compile(r"^ *-->(?= )|^ *\d* +\|(?= |$)", re.MULTILINE), {"fg": "blue"}),
    (re.compile(r"(?<= = )help:", re.MULTILINE), {"fg": "green"}),
)  # fmt: skip


def colours_wanted() -> bool:
    """Whether standard error is a terminal that shows colours, and nobody has asked for none."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def coloured(message: str) -> str:
    """The message with its first word, place, marks and advice in colours."""
    for pattern, style in _STYLES:
        message = pattern.sub(lambda found: click.style(found[0], **style), message)  # noqa: B023
    return message
