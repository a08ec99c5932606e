"""The formats of a report: which there are, and those that are text."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from math import isfinite
from typing import Any

from nnbuild.report.plain import plain
from nnbuild.report.table import Report, Table, legible, text


def render(report: Report, format: str) -> str:
    """The report in a format that is text; "rich" is drawn by `rich_table` instead."""
    return _WRITERS[format](report)


def _plain(report: Report) -> str:
    return plain(legible(report))


def _json(report: Report) -> str:
    import json

    options: dict[str, Any] = {"indent": 2, "ensure_ascii": False, "allow_nan": False, "default": _json_value}
    try:
        text = json.dumps(report.data, **options)
    except ValueError:  # NaN and infinity, which a spec's own values may be
        text = json.dumps(_finite(report.data), **options)
    return re.sub(r"[^\n -~]", lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text)


def _finite(value: Any) -> Any:
    """The value with text for what is no number in JSON."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def _json_value(value: object) -> object:
    return list(value) if isinstance(value, tuple) else str(value)


def _csv(report: Report) -> str:
    import csv
    import io

    whole = legible(report, sys.maxsize)
    table = whole.rows or whole.tables[0]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.key for column in table.columns])
    for line in table.lines:
        writer.writerow([_csv_value(value) for value in line.values])
    return out.getvalue().rstrip("\n")


def _csv_value(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, int | float) else text(value)


def _markdown(report: Report) -> str:
    return "\n\n".join(_markdown_table(table) for table in legible(report).tables)


def _markdown_table(table: Table) -> str:
    blocks = [f"**{_escaped(table.title)}**"] if table.title else []
    if table.columns and table.lines:
        rows = [
            "| " + " | ".join(_escaped(column.header) for column in table.columns) + " |",
            "|" + "|".join("---:" if column.numeric else "---" for column in table.columns) + "|",
        ]
        for line in (*table.lines, *([table.total] if table.total else ())):
            cells = [_escaped(text(value)) for value in line.values]
            if line.values[0] in ("", None) and line.label:
                cells[0] = _escaped(line.label)
            rows.append("| " + " | ".join(cells) + " |")
        blocks.append("\n".join(rows))
    if table.facts:
        blocks.append("\n".join(f"- {_escaped(name)}: {_escaped(value)}" for name, value in table.facts))
    blocks += [_escaped(note) for note in table.notes]
    return "\n\n".join(blocks)


def _escaped(value: str) -> str:
    for mark in "\\`*_|<>[]&~":
        value = value.replace(mark, "\\" + mark)
    return value.replace("\n", "<br>")


_WRITERS: dict[str, Callable[[Report], str]] = {"plain": _plain, "json": _json, "csv": _csv, "markdown": _markdown}

#: Every format; the first is for people at a terminal.
FORMATS = ("rich", *_WRITERS)
