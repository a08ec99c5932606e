"""Checking a spec: whether it builds and runs on shapes, whether its files are there, and whether its facts hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nnbuild.errors import Mark, NnbuildError, ProblemList, SpecError
from nnbuild.graph.graph import Graph
from nnbuild.graph.rows import row_tree
from nnbuild.graph.totals import Totals, totals
from nnbuild.graph.trace import trace
from nnbuild.ops.spec import TensorSpec
from nnbuild.report.table import Column, Line, Report, Shapes, Table
from nnbuild.spec import load
from nnbuild.spec.build.stated import Spec


class Verdict(NamedTuple):
    """What a check found. Params: name, as asked for; figures and outputs, as far as the network could be traced."""

    name: str
    problems: list[NnbuildError]
    figures: Totals | None = None
    outputs: Shapes | None = None


def check(name: str, variant: str | None = None) -> Verdict:
    """Build and trace a spec, or one of its variants, and hold it to what it states."""
    label = f"{name}: {variant}" if variant else name
    try:
        model = load(name, variant=variant).eval()
        spec = model.spec
        assert spec is not None
        if not spec.inputs:
            return Verdict(label, _missing_files(spec))
        graph = trace(model, *(TensorSpec(input.sized(), input.dtype) for input in spec.inputs))
    except NnbuildError as error:
        return Verdict(label, error.problems if isinstance(error, ProblemList) else [error])
    figures = totals(graph, row_tree(graph))
    problems = [*_missing_files(spec), *_unexpected(spec, graph, figures)]
    return Verdict(label, problems, figures, Shapes(graph.outputs))


def _missing_files(spec: Spec) -> list[NnbuildError]:
    """A problem for each file that the spec names and that is not there."""
    named = {"labels": [spec.labels] if isinstance(spec.labels, Path) else [], "example": list(spec.example.values())}
    return [
        SpecError(f"the {what} file {path.name} is missing", mark=_mark(spec, what), path=None)
        for what, paths in named.items()
        for path in paths
        if not path.is_file()
    ]


def _unexpected(spec: Spec, graph: Graph, figures: Totals) -> Iterator[NnbuildError]:
    """A problem for each fact under `expect:` that does not hold."""
    for key, expected in spec.expect.items():
        if key == "output":
            yield from _unexpected_output(spec, graph, expected)
            continue
        found = getattr(figures, key)
        if (found or 0) != expected:
            message = f"{key} is {found or 0:,}, and the spec expects {expected:,}"
            yield SpecError(message, mark=_mark(spec, "expect", spec.variant, key))


def _unexpected_output(spec: Spec, graph: Graph, expected: Any) -> Iterator[NnbuildError]:
    found: Any = [value.shape for value in graph.outputs]
    if isinstance(expected, dict):
        result = graph.result if isinstance(graph.result, dict) else {}
        found = {key: getattr(result.get(key), "shape", None) for key in expected}
        wanted: Any = {key: _sized(shape) for key, shape in expected.items()}
    elif expected and isinstance(expected[0], tuple):
        wanted = [_sized(shape) for shape in expected]
    else:
        wanted = [_sized(expected)]
    if found != wanted:
        mark = _mark(spec, "expect", spec.variant, "output")
        yield SpecError(f"the output is {_written(found)}, and the spec expects {_written(wanted)}", mark=mark)


def _sized(shape: Sequence[int | str]) -> tuple[int, ...]:
    return tuple(1 if isinstance(size, str) else size for size in shape)


def _written(shapes: Any) -> str:
    if isinstance(shapes, dict):
        return ", ".join(f"{key} {shape}" for key, shape in shapes.items())
    return ", ".join(map(str, shapes)) or "nothing"


def _mark(spec: Spec, *keys: str | None) -> Mark | None:
    """The place of a value in the spec's file; a key that is not there is passed over."""
    from nnbuild.spec.text.nodes import Mapping
    from nnbuild.spec.text.reader import read

    node = read(spec.file)
    for key in keys:
        inner = node.get(key) if key and isinstance(node, Mapping) else None
        node = inner or node
    return node.mark


_COLUMNS = (
    Column("spec", "Spec", wide=True),
    Column("result", "Result"),
    Column("params", "Params", True),
    Column("macs", "Multiply-adds", True),
    Column("output_shape", "Output shape"),
)


def verdicts(found: Sequence[Verdict]) -> Report:
    """The report on several checks, a line each."""
    lines, data = [], []
    for verdict in found:
        count = len(verdict.problems)
        result = "ok" if not count else "1 problem" if count == 1 else f"{count} problems"
        figures = verdict.figures
        numbers = (figures.params or None, figures.macs) if figures else (None, None)
        lines.append(Line((verdict.name, result, *numbers, verdict.outputs)))
        data.append(
            {
                "spec": verdict.name,
                "ok": not count,
                "params": figures.params if figures else None,
                "macs": figures.macs if figures else None,
                "output_shape": [list(spec.shape) for spec in verdict.outputs or ()],
                "problems": [_problem(problem) for problem in verdict.problems],
            }
        )
    return Report(data, [Table(_COLUMNS, lines)])


def _problem(problem: NnbuildError) -> dict[str, Any]:
    mark = problem.mark
    return {
        "message": problem.message,
        "file": mark.file if mark else None,
        "line": mark.line if mark else None,
        "column": mark.column if mark else None,
        "path": problem.path,
        "hint": problem.hint,
    }
