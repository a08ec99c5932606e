"""`nnbuild shapes`."""

from __future__ import annotations

from typing import Any

import click

from nnbuild.cli import completion
from nnbuild.cli.network import build, traced
from nnbuild.cli.options import building, output_format, parsed, sizes
from nnbuild.cli.output import emit
from nnbuild.errors import NnbuildError

#: The command's options for one layer, and the layer's names for them.
_WINDOW = ("kernel", "stride", "padding", "dilation", "output_padding", "ceil")


@click.command("shapes")
@click.argument("name", metavar="[SPEC|LAYER]", required=False, shell_complete=completion.specs_and_layers)
@click.option(
    "--input",
    "inputs",
    metavar="[NAME=]SIZES",
    multiple=True,
    help="Input sizes: 224 for a layer, 1,3,224,224 for a spec.",
)
@click.option("--kernel", metavar="SIZES", help="Of a layer: the size of its window, as in 3 or 3,5.")
@click.option("--stride", metavar="SIZES", help="Of a layer: the step of its window.")
@click.option("--padding", metavar="SIZES", help="Of a layer: elements at either end; or same, or valid.")
@click.option("--dilation", metavar="SIZES", help="Of a layer: the distance of its window's elements.")
@click.option("--output-padding", metavar="SIZES", help="Of a transposed convolution: elements added at the end.")
@click.option("--ceil", is_flag=True, default=None, help="Of pooling: round up (ceil_mode).")
@building
@output_format
def command(
    name: str | None,
    inputs: tuple[str, ...],
    params: dict[str, Any],
    variant: str | None,
    choices: dict[str, Any],
    format: str | None,
    **window: Any,
) -> None:
    """Show the formula of every size, with its numbers.

    Of a SPEC: each layer's formula along the forward pass. Of a LAYER: its formula for one input. Without either: the
    formulas of all layers that slide a window, and what their letters mean.

    \b
    Examples:
      nnbuild shapes
      nnbuild shapes alexnet
      nnbuild shapes Conv2d --input 224 --kernel 11 --stride 4 --padding 2
      nnbuild shapes ConvTranspose2d --input 13 --kernel 3 --stride 2 --output-padding 1
    """
    from nnbuild import nn
    from nnbuild.report import sizes as report

    given = {key: value for key, value in window.items() if value is not None}
    if name in nn.LAYERS:
        _refuse(f"a layer, {name}", params=params, variant=variant, choose=choices)
        if not inputs:
            raise click.UsageError(f"{name} wants --input, the size of its input, as in --input 224")
        emit(report.one_layer(name, _layer_sizes(inputs), _layer_options(given)), format)
        return
    if given and name and (hint := _spelt(name)):
        raise click.UsageError(f"there is no layer {name}: did you mean {hint}?")
    _refuse(f"a spec, {name}" if name else "all layers", **given)
    if name is None:
        _refuse("all layers", input=inputs, set=params, variant=variant, choose=choices)
        emit(report.general(), format)
        return
    network = build(name, params, variant, choices)
    try:
        graph = traced(network, sizes(inputs))
    except NnbuildError as error:
        if error.graph is not None and error.graph.nodes:
            emit(report.chain(error.graph, network.spec.name), format)
        raise
    emit(report.chain(graph, network.spec.name), format)


def _spelt(name: str) -> str | None:
    """The layer that is spelt so, but for capitals."""
    from nnbuild import nn

    return next((layer for layer in nn.LAYERS if layer.lower() == name.lower()), None)


def _refuse(what: str, **options: Any) -> None:
    for option, value in options.items():
        if value:
            raise click.UsageError(f"--{option.replace('_', '-')} says nothing about {what}")


def _layer_sizes(inputs: tuple[str, ...]) -> tuple[int, ...]:
    found = sizes(inputs)
    if list(found) != [None]:
        raise click.UsageError("a layer takes one --input without a name")
    return found[None]


def _layer_options(given: dict[str, Any]) -> dict[str, Any]:
    names = {"kernel": "kernel_size", "ceil": "ceil_mode"}
    return {names.get(key, key): value if value is True else parsed(value) for key, value in given.items()}
