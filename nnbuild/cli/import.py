"""`nnbuild import`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from nnbuild.cli.output import warn
from nnbuild.errors import InputError


@click.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", required=True, help="The spec to write, .yaml."
)
@click.option("--no-weights", is_flag=True, help="Write the spec only.")
def command(file: Path, output: Path, no_weights: bool) -> None:
    """Write the network of another format as a spec.

    Of an ONNX file, with its weights beside it.

    Modules become blocks, equal ones one block, chains a Sequential; what is no layer is the forward. The weights go to
    the file of the spec's name that ends in .safetensors.

    \b
    Examples:
      nnbuild import net.onnx -o net.yaml
    """
    from nnbuild.exchange.networks import is_foreign, load
    from nnbuild.exchange.specs.document import spec_of, values_of
    from nnbuild.formats.whole import write_whole

    if output.suffix not in (".yaml", ".yml"):
        raise click.UsageError(f"{output} does not end as a spec does: name it {output.with_suffix('.yaml').name}")
    if not is_foreign(file):
        raise InputError(f"{file} is no file of another program's network", hint="a network in ONNX ends in .onnx")
    network = load(file, weights=not no_weights)
    assert network.spec is not None
    beside = output.with_suffix(".safetensors")
    weights = beside if network.spec.holds_weights and not no_weights else None
    document = spec_of(network, network.spec.inputs, network.spec.name, weights)
    if weights is not None and document.weights:
        from nnbuild.formats.saving import save_weights
        from nnbuild.formats.tensors import FileTensor

        tensors = {
            key: FileTensor(tuple(tensor.shape), str(tensor.dtype), tensor.nbytes, partial(values_of, tensor))
            for key, tensor in document.weights.items()
        }
        save_weights(weights, tensors, file)
        warn(f"wrote {weights}")
    write_whole(output, document.text.encode())
    warn(f"wrote {output}")
