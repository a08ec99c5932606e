"""`nnbuild export`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import click

from nnbuild.cli.options import building, spec_argument
from nnbuild.cli.output import warn
from nnbuild.spec.text.source import STANDARD_INPUT


class Order(NamedTuple):
    """The network that is to be written: a spec with its params, variant and choices."""

    spec: str
    params: dict[str, Any]
    variant: str | None
    choices: dict[str, Any]


@dataclass(frozen=True)
class Writer:
    """A format to write. Params: endings, of its files; write, an order -> the bytes of the file."""

    endings: tuple[str, ...]
    write: Callable[[Order], bytes]


def _torch(order: Order) -> bytes:
    from nnbuild.exchange.pytorch import source

    return source(order.spec, order.params, order.variant, order.choices).encode()


#: The formats by the names that --to has for them.
WRITERS: dict[str, Writer] = {"torch": Writer((".py",), _torch)}


@click.command("export")
@spec_argument()
@click.option("--to", "kind", type=click.Choice(list(WRITERS)), help="The format; that of FILE's ending unless said.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", required=True, help="The file to write, or `-`."
)
@building
def command(
    spec: str,
    kind: str | None,
    output: Path,
    params: dict[str, Any],
    variant: str | None,
    choices: dict[str, Any],
) -> None:
    """Write a network in another format.

    torch is PyTorch source: a class a block, with the spec's names and params, the same state_dict and the same
    outputs. It needs PyTorch where it is run, and none to be written. The file is complete, or left as it was.

    \b
    Examples:
      nnbuild export lenet.yaml -o lenet.py
      nnbuild export resnet50 --to torch -o -
      nnbuild export lenet.yaml --set classes=100 -o net.py
    """
    data = WRITERS[kind or _format_of(output)].write(Order(spec, params, variant, choices))
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
