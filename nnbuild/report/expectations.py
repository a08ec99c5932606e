"""Holding a network to the facts that its spec states under `expect:`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnbuild.errors import NnbuildError, SpecError
from nnbuild.graph.graph import Graph
from nnbuild.graph.totals import Totals
from nnbuild.report.places import mark_of
from nnbuild.spec.build.stated import BATCH, Spec, sized


def unexpected(spec: Spec, graph: Graph, figures: Totals) -> Iterator[NnbuildError]:
    """A problem for each fact under `expect:` that does not hold."""
    for key, expected in spec.expect.items():
        if key == "output":
            yield from _unexpected_output(spec, graph, expected)
            continue
        found = getattr(figures, key)
        if (found or 0) != expected:
            message = f"{key} is {found or 0:,}, and the spec expects {expected:,}"
            yield SpecError(message, mark=mark_of(spec, "expect", spec.variant, key))


def _unexpected_output(spec: Spec, graph: Graph, expected: Any) -> Iterator[NnbuildError]:
    found: Any = [value.shape for value in graph.outputs]
    sizes = {BATCH: 1} | {axis: size for input in spec.inputs for axis, size in input.free.items()}
    if isinstance(expected, dict):
        result = graph.result if isinstance(graph.result, dict) else {}
        found = {key: getattr(result.get(key), "shape", None) for key in expected}
        wanted: Any = {key: sized(shape, sizes) for key, shape in expected.items()}
    elif expected and isinstance(expected[0], tuple):
        wanted = [sized(shape, sizes) for shape in expected]
    else:
        wanted = [sized(expected, sizes)]
    if found != wanted:
        mark = mark_of(spec, "expect", spec.variant, "output")
        yield SpecError(f"the output is {_written(found)}, and the spec expects {_written(wanted)}", mark=mark)


def _written(shapes: Any) -> str:
    if isinstance(shapes, dict):
        return ", ".join(f"{key} {shape}" for key, shape in shapes.items())
    return ", ".join(map(str, shapes)) or "nothing"
