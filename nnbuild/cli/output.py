"""Printing reports and pages on standard output, in the format asked for or the one that fits."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from nnbuild.cli.colours import coloured, colours_wanted
from nnbuild.report.table import Report
from nnbuild.words import sentence

if TYPE_CHECKING:
    from nnbuild.errors import NnbuildError

#: Bytes that one call of the program says on standard error, and of these those of the last line.
_MOST, _LAST = 64_000, 200


def emit(report: Report, format: str | None) -> None:
    """Print the report: drawn by rich at a terminal, plain in a pipe, unless said."""
    if (format or ("rich" if sys.stdout.isatty() else "plain")) == "rich":
        from nnbuild.report.rich_table import print_rich

        print_rich(report)
    else:
        from nnbuild.report.texts import render

        click.echo(render(report, format or "plain"))


def emit_page(page: str) -> None:
    """Print a page of the guide: drawn by rich at a terminal, Markdown in a pipe."""
    if sys.stdout.isatty():
        from nnbuild.report.rich_page import print_page

        print_page(page)
    else:
        click.echo(page, nl=False)


def warn(message: str) -> None:
    """Say something beside the data, in one line, on standard error."""
    say(sentence(message))


def warn_of(problem: NnbuildError, kind: str, gap: bool = False) -> None:
    """Show a problem on standard error. Params: kind, error or warning; gap, with an empty line behind it."""
    say(problem.render(kind) + "\n" * gap)


def say(message: str) -> None:
    """Write lines that are fit to be shown on standard error, as far as there is room and anybody reads them."""
    room = _room()
    room.left -= len(message.encode("utf-8", "replace")) + 1
    if room.left < 0:
        room.left_out += 1
        return
    with suppress(OSError, ValueError):
        click.echo(coloured(message) if colours_wanted() else message, err=True)


def tell_left_out() -> None:
    """Say how many messages there was no room for."""
    room = _room()
    count, room.left_out = room.left_out, 0
    if count:
        room.left = _LAST
        say(f"and {count:,} more messages, which are left out")
        room.left = -1


class _Room:
    """What may still be said, and how much was not."""

    def __init__(self) -> None:
        self.left = _MOST - _LAST
        self.left_out = 0


def _room() -> _Room:
    """That of this call of the program."""
    context = click.get_current_context(silent=True)
    return context.meta.setdefault(__name__, _Room()) if context else _Room()
