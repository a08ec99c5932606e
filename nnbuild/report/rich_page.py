"""Pages of Markdown drawn by rich, for people at a terminal."""

from __future__ import annotations

from rich import markdown
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text
from rich.theme import Theme

from nnbuild.report.rich_table import drawn, drawn_at_once
from nnbuild.report.table import Column, Line, Table

#: rich's own puts a black background behind a word.
_THEME = Theme({"markdown.code": "cyan"})


def print_page(page: str, console: Console | None = None) -> None:
    """Draw the page on the console."""
    console = console or Console(highlight=False)
    with drawn_at_once(console), console.use_theme(_THEME):
        console.print(_Page(page))


class _Heading(markdown.Heading):
    """At the left, whatever its level; the page's title underlined."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.text.plain, style="bold underline" if self.tag == "h1" else "bold")


class _Code(markdown.CodeBlock):
    """Indented, in the terminal's own colours."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = Syntax(
            self.text.plain.rstrip(), self.lexer_name, theme="ansi_dark", background_color="default", word_wrap=True
        )
        yield Padding(code, (0, 0, 0, 4))


class _Table(markdown.TableElement):
    """As reports are drawn: as a grid where that fits, else as records."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        assert self.header and self.header.row and self.body
        headers = self.header.row.cells
        columns = [
            Column(cell.content.plain, cell.content.plain, numeric=cell.justify == "right", wide=cell is headers[-1])
            for cell in headers
        ]
        lines = [Line(tuple(cell.content.plain for cell in row.cells)) for row in self.body.rows]
        yield drawn(Table(columns, lines), options.max_width)


class _Page(markdown.Markdown):
    """Without comments, and without links: they lead from page to page on the web, and their words say where."""

    elements = {
        **markdown.Markdown.elements,
        "heading_open": _Heading,
        "fence": _Code,
        "table_open": _Table,
    }

    def __init__(self, page: str) -> None:
        super().__init__(page)
        self.parsed = [token for token in self.parsed if token.type != "html_block"]
        for token in self.parsed:
            token.children = [child for child in token.children or () if child.type not in ("link_open", "link_close")]
