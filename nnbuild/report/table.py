"""Table and Report: what the formats print. Values stay values here; `text` says how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from nnbuild.ops.spec import TensorSpec
from nnbuild.words import cut, shown

DASH = "-"

#: Characters of a cell that are shown, as all cells of a column are as wide as the widest, and of a fact.
MAX_CELL, MAX_FACT = 500, 20_000


class Column(NamedTuple):
    """A column. Params: key, its name in CSV and JSON; header, with its unit; numeric, aligned to the right;
    wide, may be folded where the terminal is narrow; joins, may then stand behind the first column.
    """

    key: str
    header: str
    numeric: bool = False
    wide: bool = False
    joins: bool = False


class Line(NamedTuple):
    """One row of values, None where nothing was counted.

    Params: guide, the tree drawn before the first value; label, what stands there in its place; faint, less weight.
    """

    values: tuple[Any, ...]
    guide: str = ""
    label: str | None = None
    faint: bool = False


class Table(NamedTuple):
    """Lines under columns. Params: total, a last line below a rule; facts, pairs printed below; notes, sentences."""

    columns: Sequence[Column]
    lines: Sequence[Line]
    title: str = ""
    total: Line | None = None
    facts: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()


class Report(NamedTuple):
    """What a command prints. Params: data, for JSON; tables, for the other formats; rows, for CSV, else the first."""

    data: Any
    tables: Sequence[Table]
    rows: Table | None = None


class Shapes(tuple[TensorSpec, ...]):
    """The shapes of several tensors as one value of a table."""


class Lines(tuple[str, ...]):
    """A value of several lines."""


def text(value: Any) -> str:
    """How a value is written: thousands separated, a dash for None."""
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Shapes):
        return ", ".join(str(spec.shape) for spec in value[:3]) + (f", +{len(value) - 3}" if len(value) > 3 else "")
    if isinstance(value, Lines):
        return "\n".join(value)
    return str(value)


def plain_value(value: Any) -> Any:
    """The value as JSON has it: one shape as a list, several as a list of lists."""
    if isinstance(value, Shapes):
        shapes = [list(spec.shape) for spec in value]
        return shapes[0] if len(shapes) == 1 else shapes
    return list(value) if isinstance(value, tuple) else value


def legible(report: Report, most: int = MAX_CELL) -> Report:
    """The report with its words fit to be shown: escaped, and cells of bounded length. Params: most, characters."""
    rows = None if report.rows is None else _legible(report.rows, most)
    return report._replace(tables=[_legible(table, most) for table in report.tables], rows=rows)


def _legible(table: Table, most: int) -> Table:
    return table._replace(
        lines=[_legible_line(line, most) for line in table.lines],
        title=cut(shown(table.title), most),
        total=None if table.total is None else _legible_line(table.total, most),
        facts=[(shown(name), cut(shown(value), MAX_FACT)) for name, value in table.facts],
        notes=["\n".join(map(shown, note.split("\n"))) for note in table.notes],
    )


def _legible_line(line: Line, most: int) -> Line:
    label = None if line.label is None else cut(shown(line.label), most)
    return line._replace(values=tuple([_legible_value(value, most) for value in line.values]), label=label)


def _legible_value(value: Any, most: int) -> Any:
    if isinstance(value, str):
        return cut(shown(value), most)
    return Lines(cut(shown(part), most) for part in value) if isinstance(value, Lines) else value


def head(line: Line) -> str:
    """The first cell with its place in the tree."""
    return line.guide + text(line.values[0] if line.label is None else line.label)


def guides(depths: Sequence[int]) -> list[str]:
    """The branches of a tree drawn before each of its rows, given their depths in order."""
    result = [""] * len(depths)
    open_below: dict[int, bool] = {}
    for place in range(len(depths) - 1, -1, -1):
        depth = depths[place]
        if depth:
            trunk = "".join("│  " if open_below.get(level) else "   " for level in range(1, depth))
            result[place] = trunk + ("├─ " if open_below.get(depth) else "└─ ")
        open_below = {level: seen for level, seen in open_below.items() if level < depth}
        open_below[depth] = True
    return result
