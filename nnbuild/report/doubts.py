"""What is odd about a network that builds and runs: layers and inputs without use, files and steps that do not fit."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

from nnbuild.errors import InputError, Mark, NnbuildError, SpecError
from nnbuild.graph.graph import Graph
from nnbuild.graph.rows import row_tree
from nnbuild.nn.module import Module
from nnbuild.report.places import mark_of
from nnbuild.runs.labels import read_labels
from nnbuild.spec.build.stated import Input, Spec


def unused_layers(graphs: Sequence[Graph], complete: bool) -> Iterator[NnbuildError]:
    """A warning for each layer of the spec that no graph runs, the outermost ones; a block's at its first place.

    Params: complete, whether all choices were traced.
    """
    rows = [row for graph in graphs for row, _ in row_tree(graph).walk() if row.kind == "module"]
    idle = {row.path: row for row in rows} | {row.path: None for row in rows if row.executed}
    hint = "call it in the forward, or remove it" if complete else "or it runs for choices that were not traced"
    marks: set[Mark] = set()
    for path, row in idle.items():
        source = row.module.source if row and row.module else None
        if source is None or source.mark in marks or idle.get(path.rpartition(".")[0]):
            continue
        marks.add(source.mark)
        yield SpecError(f"the layer {path} is never run", path=path, mark=source.mark, hint=hint)


def unused_inputs(spec: Spec, model: Module, graphs: Sequence[Graph]) -> Iterator[NnbuildError]:
    """A warning for each input that no graph computes with, and whose shape the forward does not ask for."""
    asked = set(_asked_for_shape(model))
    for place, input in enumerate(spec.inputs):
        if place in asked or any(_computes_with(graph, place) for graph in graphs):
            continue
        key = "inputs" if len(spec.inputs) > 1 else "input"
        mark = mark_of(spec, key, input.name)
        yield SpecError(f"the input {input.name} is not used", mark=mark, hint="use it in the forward, or remove it")


def _computes_with(graph: Graph, place: int) -> bool:
    value = graph.inputs[place]
    return any(value is used for used in graph.outputs) or any(
        value is used for node in graph.nodes for used in node.inputs
    )


def _asked_for_shape(model: Module) -> Iterator[int]:
    """The places of the inputs behind which the forward writes a dot, as in mask.shape or mask.size(0)."""
    program = model.definition.program
    for statement in program.body if program else ():
        for node in ast.walk(statement):
            owner = node.value.id if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) else None
            if program and owner in program.inputs:
                yield program.inputs.index(owner)


def labels_of_other_number(spec: Spec, graph: Graph) -> Iterator[NnbuildError]:
    """A warning if the spec names more or fewer classes than the first output has."""
    output = graph.outputs[0] if graph.outputs else None
    try:
        labels = read_labels(spec)
    except InputError:
        return  # a problem, and told as one
    if labels and not spec.customised and output is not None and output.ndim == 2 and len(labels) != output.shape[1]:
        count = f"{len(labels)} label" + ("s" if len(labels) != 1 else "")
        message = f"the spec names {count} and the output has {output.shape[1]} classes"
        yield SpecError(message, mark=mark_of(spec, "labels"), hint="`run` numbers the classes instead")


def misfit_steps(spec: Spec) -> Iterator[NnbuildError]:
    """A warning for each step under `preprocess:` that makes images of another size than the input's."""
    image = next((input for input in spec.inputs if len(input.shape) == 4), None)
    if image is None or not spec.preprocess:
        return
    channels = 1 if spec.preprocess.get("grayscale") else 3
    if isinstance(image.shape[1], int) and image.shape[1] != channels:
        hint = "write grayscale: true" if image.shape[1] == 1 else None
        message = f"preprocess makes {channels} channel{'s' * (channels > 1)} and the input has {image.shape[1]}"
        yield SpecError(message, mark=mark_of(spec, "preprocess", "grayscale"), hint=hint)
    for key in ("mean", "std"):
        numbers = spec.preprocess.get(key)
        if isinstance(numbers, list | tuple) and len(numbers) not in (1, channels):
            message = f"{key} has {len(numbers)} numbers and the images {channels} channel{'s' * (channels > 1)}"
            yield SpecError(message, mark=mark_of(spec, "preprocess", key))
    yield from _misfit_size(spec, image)


def _misfit_size(spec: Spec, image: Input) -> Iterator[NnbuildError]:
    key = "crop" if "crop" in spec.preprocess else "resize"
    step: Any = spec.preprocess.get(key)
    wanted = image.shape[2:]
    if step is None or any(isinstance(size, str) for size in wanted):
        return
    height, width = (step, step) if isinstance(step, int) else step
    if (height, width) != tuple(wanted):
        message = f"preprocess makes images of {height}x{width} and the input is {wanted[0]}x{wanted[1]}"
        yield SpecError(message, mark=mark_of(spec, "preprocess", key), hint=f"{key}: [{wanted[0]}, {wanted[1]}]")
    elif key == "resize" and isinstance(step, int):
        message = f"resize: {step} makes the shorter side {step} and leaves the longer one as it comes"
        hint = f"add crop: {step}, or write resize: [{step}, {step}]"
        yield SpecError(message, mark=mark_of(spec, "preprocess", key), hint=hint)
