"""`nnbuild run`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from nnbuild import budget
from nnbuild.cli import completion
from nnbuild.cli.network import Network, build
from nnbuild.cli.options import (
    building,
    gathered,
    max_memory_option,
    output_format,
    spec_argument,
    threads_option,
    weights_key,
)  # fmt: skip
from nnbuild.cli.output import emit, warn
from nnbuild.errors import InputError
from nnbuild.formats.memory import memory_limit
from nnbuild.limits import STEPS_A_PLANNED_OP
from nnbuild.words import cut

if TYPE_CHECKING:
    from nnbuild.formats.writing import OutputFile
    from nnbuild.report.outputs import Classes, Figures
    from nnbuild.runs.inference import Inference

#: Arrays of other names in the file that are told one by one.
_TOLD = 5


def _files(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> list[tuple[str | None, Path]]:
    """'x=a.npy' as ("x", a.npy); a file whose own name has an equals sign is taken first."""
    found: list[tuple[str | None, Path]] = []
    for value in values:
        name, equals, path = value.partition("=")
        named = equals and name.isidentifier() and not Path(value).exists()
        found.append((name, Path(path)) if named else (None, Path(value)))
    return found


class Saving(NamedTuple):
    """What is written where. Params: output, the file; save, layers by path; save_all, every layer."""

    output: Path | None
    save: tuple[str, ...]
    save_all: bool


class Means(NamedTuple):
    """What a run may take. Params: force, do not ask for memory first."""

    batch: int
    threads: int | None
    max_memory: int | None
    force: bool


def saving(command: Any) -> Any:
    """--output, --save and --save-all, as one `Saving`."""
    return gathered("saving", Saving, command, [
        click.option("--output", type=click.Path(path_type=Path), metavar="FILE",
                     help="Write the outputs to a .npy, .npz or .csv file."),
        click.option("--save", multiple=True, shell_complete=completion.paths, metavar="LAYER",
                     help="Write this layer's output too, into the .npz. Repeatable."),
        click.option("--save-all", is_flag=True, help="Write the outputs of all layers into the .npz."),
    ])  # fmt: skip


def means(command: Any) -> Any:
    """--batch, --threads, --max-memory and --force, as one `Means`."""
    return gathered("means", Means, command, [
        click.option("--batch", type=click.IntRange(min=1), default=64, metavar="N",
                     help="Run at most N samples at once (64)."),
        threads_option,
        max_memory_option,
        click.option("--force", is_flag=True, help="Run even if there seems to be too little memory."),
    ])  # fmt: skip


@click.command("run")
@spec_argument()
@click.argument("more", nargs=-1, metavar="[FILE]...", shell_complete=completion.files, callback=_files)
@click.option(
    "--input",
    "files",
    metavar="[NAME=]FILE",
    multiple=True,
    callback=_files,
    shell_complete=completion.files,
    help="An array (.npy, .npz), an image, a folder of them or a pattern; the spec's example unless said. Repeatable.",
)
@saving
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
@means
@click.option("--explain", is_flag=True, help="Show the steps that were run, with --time each one's time.")
@click.option("--time", "timed", is_flag=True, help="Show how long it took.")
@building
@output_format
@click.pass_context
def command(
    ctx: click.Context,
    spec: str,
    more: list[tuple[str | None, Path]],
    files: list[tuple[str | None, Path]],
    saving: Saving,
    topk: int | None,
    weights: Path | None,
    key: str | None,
    no_strict: bool,
    seed: int,
    means: Means,
    explain: bool,
    timed: bool,
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
    if (saving.save or saving.save_all) and (saving.output is None or saving.output.suffix != ".npz"):
        raise click.UsageError("--save and --save-all want --output with a .npz file, which holds several arrays")
    if weights is None and (key is not None or no_strict):
        raise click.UsageError("--weights-key and --no-strict are of the file of --weights")
    ctx.with_resource(memory_limit(means.max_memory))
    started = perf_counter()
    network = build(spec, params, variant, choices, seed=seed, weights=weights is None)
    inference = _inference(network, [*files, *more], saving, means)
    output = _output(inference, network, saving.output, weights)
    if not means.force:
        inference.check_memory()
    budget.charge(STEPS_A_PLANNED_OP * len(inference.graph.nodes))
    budget.end()
    if weights is not None:
        _load(network, weights, key, not no_strict)
    else:
        _tell_of_drawn_weights(network, seed)
    classes = _classes(network, inference, topk)
    _run(inference, output, classes, format, started if timed else None, explain)


def _inference(network: Network, files: list[tuple[str | None, Path]], saving: Saving, means: Means) -> Inference:
    """The run of the network on these files; says what the user should know of it."""
    from nnbuild.runs.inference import Inference
    from nnbuild.runs.inputs import gather

    inputs = gather(files, network.spec)
    for note in inputs.notes:
        warn(f"note: {note}")
    inference = Inference(network.model, inputs, means.batch, list(dict.fromkeys(saving.save)), means.threads)
    if inference.by_data:
        warn(f"note: the network runs op by op, all samples at once: {inference.by_data}")
    if inference.together:
        warn(f"note: all {inference.samples} samples run at once: {inference.together}")
    if saving.save_all:
        inference.save_layers(_that_run(inference))
    return inference


def _output(inference: Inference, network: Network, path: Path | None, weights: Path | None) -> OutputFile | None:
    """The file to write, if one is asked for."""
    if path is None:
        return None
    from nnbuild.formats.writing import SINGLE, OutputFile
    from nnbuild.runs.labels import read_labels

    if path.suffix in SINGLE and len(inference.names) > 1:
        raise InputError(
            f"the network gives {len(inference.names)} outputs and a {path.suffix} file holds one",
            hint="name it .npz",
        )

    spec = network.spec
    beside = [file for file in (weights or spec.weights, spec.labels, spec.file) if isinstance(file, Path)]
    columns = read_labels(spec) if path.suffix == ".csv" else ()
    return OutputFile(
        path, inference.samples, [*inference.inputs.files, *beside], columns, inference.inputs.sample_files
    )


def _that_run(inference: Inference) -> list[str]:
    """The layers that the pass calls, by path."""
    return list(dict.fromkeys(call.path for call in inference.graph.calls() if call.path and call.outputs))


def _load(network: Network, weights: Path, key: str | None, strict: bool) -> None:
    """Load the weights; say which part of the file they are, and what is left."""
    from nnbuild.spec.weights import load_weights

    for note in load_weights(network.model, weights, key, strict).notes:
        warn(f"note: {note}")


def _tell_of_drawn_weights(network: Network, seed: int) -> None:
    if (
        network.spec.weights is None
        and not network.spec.holds_weights
        and any(True for _ in network.model.parameters())
    ):
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
    output: OutputFile | None,
    classes: Classes | None,
    format: str | None,
    started: float | None,
    explain: bool,
) -> None:
    begun = perf_counter()
    figures = _figures(inference, output, classes)
    ended = perf_counter()
    for note in inference.inputs.notes_on_pictures():
        warn(f"note: {note}")
    if output is not None:
        _tell_of(output)
    shown = {
        name: figures[name] for name in (*inference.names, *(name for name in figures if name not in inference.names))
    }
    seconds = {} if started is None else {"preparing": begun - started, "running": ended - begun}
    facts = [("Time", f"{_span(seconds['preparing'])} to prepare, {_span(seconds['running'])} to run "
              f"{inference.samples:,} sample{'s' * (inference.samples != 1)}")] if seconds else []  # fmt: skip
    from nnbuild.report.outputs import outputs

    report = outputs(shown, classes, facts, seconds, inference.inputs.sample_files)
    if explain:
        from nnbuild.report.steps import with_steps

        report = with_steps(report, inference.explain(timed=started is not None))
    emit(report, format)


def _figures(inference: Inference, output: OutputFile | None, classes: Classes | None) -> dict[str, Figures]:
    """Run all batches; what comes out goes into the file, the classes and the figures, by name."""
    from nnbuild.report.outputs import Figures
    from nnbuild.report.progress import progress

    figures: dict[str, Figures] = {}
    with (
        output or nullcontext() as file,
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
    return figures


def _tell_of(output: OutputFile) -> None:
    """Say what was written, and which arrays could not keep their names."""
    changed = output.members.changed
    for name, member in list(changed.items())[:_TOLD]:
        warn(f"note: {cut(name, 100)!r} is called {cut(member, 100)!r} in {output.path}")
    if len(changed) > _TOLD:
        warn(f"note: and {len(changed) - _TOLD:,} more have other names")
    warn(f"wrote {output.path}")


def _span(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms"
