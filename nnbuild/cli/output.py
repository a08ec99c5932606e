"""Printing reports and pages on standard output, in the format asked for or the one that fits."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from nnbuild.cli.colours import coloured, colours_wanted
from nnbuild.report.table import Report

if TYPE_CHECKING:
    from nnbuild.errors import NnbuildError


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
    """Say something beside the data, on standard error."""
    click.echo(coloured(message) if colours_wanted() else message, err=True)


def warn_of(problem: NnbuildError, kind: str, gap: bool = False) -> None:
    """Show a problem on standard error. Params: kind, error or warning; gap, with an empty line behind it."""
    warn(problem.render(kind) + "\n" * gap)
