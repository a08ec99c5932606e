"""`nnbuild export`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import click

from nnbuild.cli.network import build
from nnbuild.cli.options import building, outside_allowed, spec_argument
from nnbuild.cli.output import warn
from nnbuild.spec.text.source import STANDARD_INPUT


class Order(NamedTuple):
    """The network that is to be written: a spec with its params, variant and choices, where to, and how."""

    spec: str
    params: dict[str, Any]
    variant: str | None
    choices: dict[str, Any]
    output: Path
    options: dict[str, Any]


class Writer(NamedTuple):
    """A format to write. Params: endings, of its files; write, an order -> the file's bytes; options, that it has."""

    endings: tuple[str, ...]
    write: Callable[[Order], bytes]
    options: tuple[str, ...] = ()


def _torch(order: Order) -> bytes:
    from nnbuild.exchange.networks import is_foreign
    from nnbuild.exchange.pytorch import source

    if is_foreign(order.spec):
        with TemporaryDirectory() as folder:
            return source(_as_spec(order, Path(folder)), {}, None, {}).encode()
    return source(order.spec, order.params, order.variant, order.choices, outside_allowed()).encode()


def _as_spec(order: Order, folder: Path) -> str:
    """Another program's network as a spec's file."""
    from nnbuild.exchange.specs.document import spec_of

    network = build(order.spec, order.params, order.variant, order.choices)
    path = folder / f"{Path(order.spec.partition(':')[0]).stem}.yaml"
    path.write_text(spec_of(network.model, network.spec.inputs, network.spec.name, None).text, "utf-8")
    return str(path)


def _onnx(order: Order) -> bytes:
    from nnbuild.exchange.onnx.writing.file import model_bytes

    weights = not order.options.pop("no_weights", False)
    seed = order.options.pop("seed", 0)
    network = build(order.spec, order.params, order.variant, order.choices, seed=seed, weights=weights)
    if weights and network.spec.weights is None and not network.spec.holds_weights:
        warn(f"note: the network is untrained: its weights are drawn with seed {seed}")
    beside = None if order.output == STANDARD_INPUT else order.output.with_name(f"{order.output.name}.data")
    return model_bytes(
        network.model, network.spec.inputs, name=network.spec.name, weights=weights, beside=beside, **order.options
    )


#: The formats by the names that --to has for them.
WRITERS: dict[str, Writer] = {
    "torch": Writer((".py",), _torch),
    "onnx": Writer((".onnx",), _onnx, ("opset", "no_weights", "dynamic", "fold", "seed")),
}


@click.command("export")
@spec_argument()
@click.option("--to", "kind", type=click.Choice(list(WRITERS)), help="The format; that of FILE's ending unless said.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", required=True, help="The file to write, or `-`."
)
@click.option("--opset", type=int, metavar="N", help="onnx: the version of the operators, 13 or later (17).")
@click.option("--no-weights", is_flag=True, help="onnx: write the structure only; the weights are inputs.")
@click.option("--dynamic", is_flag=True, help="onnx: leave all free axes open, not the batch alone.")
@click.option("--fold", is_flag=True, help="onnx: put batch norms into the convolutions before them.")
@click.option("--seed", type=int, metavar="N", help="onnx: seed of the weights that the spec has no file for (0).")
@building
def command(
    spec: str,
    kind: str | None,
    output: Path,
    params: dict[str, Any],
    variant: str | None,
    choices: dict[str, Any],
    **options: Any,
) -> None:
    """Write a network in another format.

    torch is PyTorch source: a class a block, with the spec's names and params, the same state_dict and outputs. It
    needs PyTorch where it is run, and none to be written. The file is complete, or left as it was.

    onnx is an ONNX file with the weights, for any batch, checked before it is there; its nodes and weights have the
    network's names. It needs the package onnx: pip install 'nnbuild[onnx]'. Weights of more than 1,900 MiB go to
    FILE.data.

    \b
    Examples:
      nnbuild export lenet.yaml -o lenet.py
      nnbuild export lenet_mnist -o lenet.onnx
      nnbuild export resnet50 --to torch -o -
      nnbuild export lenet.yaml --set classes=100 -o net.py
    """
    kind = kind or _format_of(output)
    given = {name: value for name, value in options.items() if value not in (None, False)}
    for name in given:
        if name not in WRITERS[kind].options:
            raise click.UsageError(f"--{name.replace('_', '-')} says nothing about {kind}")
    data = WRITERS[kind].write(Order(spec, params, variant, choices, output, given))
    if output == STANDARD_INPUT:
        click.echo(data, nl=False)
        return
    from nnbuild.formats.whole import write_whole

    write_whole(output, data)
    warn(f"wrote {output}")


def _format_of(output: Path) -> str:
    """The format of files with this ending."""
    for name, writer in WRITERS.items():
        if output.suffix in writer.endings:
            return name
    known = ", ".join(f"{name} ({' '.join(writer.endings)})" for name, writer in WRITERS.items())
    raise click.UsageError(f"{output} does not say the format by its ending: give --to, one of {known}")
