"""The README and the pages of the guide tell the truth: their commands run, and print what they show."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest
import yaml

from nnbuild import guide, load
from nnbuild.cli import COMMANDS, cli
from tests import readme

TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in readme.PAGES}
#: Words of commands that make large weights, check every network or take many runs.
LARGE = ("--all", "alexnet", "bench")
SHELL = [
    pytest.param(name, command, marks=[pytest.mark.large] if any(word in command for word in LARGE) else [])
    for name, text in TEXTS.items()
    for command in readme.commands(text)
]
README = TEXTS["README"]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def beside(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page's text; the test runs in a folder with its files."""
    readme.prepare(TEXTS[name], folder)
    monkeypatch.chdir(folder)
    return TEXTS[name]


@pytest.mark.parametrize("name", TEXTS)
def test_printed_outputs_are_what_the_commands_print(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = beside(name, tmp_path, monkeypatch)
    assert readme.renewed(text) == text


def test_the_outputs_to_hold_are_found() -> None:
    assert len(readme.CONSOLE.findall(README)) >= 3
    generated = {name: readme.GENERATED.findall(text) for name, text in TEXTS.items()}
    assert generated["networks"] == ["nnbuild list --format markdown"]
    assert generated["layers"] == ["nnbuild layers --format markdown"]


@pytest.mark.parametrize(("name", "command"), SHELL)
def test_commands_run(name: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for peer in ("torch", "onnxruntime"):
        if peer in command:
            pytest.importorskip(peer)
    if ".jpg" in command:
        pytest.importorskip("PIL")
    beside(name, tmp_path, monkeypatch)
    output, status = readme.run(command)
    assert status == 0, output


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 300


def test_the_readme_lists_every_command_with_its_line() -> None:
    for name, line in COMMANDS.items():
        assert re.search(rf"^\| `nnbuild {name}\b.*` \| {re.escape(line)} \|$", README, re.MULTILINE), name


def test_the_readme_links_every_page_with_its_line() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\((\S+)\) \| (.*) \|$", README, re.MULTILINE)
    assert rows == [(topic, f"nnbuild/guide/{topic}.md", guide.about(topic)) for topic in guide.topics()]


@pytest.mark.parametrize("path", readme.PAGES, ids=lambda path: path.stem)
def test_links_lead_to_files(path: Path) -> None:
    prose = re.sub(r"^```.*?^```$|^<!-- \$.*?^<!-- end -->$", "", TEXTS[path.stem], flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"`[^`]*`", "code", prose)
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", prose):
        assert (path.parent / target).is_file(), target


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_explained(name: str) -> None:
    """An option in the command's own section, or ahead of all where it is one of several commands."""
    first, *sections = re.split(r"^## (?=`nnbuild )", TEXTS["commands"], flags=re.MULTILINE)
    (section,) = (section for section in sections if re.match(rf"`nnbuild {name}\b", section))
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    options = [max(option.opts, key=len) for option in command.params if isinstance(option, click.Option)]
    assert [option for option in options if not re.search(rf"{option}\b(?!-)", first + section)] == []


@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if blocks(text, "python")])
def test_the_python_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for block in blocks(beside(name, tmp_path, monkeypatch), "python"):
        if "import torch" in block:
            pytest.importorskip("torch")
        subprocess.run([sys.executable, "-c", block], check=True, cwd=tmp_path)


@pytest.mark.torch
def test_weights_saved_in_pytorch_give_its_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    text = beside("README", tmp_path, monkeypatch)
    (block,) = (block for block in blocks(text, "python") if "torch.save" in block)
    made: dict[str, object] = {}
    exec(block, made)
    (command,) = (command for command in readme.commands(text) if "run small.yaml" in command)
    output, status = readme.run(f"{command} --output scores.npy")
    assert status == 0, output
    with torch.no_grad():
        expected = made["model"](torch.from_numpy(np.load("digit.npy")))  # type: ignore[operator]
    np.testing.assert_allclose(np.load("scores.npy"), expected.numpy(), rtol=1e-5, atol=1e-5)


def test_whole_specs_build(tmp_path: Path) -> None:
    shown = [block for text in TEXTS.values() for block in blocks(text, "yaml")]
    whole = [block for block in shown if re.search(r"^name:", block, re.MULTILINE) and yaml.safe_load(block)]
    assert len(whole) >= 2
    for block in whole:
        (tmp_path / "block.yaml").write_text(block, encoding="utf-8")
        load(tmp_path / "block.yaml")
