"""`nnbuild help`: the pages of the guide."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from nnbuild import guide
from nnbuild.report.rich_page import print_page
from tests.cli.conftest import Run

FOLDER = Path(guide.__file__).parent
#: Comments, targets of links, languages of code, and headers of tables, whose first is left out of records.
UNDRAWN = re.compile(r"<!--.*?-->|\]\([^)]*\.md\)|^```\w*$|^\|[^\n]*\n(?=\|[-:| ]+\|$)", re.MULTILINE | re.DOTALL)


def drawn(page: str, width: int) -> list[str]:
    out = io.StringIO()
    print_page(page, Console(file=out, width=width, highlight=False))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_every_page_is_listed_with_its_line(run: Run) -> None:
    pages = sorted(FOLDER.glob("*.md"))
    assert len(pages) >= 7
    lines = run("help").stdout.splitlines()
    for path, line in zip(pages, lines[2:], strict=False):
        title, about, _ = path.read_text("utf-8").split("\n\n", 2)
        assert title.startswith("# ") and "\n" not in about and about.endswith(".")
        assert line.split(None, 1) == [path.stem, about]
    assert lines[2 + len(pages)] == ""


@pytest.mark.parametrize("topic", guide.topics())
def test_a_page_in_a_pipe_is_its_markdown(run: Run, topic: str) -> None:
    assert run("help", topic).stdout == (FOLDER / f"{topic}.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("topic", "hint"),
    [
        ("langage", "did you mean language?"),
        ("zzz", "there are commands, counting, language,"),
        ("../errors", "there are commands, counting, language,"),
        ("run", "the command's own help is `nnbuild run --help`"),
    ],
)
def test_an_unknown_topic(run: Run, topic: str, hint: str) -> None:
    result = run("help", topic, status=1)
    assert result.stdout == ""
    assert f"there is no topic {topic!r}" in result.stderr and hint in result.stderr


def test_the_help_of_the_program_names_it(run: Run) -> None:
    assert "`nnbuild help` lists the pages of the guide" in run("--help").stdout


@pytest.mark.parametrize("width", [60, 100])
@pytest.mark.parametrize("topic", guide.topics())
def test_a_drawn_page_fits_and_loses_no_word(topic: str, width: int) -> None:
    page = guide.page(topic)
    lines = drawn(page, width)
    assert max(map(len, lines)) <= width
    text = re.sub(r"[\W_]+", "", "".join(lines))
    for word in re.findall(r"[A-Za-z]{4,}", UNDRAWN.sub("", page)):
        assert word in text


def test_what_a_page_is_drawn_as() -> None:
    page = (
        "# Title\n\nSee [`nnbuild help speed`](speed.md), `x\\[i\\](j)`.\n\n<!-- $ nnbuild list -->\n\n## Part\n\n"
        "| name | n |\n|---|--:|\n| a\\[i\\](j) | 10 |\n| b | 9 |\n\n```yaml\nlayers:\n  - ReLU\n```\n"
    )
    assert drawn(page, 40) == [
        "Title",
        "",
        "See nnbuild help speed, x\\[i\\](j).",
        "",
        "Part",
        "",
        "name      n",
        "───────────",
        "a[i](j)  10",
        "b         9",
        "",
        "    layers:",
        "      - ReLU",
    ]
