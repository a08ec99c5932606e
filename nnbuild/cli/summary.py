"""`nnbuild summary`."""

from __future__ import annotations

from typing import Any

import click

from nnbuild.cli import completion
from nnbuild.cli.network import Shapes, build, traced
from nnbuild.cli.options import building, output_format, shaped_inputs, spec_argument
from nnbuild.cli.output import emit
from nnbuild.errors import DataError, NnbuildError


@click.command("summary")
@spec_argument()
@click.option("--depth", type=click.IntRange(min=0), metavar="N", help="Show N levels of layers; all unless said.")
@click.option(
    "--columns",
    shell_complete=completion.columns,
    metavar="NAME,...",
    help="Columns beside the layer: type, output_shape, params, macs unless said.",
)
@shaped_inputs
@building
@output_format
def command(
    spec: str,
    depth: int | None,
    columns: str | None,
    shapes: Shapes,
    params: dict[str, Any],
    variant: str | None,
    choices: dict[str, Any],
    format: str | None,
) -> None:
    """Show the layers, shapes, parameters and cost of a network.

    No weight is made, so this works for networks of any size. Multiply-adds are those of the arithmetic, without
    biases; a dash stands for what is not counted.

    More columns: options, input_shape, dtype, kernel, stride, padding, dilation, receptive_field,
    receptive_field_unknown (why there is none), jump, trainable, params_share, buffers, macs_share, bytes,
    output_bytes, executed. A + before the first adds to the usual ones.

    \b
    Examples:
      nnbuild summary alexnet
      nnbuild summary lenet.yaml --set classes=100 --input 8,3,32,32
      nnbuild summary alexnet --columns +kernel,receptive_field,jump
      nnbuild summary alexnet --depth 1 --format json
    """
    from nnbuild.report.columns import DEFAULT, chosen
    from nnbuild.report.summary import summary

    names = tuple(name.strip() for name in (columns or "").lstrip("+").split(",") if name.strip())
    shown = (*DEFAULT, *names) if columns and columns.startswith("+") else names or DEFAULT
    chosen(shown)
    network = build(spec, params, variant, choices)
    try:
        graph = traced(network, shapes)
    except DataError as error:
        name, message = network.spec.name, error.message
        emit(summary(error.graph, name, columns=shown, depth=depth, partial=True, by_data=message), format)
        return
    except NnbuildError as error:
        if error.graph is not None and error.graph.nodes:
            emit(summary(error.graph, network.spec.name, columns=shown, depth=depth, partial=True), format)
        raise
    emit(summary(graph, network.spec.name, columns=shown, depth=depth), format)
