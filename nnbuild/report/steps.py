"""The steps of a run, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnbuild.report.table import Column, Line, Report, Table

if TYPE_CHECKING:
    from nnbuild.engine.explain import StepRow


def with_steps(report: Report, rows: Sequence[StepRow]) -> Report:
    """The report with the steps behind it."""
    columns = [
        Column("step", "Step", True),
        Column("path", "Layer", wide=True),
        Column("ops", "Ops", wide=True),
        Column("algorithm", "Algorithm"),
        Column("output", "Output"),
        Column("buffer", "Buffer [bytes]"),
    ]
    timed = any(row.milliseconds is not None for row in rows)
    if timed:
        columns += [Column("milliseconds", "Time [ms]", True), Column("gflops", "GFLOP/s", True)]
    lines = []
    for row in rows:
        values = (row.step, row.path, " + ".join(row.ops), row.algorithm, str(row.output), row.buffer)
        lines.append(Line((*values, _short(row.milliseconds), _short(row.gflops)) if timed else values))
    steps = [{column.key: value for column, value in zip(columns, line.values, strict=True)} for line in lines]
    data = {**report.data, "steps": steps} if isinstance(report.data, dict) else report.data
    notes = [] if rows else ["the layers ran one by one, as they do where outputs of layers are saved"]
    return report._replace(data=data, tables=[*report.tables, Table(columns, lines, "Steps", notes=notes)])


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
