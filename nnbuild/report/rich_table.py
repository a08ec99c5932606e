"""Tables drawn by rich, for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import wrap
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from nnbuild.report.table import Line, Report, Table, head, legible, text

#: Columns of a terminal that says it has none.
_WIDTH = 80


def print_rich(report: Report, console: Console | None = None) -> None:
    """Draw the report on the console."""
    console = console or Console(highlight=False)
    with drawn_at_once(console):
        for place, table in enumerate(legible(report).tables):
            if place:
                console.print()
            console.print(drawn(table, console.width))


@contextmanager
def drawn_at_once(console: Console) -> Iterator[None]:
    """Context: what is drawn goes to the console's file at the end, so that a file that fails is the caller's matter.

    rich itself ends the program where the reader has gone, with a status of its own.
    """
    if console.width < 1:
        console.width = _WIDTH
    with console.capture() as captured:
        yield
    console.file.write(captured.get())
    console.file.flush()


def drawn(table: Table, width: int) -> RenderableType:
    """The table for a terminal of this width: as a grid if it fits, else one record below the other."""
    blocks: list[RenderableType] = []
    if table.title:
        blocks.append(Text(table.title, style="bold"))
    if table.columns and table.lines:
        blocks.append(_body(table, width))
    if table.facts:
        blocks.append(_facts(table))
    if table.notes:
        style = "dim" if table.lines or table.facts else ""
        blocks.append(Group(*(Text(note, style=style) for note in table.notes)))
    spaced = [part for block in blocks for part in (Text(), block)]
    return Group(*spaced[1:])


def _body(table: Table, width: int) -> RenderableType:
    """As a grid if that fits in one of several ways, each narrower than the one before, else as records."""
    for candidate in (table, _joined(_with_tall_headers(table), width)):
        for gap in (2, 1):
            if sum(_widths(candidate)) + gap * (len(candidate.columns) - 1) <= width:
                return _grid(candidate, gap)
    widths = zip(_widths(candidate), candidate.columns, strict=True)
    folded = sum(min(natural, 18) if column.wide else natural for natural, column in widths)
    return _grid(candidate, 1) if folded + len(candidate.columns) - 1 <= width else _records(table, width)


def _with_tall_headers(table: Table) -> Table:
    """The table with a line for each word of a header."""
    return table._replace(
        columns=[column._replace(header=column.header.replace(" ", "\n")) for column in table.columns]
    )


def _widths(table: Table) -> list[int]:
    """The natural width of each column."""
    lines = [*table.lines, *([table.total] if table.total else ())]
    widths = [max(map(len, column.header.split("\n"))) for column in table.columns]
    for line in lines:
        cells = [head(line), *map(text, line.values[1:])]
        widths = [max(width, *map(len, cell.split("\n"))) for width, cell in zip(widths, cells, strict=True)]
    return widths


def _joined(table: Table, width: int) -> Table:
    """The table with its joining column written behind the first one, or below where there is no room behind."""
    place = next((place for place, column in enumerate(table.columns) if column.joins), None)
    if place is None:
        return table._replace(columns=list(table.columns))
    others = [each for at, each in enumerate(_widths(table)) if at not in (0, place)]
    room = max(18, width - sum(others) - 2 * len(others))

    def without(line: Line) -> Line:
        label = f"{text(line.values[0] if line.label is None else line.label)} {text(line.values[place])}".rstrip()
        below = "\n" + line.guide.replace("├─", "│ ").replace("└─", "  ") + "  "
        label = below.join(wrap(label, max(8, room - len(line.guide) - 2), break_on_hyphens=False))
        return line._replace(values=_drop(line.values, place), label=label)

    return table._replace(
        columns=_drop(tuple(table.columns), place),
        lines=[without(line) for line in table.lines],
        total=without(table.total) if table.total else None,
    )


def _drop(items: tuple[Any, ...], place: int) -> tuple[Any, ...]:
    return (*items[:place], *items[place + 1 :])


def _grid(table: Table, gap: int) -> RichTable:
    grid = RichTable(
        box=box.SIMPLE,
        show_edge=False,
        pad_edge=False,
        padding=(0, gap - 1, 0, 0),  # the box adds one
        header_style="bold",
        show_footer=table.total is not None,
    )
    totals = _cells(table.total) if table.total else [Text()] * len(table.columns)
    for place, (column, total) in enumerate(zip(table.columns, totals, strict=True)):
        grid.add_column(
            Text(column.header),
            total,
            justify="right" if column.numeric else "left",
            no_wrap=not column.wide,
            overflow="fold",
            style="cyan" if place == 0 else "",
            footer_style="bold",
        )
    for line in table.lines:
        grid.add_row(*_cells(line), style="dim" if line.faint else "")
    return grid


def _cells(line: Line) -> list[Text]:
    first = Text.assemble((line.guide, "dim"), text(line.values[0] if line.label is None else line.label))
    return [first, *(Text(text(value)) for value in line.values[1:])]


def _records(table: Table, width: int) -> Group:
    """Each line as a small block: its first value, then 'header  value' below it."""
    widest = max(len(column.header) for column in table.columns[1:])
    parts: list[RenderableType] = []
    for line in (*table.lines, *([table.total] if table.total else ())):
        parts.append(Text(head(line), style="cyan", overflow="fold"))
        indent = " " * (len(line.guide) + 2)
        below = f"\n{indent}{' ' * widest}  "
        for column, value in zip(table.columns[1:], line.values[1:], strict=True):
            if body := text(value):
                room = max(8, width - len(below) + 1)
                pieces = [
                    piece for row in body.split("\n") for piece in wrap(row, room, break_on_hyphens=False) or [""]
                ]
                parts.append(Text(f"{indent}{column.header:<{widest}}  {below.join(pieces)}", overflow="fold"))
    return Group(*parts)


def _facts(table: Table) -> RichTable:
    grid = RichTable.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in table.facts:
        grid.add_row(Text(name, style="bold"), Text(value))
    return grid
