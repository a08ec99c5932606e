"""The README tells the truth: its commands run, and print what it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from nnbuild import load
from nnbuild.cli import cli
from tests import readme

TEXT = readme.README.read_text(encoding="utf-8")
#: Commands that make large weights, check every network or take many runs.
LARGE = [command for command in readme.commands(TEXT) if any(word in command for word in ("--all", "alexnet", "bench"))]
QUICK = [command for command in readme.commands(TEXT) if command not in LARGE]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the README's files, in which the test runs."""
    readme.prepare(TEXT, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_printed_outputs_are_what_the_commands_print(folder: Path) -> None:
    assert readme.renewed(TEXT) == TEXT


@pytest.mark.parametrize("command", [*QUICK, *(pytest.param(command, marks=pytest.mark.large) for command in LARGE)])
def test_commands_run(command: str, folder: Path) -> None:
    for peer in ("torch", "onnxruntime"):
        if peer in command:
            pytest.importorskip(peer)
    output, status = readme.run(command)
    assert status == 0, output


def test_every_command_and_option_is_explained() -> None:
    import click

    for name in cli.list_commands(click.Context(cli)):
        command = cli.get_command(click.Context(cli), name)
        assert f"nnbuild {name}" in TEXT
        for option in command.params:
            if isinstance(option, click.Option) and option.name not in ("help", "format"):
                assert max(option.opts, key=len) in TEXT, f"{name} {option.opts}"


def test_the_python_of_the_readme_runs(folder: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        subprocess.run([sys.executable, "-c", block], check=True, cwd=folder)


def test_whole_specs_in_the_readme_build(folder: Path) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    whole = [block for block in blocks if re.search(r"^name:", block, re.MULTILINE) and yaml.safe_load(block)]
    assert whole
    for block in whole:
        (folder / "block.yaml").write_text(block, encoding="utf-8")
        load(folder / "block.yaml")
