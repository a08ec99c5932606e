"""`nnbuild weights`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnbuild.cli import completion
from nnbuild.cli.options import building, output_format, weights_key
from nnbuild.cli.output import emit, warn
from nnbuild.errors import WeightError

if TYPE_CHECKING:
    from nnbuild.formats.tensors import FileTensor
    from nnbuild.formats.weights import WeightsFile
    from nnbuild.nn.module import Module


@click.command("weights")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--stats", is_flag=True, help="Read the values: minimum, mean, maximum, share of zeros, NaNs.")
@click.option(
    "--against", metavar="SPEC", shell_complete=completion.specs, help="Say what of the file fits this network."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the tensors to a .npz, .safetensors or .pth file; with --against those that fit, by its names.",
)
@click.option(
    "--init", metavar="SPEC", shell_complete=completion.specs, help="Draw a network's own weights, in place of a FILE."
)
@click.option("--seed", type=int, metavar="N", help="Seed of --init (0).")
@weights_key
@building
@output_format
def command(
    file: Path | None,
    stats: bool,
    against: str | None,
    output: Path | None,
    init: str | None,
    seed: int | None,
    key: str | None,
    params: dict[str, Any],
    variant: str | None,
    choices: dict[str, Any],
    format: str | None,
) -> None:
    """List the tensors of a file of weights, check it, convert it.

    Reads checkpoints of PyTorch (.pth, .pt, .ckpt, .bin), .safetensors and .npz: names, shapes, dtypes and bytes, from
    their headers. Nothing in a checkpoint is run. --set, --variant and --choose are of the SPEC.

    \b
    Examples:
      nnbuild weights resnet18.pth --stats
      nnbuild weights resnet18.pth --against resnet18
      nnbuild weights resnet18.pth -o resnet18.safetensors
      nnbuild weights --init lenet --seed 1 -o lenet.safetensors
    """
    if (file is None) == (init is None):
        raise click.UsageError("give a FILE or --init, not both" if init else "give a FILE, or --init and a SPEC")
    if against and (init or stats):
        raise click.UsageError(f"--against holds a FILE to a network; give --{'init' if init else 'stats'} without it")
    if (seed is not None and not init) or (key is not None and init):
        raise click.UsageError("--seed is of --init, and --weights-key of a FILE")
    spec = against or init
    if spec is None and (params or variant or choices):
        raise click.UsageError("--set, --variant and --choose are of a network: give --against or --init")
    if output is not None:
        from nnbuild.formats.saving import writer

        writer(output)
    model = _built(spec, params, variant, choices, seed or 0) if spec else None
    if file is None:
        assert model is not None and init is not None
        source, tensors = _drawn(model, init)
    elif model is not None:
        source, tensors = _compared(file, key, model, format)
    else:
        source, tensors = _of_file(file, key)
    if output is not None:
        from nnbuild.formats.saving import save_weights

        save_weights(output, tensors, source.path)
        warn(f"wrote {output}")
    if against is None:
        _list(source, tensors, stats, format)


def _built(spec: str, params: dict[str, Any], variant: str | None, choices: dict[str, Any], seed: int) -> Module:
    from nnbuild.cli.network import build

    return build(spec, params, variant, choices, seed=seed).model


def _of_file(path: Path, key: str | None) -> tuple[WeightsFile, dict[str, FileTensor]]:
    from nnbuild.formats.weights import open_weights

    file = open_weights(path)
    return file, file.part(key) if key else file.tensors


def _drawn(model: Module, name: str) -> tuple[WeightsFile, dict[str, FileTensor]]:
    from nnbuild.formats.tensors import FileTensor
    from nnbuild.formats.weights import WeightsFile

    tensors = {key: FileTensor.of(array) for key, array in model.state_dict().items()}
    return WeightsFile(Path(name), "drawn", tensors), tensors


def _compared(
    path: Path, key: str | None, model: Module, format: str | None
) -> tuple[WeightsFile, dict[str, FileTensor]]:
    """The part of the file that is the network's, by the network's names. Prints what fits; raises what does not."""
    from nnbuild.formats.weights import open_weights
    from nnbuild.report.differences import against
    from nnbuild.spec.weights.differences import unfit
    from nnbuild.spec.weights.fit import Wanted, fitting_part

    file, wanted = open_weights(path), Wanted.by(model)
    part = fitting_part(file, wanted, key)
    emit(against(file, part, wanted, type(model).__name__), format)
    if not part.complete or part.unexpected:
        raise unfit(file, part, wanted, type(model).__name__)
    part.refuse_unreadable(wanted, file.path)
    return file, part.tensors


def _list(file: WeightsFile, tensors: dict[str, FileTensor], stats: bool, format: str | None) -> None:
    """Print the tensors; those that cannot be read make it fail in the end."""
    from nnbuild.report.weights import listing, unreadable

    problems = unreadable(tensors)
    emit(listing(file, tensors, stats and not problems), format)
    if problems:
        more = f", and {len(problems) - 8} more" if len(problems) > 8 else ""
        hint = next((tensor.hint for tensor in tensors.values() if tensor.hint), None)
        raise WeightError(f"{file.path} holds tensors that are not read: {', '.join(problems[:8])}{more}", hint=hint)
