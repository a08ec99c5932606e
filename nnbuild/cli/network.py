"""From a command's arguments to a network and its graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from nnbuild.cli.options import outside_allowed, unknown_name
from nnbuild.cli.output import warn
from nnbuild.errors import InputError, NnbuildError
from nnbuild.nn.module import Module
from nnbuild.ops.spec import TensorSpec
from nnbuild.spec.build.stated import BATCH, agreed

if TYPE_CHECKING:
    from nnbuild.graph.graph import Graph
    from nnbuild.spec.build.stated import Spec

Shapes = Mapping[str | None, tuple[int, ...]]


class Network(NamedTuple):
    """A model in evaluation mode, and what its spec says beside the layers."""

    model: Module
    spec: Spec


def build(
    spec: str,
    params: dict[str, Any],
    variant: str | None,
    choices: dict[str, Any],
    *,
    seed: int = 0,
    weights: bool = False,
) -> Network:
    """The network of a spec; says so where it comes with the program. weights, load the spec's."""
    from nnbuild.exchange.networks import load

    model = load(
        spec,
        params=params,
        variant=variant,
        choose=choices,
        seed=seed,
        weights=weights,
        allow_outside=outside_allowed(),
    )
    assert model.spec is not None
    if model.spec.bundled:
        warn(f"using the bundled spec {model.spec.file.name}")
    for words in model.spec.remarks:
        warn(f"note: {words}")
    return Network(model.eval(), model.spec)


def input_specs(spec: Spec, shapes: Shapes, batch: int = 1) -> list[TensorSpec]:
    """The network's inputs as specs: those that the spec states, in the sizes that are given instead."""
    stated = spec.inputs
    if not stated:
        return _unstated(spec, shapes)
    names = [input.name for input in stated]
    if None in shapes and len(names) > 1:
        named = " ".join(f"--input {name}=..." for name in names)
        raise InputError(f"the network has {len(names)} inputs", hint=f"name them: {named}")
    for name in shapes:
        if name is not None and name not in names:
            raise InputError(f"the network has no input {name!r}", hint=unknown_name("inputs", name, names))
    given = {names[0] if name is None else name: shape for name, shape in shapes.items()}
    sizes = {BATCH: batch, **agreed(stated, given)}
    return [TensorSpec(given.get(input.name) or input.sized(sizes=sizes), input.dtype) for input in stated]


def _unstated(spec: Spec, shapes: Shapes) -> list[TensorSpec]:
    if not shapes and spec.foreign:
        raise InputError(f"{spec.file} does not say what {spec.name} takes", hint="say --input 1,3,224,224")
    if not shapes:
        hint = "write `input: [N, 3, 224, 224]` into it, or say --input 1,3,224,224"
        raise InputError("the spec states no input", hint=hint)
    return [TensorSpec(shape) for shape in shapes.values()]


def traced(network: Network, shapes: Shapes) -> Graph:
    """The graph of the network for these inputs, which have the spec's names. An error holds what was traced."""
    from nnbuild.graph.trace import trace

    try:
        graph = trace(network.model, *input_specs(network.spec, shapes))
    except NnbuildError as error:
        if error.graph is not None:
            _name_inputs(error.graph, network.spec)
        raise
    _name_inputs(graph, network.spec)
    return graph


def _name_inputs(graph: Graph, spec: Spec) -> None:
    for value, input in zip(graph.inputs, spec.inputs, strict=False):
        value.name = input.name
