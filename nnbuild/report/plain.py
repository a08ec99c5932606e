"""Tables as aligned text, for pipes and files: nothing is cut or folded, whatever the width."""

from __future__ import annotations

from nnbuild.report.table import Report, Table, head, text

GAP = "  "


def plain(report: Report) -> str:
    """The report's tables one below the other."""
    return "\n\n".join(_table(table) for table in report.tables)


def _table(table: Table) -> str:
    blocks = [table.title] if table.title else []
    if table.columns and table.lines:
        blocks.append(_aligned(table))
    if table.facts:
        blocks.append(aligned_facts(table.facts))
    blocks += table.notes
    return "\n\n".join(blocks) if table.facts or table.notes else "\n".join(blocks)


def aligned_facts(facts: object) -> str:
    """'name   value' with the values below each other."""
    pairs = list(facts)  # type: ignore[call-overload]
    width = max(len(name) for name, _ in pairs)
    return "\n".join(f"{name:<{width}}{GAP}{value}".rstrip() for name, value in pairs)


def _aligned(table: Table) -> str:
    lines_shown = (*table.lines, *([table.total] if table.total else ()))
    columns = table.columns
    rows = [[head(line), *map(text, line.values[1:])] for line in lines_shown]
    cells = [[cell.split("\n") for cell in row] for row in rows]
    widths = [
        max(len(column.header), *(len(part) for row in cells for part in row[place]))
        for place, column in enumerate(columns)
    ]
    last = len(columns) - 1

    def written(parts: list[str]) -> str:
        aligned = [
            part.rjust(width) if column.numeric else part if place == last else part.ljust(width)
            for place, (part, width, column) in enumerate(zip(parts, widths, columns, strict=True))
        ]
        return GAP.join(aligned).rstrip()

    rule = "-" * (sum(widths) + len(GAP) * last)
    lines = [written([column.header for column in columns]), rule]
    for place, row in enumerate(cells):
        if table.total and place == len(cells) - 1:
            lines.append(rule)
        height = max(map(len, row))
        lines += [written([part[at] if at < len(part) else "" for part in row]) for at in range(height)]
    return "\n".join(lines)
