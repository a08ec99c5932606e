"""`nnbuild list`."""

from __future__ import annotations

import click

from nnbuild.cli.options import output_format
from nnbuild.cli.output import emit


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@output_format
def command(as_json: bool, format: str | None) -> None:
    """List the bundled specs.

    With their parameters, multiply-adds and inputs.

    \b
    Examples:
      nnbuild list
      nnbuild list --json
    """
    from nnbuild.report.catalogue import listing

    emit(listing(), "json" if as_json else format)
