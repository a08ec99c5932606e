"""`nnbuild list`."""

from __future__ import annotations

import click

from nnbuild.cli import completion
from nnbuild.cli.options import output_format
from nnbuild.cli.output import emit


@click.command("list")
@click.argument("pattern", metavar="[PATTERN]", required=False, shell_complete=completion.bundled)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@output_format
def command(pattern: str | None, as_json: bool, format: str | None) -> None:
    """List the bundled specs.

    With their parameters, multiply-adds and inputs. With a PATTERN those that have it in their name or description,
    or whose names match it if it has `*` or `?`, and what they are about.

    \b
    Examples:
      nnbuild list
      nnbuild list 'resnet*'
      nnbuild list segmentation
      nnbuild list --json
    """
    from nnbuild.report.catalogue import listing

    format = "json" if as_json else format
    emit(listing(pattern, narrow=format in (None, "rich", "plain")), format)
