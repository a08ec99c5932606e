"""Names and messages of others in what is shown: escaped, on one line, cut, and suggested for in bounded time."""

from __future__ import annotations

import json
import time
import unicodedata

import pytest

from nnbuild.errors import Mark, NnbuildError, ProblemList, SpecError, suggestion
from nnbuild.report.table import Column, Line, Lines, Report, Table
from nnbuild.report.texts import render
from nnbuild.words import cut, listed, shown

EVIL = "\x1b]0;pwned\x07\x1b[2J\x9b31m\u202egnp.exe\u2066\nerror: forged\r\x7f"
FORMATS = ("plain", "rich", "csv", "markdown", "json")


def steers(text: str) -> set[str]:
    """The characters that do more than being seen."""
    return {
        letter for letter in text if letter != "\n" and unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }


def test_what_is_shown():
    assert shown("größe 日本\u3000語 [b]") == "größe 日本\u3000語 [b]"
    assert shown("a\x1b\n\u202e\ud800\x9b") == "a\\x1b\\n\\u202e\\ud800\\x9b"
    assert cut("x" * 2000, 100) == "x" * 80 + " ... 1,900 characters ... " + "x" * 20
    assert listed("abcde", 3) == "a, b, c, and 2 more" and listed("abc", 2) == "a, b, c"


def test_an_error_shows_nothing_raw():
    mark = Mark(EVIL, 1, 3, 2, f"ab{EVIL}cd")
    error = SpecError(EVIL, hint=EVIL, notes=[EVIL], path=EVIL, mark=mark, label=EVIL, details=[EVIL])
    for text in (error.render(), str(error)):
        assert not steers(text.replace("\t", "")) and "\nerror" not in text


def test_the_mark_points_at_what_is_escaped():
    lines = SpecError("bad", mark=Mark("a.yaml", 1, 3, 2, "\x07a\x1bbc")).render().split("\n")
    assert lines[3:] == ["1 | \\x07a\\x1bbc", "  |      ^^^^^"]


def test_a_long_line_is_shown_around_the_mark():
    lines = (
        SpecError("bad", mark=Mark("a.yaml", 1, 50_001, 3, "x" * 50_000 + "bad" + "y" * 50_000)).render().split("\n")
    )
    assert max(map(len, lines)) < 250
    place = lines[4].index("^")
    assert lines[3][place : place + 3] == "bad"


def test_a_report_is_cut():
    error = SpecError("x" * 10**6, hint="y" * 10**6, notes=["z" * 10**5] * 500)
    text = ProblemList([error] * 1000).render()
    assert "and 480 more notes" in error.render() and text.endswith("error: and 950 more problems")
    assert len(error.render()) < 40_000


@pytest.mark.parametrize("format", ["markdown", "json", "csv", "plain"])
def test_tables_show_nothing_raw(format):
    line = Line((EVIL, Lines([EVIL]), 1), label=EVIL)
    columns = [Column("a", "A"), Column("b", "B"), Column("c", "C", True)]
    table = Table(columns, [line], title=EVIL, total=line, facts=[(EVIL, EVIL)], notes=["\x1b\u202e"])
    text = render(Report({"name": EVIL, "nan": float("nan")}, [table]), format)
    assert not steers(text) and "\nerror: forged" not in text
    if format == "json":
        assert json.loads(text) == {"name": EVIL, "nan": "nan"}


SPECS = {
    "a name": 'layers:\n  "\\e]0;pwned\\a\\u202E[bold]\\nerror: x": Linear(4, 4)\n',
    "a message": "layers: {r: ReLU}\nforward: |\n  raise ValueError('\\x1b]0;pwned\\x07\\u202e')\n  return x\n",
    "a key": '"\\e]52;c;cm0gLXJmIH4=\\a": 1\nlayers: {r: ReLU}\n',
    "a label": 'labels: ["\\e[31mred", b, c, d]\nlayers: {r: Softmax(1)}\n',
}


@pytest.mark.parametrize("case", SPECS)
@pytest.mark.parametrize("command", ["summary", "check", "shapes"])
def test_a_command_shows_nothing_raw(spec, case, command):
    from click.testing import CliRunner

    from nnbuild.cli import cli

    path = str(spec(f"name: A\ninput: [N, 4]\n{SPECS[case]}"))
    for format in FORMATS if case == "a name" else FORMATS[:1]:
        found = CliRunner().invoke(cli, [command, path, "--format", format])
        assert not steers(found.output) and "\nerror: x" not in found.output
        assert found.exit_code in (0, 1)


def test_labels_show_nothing_raw(run, spec, samples):
    path = spec(f"name: A\ninput: [N, 4]\n{SPECS['a label']}")
    for format in FORMATS:
        assert not steers(run("run", path, "--input", samples(), "--topk", 4, "--format", format).output)


@pytest.mark.parametrize(
    "words",
    [
        ("\x1b[2Jx",), ("summary", "\x1b[2Jx"), ("summary", "lenet", "--variant", "\x1b[2J"), ("help", "\x1b[2J"),
        ("layers", "\u202e"), ("summary", "lenet", "--set", "\x1b=1"), ("summary", "lenet", "--\x1b[2J"),
        ("summary", "lenet", "--columns", "\x1b"), ("run", "lenet", "--input", "\x1b[2J.npy"), 
        ("summary", "lenet", "--format", "\x1b"), ("shapes", "Conv2d", "--input", "\x1b"), ("check", "\x1b\n.yaml"),
    ],
)  # fmt: skip
def test_the_command_line_is_shown_escaped(words):
    from click.testing import CliRunner

    from nnbuild.cli import cli

    found = CliRunner().invoke(cli, words, prog_name="nnbuild")
    assert found.exit_code in (1, 2) and not steers(found.output) and found.stderr


def test_standard_error_is_bounded(run, tmp_path):
    for number in range(9):
        lines = "".join(f"  {'n' * 180}{line}: Rely{'y' * 300}{line}\n" for line in range(20))
        (tmp_path / f"net{number}.yaml").write_text(f"input: [N, 4]\nlayers:\n{lines}")
    said = run("check", tmp_path, status=1).stderr
    assert len(said) < 65_536 and said.rstrip().endswith("more messages, which are left out")


@pytest.mark.parametrize(
    "names",
    [
        ["ab" * 10_000 + str(number) for number in range(200)],
        ["ab" * 45 + str(number) for number in range(20_000)],
        [f"{number:020b}".replace("0", "a").replace("1", "b") * 4 for number in range(20_000)],
    ],
)
def test_suggestions_take_bounded_time(names):
    began = time.process_time()
    suggestion("ba" * 40 + "zz", names)
    suggestion("ba" * 40_000, names)
    assert time.process_time() - began < 4


def test_suggestions_among_many():
    names = [f"layer{number}.conv" for number in range(5000)]
    assert suggestion("layer77.cnv", names) == "did you mean layer77.conv?"


@pytest.mark.parametrize(
    "words",
    [
        ("summary", "lenet", "--input", "9" * 5000),
        ("summary", "lenet", "--input", "1,3," + "9" * 4000 + "," + "9" * 4000),
        ("summary", "lenet", "--input", ",".join(["1"] * 3000)),
        ("shapes", "Conv2d", "--input", "9" * 5000),
        ("shapes", "Conv2d", "--input", "224", "--kernel", "9" * 4000),
        ("shapes", "Conv2d", "--input", "224", "--kernel", "0x" + "f" * 4000),
        ("shapes", "Conv2d", "--input", "224", "--kernel", "3," + "9" * 4000),
        ("shapes", "Conv2d", "--input", "224", "--kernel", "1e400"),
        ("run", "lenet", "--seed", "9" * 4000),
        ("run", "lenet", "--seed", "9" * 5000),
        ("run", "lenet", "--threads", "1000000"),
        ("bench", "lenet", "--threads", "9" * 4000),
        ("run", "lenet", "--max-memory", "9" * 4000),
        ("run", "lenet", "--max-memory", "lots"),
    ],
)
def test_long_numbers_on_the_command_line(words):
    from click.testing import CliRunner

    from nnbuild.cli import cli

    found = CliRunner().invoke(cli, words)
    assert found.exit_code in (1, 2) and isinstance(found.exception, SystemExit) and len(found.output) < 2500


def test_an_errors_words_are_those_it_was_given():
    assert NnbuildError("a\nb").message == "a\nb"
