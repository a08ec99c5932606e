"""`nnbuild bench`."""

from __future__ import annotations

from typing import Any

import click

from nnbuild import budget
from nnbuild.cli import completion
from nnbuild.cli.network import build, input_specs
from nnbuild.cli.options import building, output_format, shaped_inputs, spec_argument, threads_option
from nnbuild.cli.output import emit


def _peers(ctx: click.Context, param: click.Parameter, value: str | None) -> list[str]:
    from nnbuild.bench.peers import NEEDS

    names = [name.strip() for name in (value or "").split(",") if name.strip()]
    for name in names:
        if name not in NEEDS:
            raise click.BadParameter(f"{name!r} is not one of {', '.join(NEEDS)}", ctx=ctx, param=param)
    return list(dict.fromkeys(names))


@click.command("bench")
@spec_argument()
@shaped_inputs
@click.option("--batch", type=click.IntRange(min=1), default=1, metavar="N", help="Samples of a run (1).")
@click.option(
    "--against",
    metavar="PEERS",
    callback=_peers,
    shell_complete=completion.peers,
    help="Run torch, onnxruntime or both beside it.",
)
@click.option("--repeat", type=click.IntRange(min=1), default=20, metavar="N", help="Time N runs of each (20).")
@threads_option
@building
@output_format
def command(
    spec: str,
    shapes: dict[str | None, tuple[int, ...]],
    batch: int,
    against: list[str],
    repeat: int,
    threads: int | None,
    params: dict[str, Any],
    variant: str | None,
    choices: dict[str, Any],
    format: str | None,
) -> None:
    """Time a network, beside PyTorch and ONNX Runtime.

    Runs of each take turns in one process, with the same weights and random inputs; medians are shown.

    \b
    Examples:
      nnbuild bench resnet18
      nnbuild bench alexnet --batch 16 --against torch,onnxruntime
    """
    from nnbuild.bench.timing import measured
    from nnbuild.report.timing import timing

    network = build(spec, params, variant, choices, weights=True)
    budget.end()
    emit(timing(measured(network.model, input_specs(network.spec, shapes, batch), against, repeat, threads)), format)
