"""`nnbuild layers`."""

from __future__ import annotations

import click

from nnbuild.cli import completion
from nnbuild.cli.options import output_format
from nnbuild.cli.output import emit


@click.command("layers")
@click.argument("name", metavar="[LAYER]", required=False, shell_complete=completion.layers)
@output_format
def command(name: str | None, format: str | None) -> None:
    """List the layer types, or explain one.

    With the name of a layer: its options with types and defaults, its shapes, its parameters, and a line of a spec.

    \b
    Examples:
      nnbuild layers
      nnbuild layers Conv2d
    """
    from nnbuild.report.layers import all_layers, one_layer

    emit(one_layer(name) if name else all_layers(), format)
