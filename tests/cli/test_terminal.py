"""What a terminal gets beside the data: colours in messages, and completion."""

from __future__ import annotations

import os
import sys

import pytest
from click.shell_completion import ShellComplete

from nnbuild.cli import cli
from nnbuild.cli.colours import coloured, colours_wanted
from nnbuild.errors import Mark, SpecError

PROBLEM = SpecError("bad", hint="good", mark=Mark("net.yaml", 12, 3, 2, "a: error: x | ^y"), label="here", path="p")


def test_colours_change_no_letter():
    import click

    for kind in ("error", "warning", "note"):
        text = PROBLEM.render(kind)
        assert click.unstyle(coloured(text)) == text
        assert coloured(text).startswith("\x1b[") and "\x1b[" not in text
    lines = coloured(PROBLEM.render()).splitlines()
    assert lines[0] == "\x1b[31m\x1b[1merror\x1b[0m: bad"
    assert lines[3] == "\x1b[34m12 |\x1b[0m a: error: x | ^y"
    assert lines[4] == "\x1b[34m   |\x1b[0m\x1b[31m   ^^ here\x1b[0m"
    assert lines[5] == "\x1b[34m   = \x1b[0m\x1b[32mhelp:\x1b[0m good"


@pytest.mark.parametrize(
    ("terminal", "environment", "wanted"),
    [
        (True, {}, True), (False, {}, False), (True, {"NO_COLOR": "1"}, False), (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)  # fmt: skip
def test_when_there_are_colours(monkeypatch, terminal, environment, wanted):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    assert colours_wanted() is wanted


def test_a_pipe_gets_none(run, spec):
    assert "\x1b" not in run("check", spec("layers: [Rely]\n"), status=1).stderr


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals")
def test_a_terminal_gets_them(spec):
    import pty
    import subprocess

    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm"}
    program = [sys.executable, "-m", "nnbuild", "summary", str(spec("layers: [Rely]\n"))]
    subprocess.run(program, stderr=theirs, stdout=subprocess.DEVNULL, env=environment, check=False)
    os.close(theirs)
    assert b"\x1b[31m\x1b[1merror\x1b[0m: there is no layer type Rely" in os.read(ours, 10_000)
    os.close(ours)


def completed(words: str) -> list[tuple[str, str]]:
    """Kinds and values that a shell is offered for the last word."""
    *before, last = words.split(" ")
    found = ShellComplete(cli, {}, "nnbuild", "_NNBUILD_COMPLETE").get_completions(before, last)
    return [(item.type, item.value) for item in found]


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("su", ["summary"]),
        ("summary resnet1", ["resnet18", "resnet101", "resnet152"]),
        ("check alexnet lenet_m", ["lenet_mnist"]),
        ("check mine", ["mine.yaml"]),
        ("list vgg11_", ["vgg11_bn"]),
        ("layers BatchNorm", ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d"]),
        ("shapes AvgP", ["AvgPool1d", "AvgPool2d", "AvgPool3d"]),
        ("help lan", ["language"]),
        ("bench lenet --against on", ["onnxruntime"]),
        ("summary lenet --columns jum", ["jump"]),
        ("check --str", ["--strict"]),
        ("run lenet --save features.conv", ["features.conv1", "features.conv2"]),
        ("summary resnet --variant wide_resnet5", ["wide_resnet50_2"]),
        ("summary resnet --set cl", ["classes="]),
        ("check module_dict --choose ac", ["act="]),
        ("summary lenet --format mark", ["markdown"]),
    ],
)
def test_completion(words, values, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("layers: [ReLU]\n")
    assert completed(words) == [("plain", value) for value in values]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("summary ./ne", "./ne"),
        ("layers zzz", "zzz"),
        ("run lenet --input x=a", "a"),
        ("run lenet --weights w", "w"),
        ("run lenet --save zzz", "zzz"),
        ("run ./no/such.yaml --save zzz", "zzz"),
    ],
)
def test_completion_falls_back_to_files(words, value):
    assert completed(words) == [("file", value)]


def test_an_unknown_command_completes_to_nothing():
    assert completed("zzz al") == []
