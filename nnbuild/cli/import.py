"""`nnbuild import`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from nnbuild.cli.options import argument_pairs, shaped_inputs
from nnbuild.cli.output import warn
from nnbuild.errors import InputError


@click.command("import")
@click.argument("file", metavar="FILE[:NAME]", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", required=True, help="The spec to write, .yaml."
)
@click.option("--no-weights", is_flag=True, help="Write the spec only; of PyTorch source nothing else is written.")
@shaped_inputs
@click.option(
    "--set",
    "params",
    metavar="NAME=VALUE",
    multiple=True,
    callback=argument_pairs,
    help="Give an argument of the class.",
)
def command(
    file: Path, output: Path, no_weights: bool, shapes: dict[str | None, tuple[int, ...]], params: dict[str, Any]
) -> None:
    """Write the network of an ONNX file or of PyTorch source as a spec.

    Modules become blocks, equal ones one block, chains a Sequential; what is no layer is the forward. The weights go to
    the file of the spec's name that ends in .safetensors.

    Of source the layers are written as built, methods as they stand. What was written is compared with the source
    before it is a file: keys, shapes and, with --input, the count of multiply-adds.

    \b
    Examples:
      nnbuild import net.onnx -o net.yaml
      nnbuild import model.py:Net -o net.yaml --input 1,3,224,224
    """
    from nnbuild.exchange.networks import divided, is_foreign, load
    from nnbuild.exchange.specs.document import spec_of, values_of
    from nnbuild.formats.whole import write_whole

    if output.suffix not in (".yaml", ".yml"):
        raise click.UsageError(f"{output} does not end as a spec does: name it {output.with_suffix('.yaml').name}")
    if not is_foreign(file):
        raise InputError(f"{file} is no file of another program's network", hint="a network in ONNX ends in .onnx")
    if divided(file)[0].suffix.lower() == ".py":
        _import_source(file, output, shapes, params)
        return
    if shapes or params:
        raise click.UsageError("--input and --set are for PyTorch source: an ONNX file says its inputs")
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


def _import_source(file: Path, output: Path, shapes: dict[str | None, tuple[int, ...]], params: dict[str, Any]) -> None:
    from nnbuild.exchange.networks import load
    from nnbuild.exchange.specs.agreement import checked
    from nnbuild.exchange.specs.source import spec_of_source
    from nnbuild.formats.whole import write_whole

    if len(shapes) > 1 or (shapes and None not in shapes):
        raise click.UsageError("--input gives the sizes of one input: write `inputs:` of several into the spec")
    network = load(str(file), params=params).eval()
    for words in network.spec.remarks:
        warn(f"note: {words}")
    shape = shapes.get(None)
    sizes = ", ".join(["N", *map(str, shape[1:])]) if shape else None
    text = checked(spec_of_source(network, sizes), network, shape)
    write_whole(output, text.encode())
    warn("note: the layers are written as built, without the arguments of their classes")
    warn(f"wrote {output}")
