"""`nnbuild run`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from nnbuild.cli import completion
from nnbuild.cli.network import Network, build
from nnbuild.cli.options import building, output_format, spec_argument, weights_key
from nnbuild.cli.output import emit, warn
from nnbuild.errors import InputError

if TYPE_CHECKING:
    from nnbuild.report.outputs import Classes
    from nnbuild.runs.inference import Inference


def _files(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> list[tuple[str | None, Path]]:
    """'x=a.npy' as ("x", a.npy); a file whose own name has an equals sign is taken first."""
    found: list[tuple[str | None, Path]] = []
    for value in values:
        name, equals, path = value.partition("=")
        named = equals and name.isidentifier() and not Path(value).exists()
        found.append((name, Path(path)) if named else (None, Path(value)))
    return found


@click.command("run")
@spec_argument()
@click.option(
    "--input",
    "files",
    metavar="[NAME=]FILE",
    multiple=True,
    callback=_files,
    shell_complete=completion.files,
    help="An array (.npy, .npz) or an image; the spec's example unless said. Repeatable.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the outputs to a .npy or .npz file."
)
@click.option(
    "--save",
    shell_complete=completion.paths,
    metavar="LAYER",
    multiple=True,
    help="Write this layer's output too, into the .npz. Repeatable.",
)
@click.option("--save-all", is_flag=True, help="Write the outputs of all layers into the .npz.")
@click.option("--topk", type=click.IntRange(min=1), metavar="K", help="Show the K most likely classes of each sample.")
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take weights from a .pth, .safetensors or .npz file.",
)
@weights_key
@click.option("--no-strict", is_flag=True, help="Take weights that lack some of the network's, or hold others.")
@click.option("--seed", type=int, default=0, metavar="N", help="Seed of the weights that no file gives (0).")
@click.option(
    "--batch", type=click.IntRange(min=1), default=64, metavar="N", help="Run at most N samples at once (64)."
)
@click.option("--threads", type=click.IntRange(min=1), metavar="N", help="Use N threads; the usable cores unless said.")
@click.option("--explain", is_flag=True, help="Show the steps that were run, with --time each one's time.")
@click.option("--time", "timed", is_flag=True, help="Show how long it took.")
@click.option("--force", is_flag=True, help="Run even if there seems to be too little memory.")
@building
@output_format
def command(
    spec: str,
    files: list[tuple[str | None, Path]],
    output: Path | None,
    save: tuple[str, ...],
    save_all: bool,
    topk: int | None,
    weights: Path | None,
    key: str | None,
    no_strict: bool,
    seed: int,
    batch: int,
    threads: int | None,
    explain: bool,
    timed: bool,
    force: bool,
    params: dict[str, Any],
    variant: str | None,
    choices: dict[str, Any],
    format: str | None,
) -> None:
    """Run a network on arrays or images.

    Shows the shape, dtype and range of each output, and the classes where the spec names them (`labels:`). More than
    --batch samples run one batch after the other, read from the file and written as they come, in little memory.

    \b
    Examples:
      nnbuild run lenet_mnist
      nnbuild run alexnet.yaml --input img.npy --topk 5
      nnbuild run lenet.yaml --input x=images.npy --weights lenet.npz --output scores.npy
      nnbuild run alexnet --input img.npy --save features.0 --save features.2 --output layers.npz
    """
    if (save or save_all) and (output is None or output.suffix != ".npz"):
        raise click.UsageError("--save and --save-all want --output with a .npz file, which holds several arrays")
    if weights is None and (key is not None or no_strict):
        raise click.UsageError("--weights-key and --no-strict are of the file of --weights")
    from nnbuild.runs.inference import Inference
    from nnbuild.runs.inputs import gather

    started = perf_counter()
    network = build(spec, params, variant, choices, seed=seed, weights=weights is None)
    inputs = gather(files, network.spec)
    for note in inputs.notes:
        warn(f"note: {note}")
    inference = Inference(network.model, inputs, batch, list(dict.fromkeys(save)), threads)
    if inference.together:
        warn(f"note: all {inference.samples} samples run at once: {inference.together}")
    if save_all:
        inference.save_layers(_that_run(inference))
    if output is not None and output.suffix == ".npy" and len(inference.names) > 1:
        raise InputError(
            f"the network gives {len(inference.names)} outputs and a .npy file holds one", hint="name it .npz"
        )
    if not force:
        inference.check_memory()
    if weights is not None:
        _load(network, weights, key, not no_strict)
    else:
        _tell_of_drawn_weights(network, seed)
    classes = _classes(network, inference, topk)
    _run(inference, output, classes, format, started if timed else None, explain)


def _that_run(inference: Inference) -> list[str]:
    """The layers that the pass calls, by path."""
    return list(dict.fromkeys(call.path for call in inference.graph.calls() if call.path and call.outputs))


def _load(network: Network, weights: Path, key: str | None, strict: bool) -> None:
    """Load the weights; say which part of the file they are, and what is left."""
    from nnbuild.spec.weights import load_weights

    for note in load_weights(network.model, weights, key, strict).notes:
        warn(f"note: {note}")


def _tell_of_drawn_weights(network: Network, seed: int) -> None:
    if network.spec.weights is None and any(True for _ in network.model.parameters()):
        warn(f"note: there are no weights, so the network is untrained; its weights are drawn with seed {seed}")


def _classes(network: Network, inference: Inference, topk: int | None) -> Classes | None:
    """What keeps the classes, if the first output is one of classes and somebody wants to know."""
    from nnbuild.runs.labels import read_labels

    labels = read_labels(network.spec)
    if not labels and topk is None:
        return None
    output = inference.graph.outputs[0] if inference.graph.outputs else None
    if output is None or output.ndim != 2:
        if topk is None:
            return None
        shape = output.shape if output is not None else "none"
        raise InputError(f"--topk wants an output of classes, (N, classes), and it is {shape}")
    from nnbuild.report.outputs import Classes

    if labels and len(labels) != output.shape[1]:
        warn(
            f"note: the spec names {len(labels)} labels and the output has {output.shape[1]} classes: they are numbered"
        )
        labels = ()
    last = output.producer.op if output.producer else None
    return Classes(min(topk or 1, output.shape[1]), labels, last)


def _run(
    inference: Inference,
    output: Path | None,
    classes: Classes | None,
    format: str | None,
    started: float | None,
    explain: bool,
) -> None:
    from nnbuild.formats.writing import OutputFile
    from nnbuild.report.outputs import Figures, outputs
    from nnbuild.report.progress import progress

    figures: dict[str, Figures] = {}
    begun = perf_counter()
    with (
        OutputFile(output, inference.samples) if output else nullcontext() as file,
        progress(inference.samples, wanted=not inference.whole) as advance,
    ):

        def receive(name: str, array: Any) -> None:
            if name not in figures:
                figures[name] = Figures(array)
            figures[name].add(array)
            if classes is not None and name == inference.names[0]:
                classes.add(array)
            if file is not None:
                file.append(name, array, inference.whole)

        inference.run(receive, advance, warn)
    ended = perf_counter()
    if output is not None:
        warn(f"wrote {output}")
    shown = {
        name: figures[name] for name in (*inference.names, *(name for name in figures if name not in inference.names))
    }
    seconds = {} if started is None else {"preparing": begun - started, "running": ended - begun}
    facts = [("Time", f"{_span(seconds['preparing'])} to prepare, {_span(seconds['running'])} to run "
              f"{inference.samples:,} sample{'s' * (inference.samples != 1)}")] if seconds else []  # fmt: skip
    report = outputs(shown, classes, facts, seconds)
    if explain:
        from nnbuild.report.steps import with_steps

        report = with_steps(report, inference.explain(timed=started is not None))
    emit(report, format)


def _span(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms"
