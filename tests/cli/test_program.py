"""The program around the commands: help, statuses, pipes, interruption."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from nnbuild import __version__
from nnbuild.cli import COMMANDS, cli

PROGRAM = [sys.executable, "-m", "nnbuild"]


def commands():
    context = click.Context(cli)
    return {name: cli.get_command(context, name) for name in COMMANDS}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_shows_an_example(run, name):
    text = run(name, "--help").stdout
    assert "Examples:" in text and f"nnbuild {name}" in text
    assert COMMANDS[name] in text


def test_every_option_has_a_help():
    for name, command in commands().items():
        assert command.name == name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.name}"


def test_version(run):
    assert run("--version").stdout == f"nnbuild {__version__}\n"


def test_no_command_shows_the_help(run):
    assert "Commands:" in run(status=2).output


def test_unknown_command(run):
    assert "there is no command 'sumary'; did you mean summary?" in run("sumary", status=2).stderr
    assert "there are summary, shapes" in run("zzz", status=2).stderr


def test_an_unknown_spec(run):
    result = run("summary", "alexnett", status=1)
    assert result.stdout == ""
    assert "there is no file alexnett" in result.stderr and "did you mean alexnet?" in result.stderr


def test_the_bundled_spec_is_said_on_standard_error(run, tmp_path, monkeypatch):
    assert run("summary", "lenet").stderr == "using the bundled spec lenet.yaml\n"
    monkeypatch.chdir(tmp_path)
    Path("lenet").write_text('input: [N, 3]\nlayers: {fc: "Linear(3, 4)"}\n')
    result = run("summary", "lenet")
    assert result.stderr == "" and "(1, 4)" in result.stdout


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (MemoryError(), 1, "error: there is not enough memory"),
        (RecursionError(), 1, "error: the network is nested too deep"),
        (OSError(28, "No space left on device"), 1, "error: the output: No space left on device"),
        (PermissionError(13, "Permission denied", "x.npy"), 1, "error: x.npy: Permission denied"),
    ],
)
def test_failures_of_the_system(run, monkeypatch, error, status, message):
    from nnbuild.cli import list as listing

    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(listing, "emit", fail)
    assert run("list", status=status).stderr == f"{message}\n"


def test_a_closed_pipe_is_no_traceback():
    with subprocess.Popen([*PROGRAM, "shapes", "resnet18"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        errors = process.stderr.read().decode()
        assert process.wait() in (0, 141)
    assert "Traceback" not in errors and "Exception ignored" not in errors


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_interrupting_is_no_traceback(tmp_path):
    big = tmp_path / "big.yaml"
    big.write_text(
        'input: [N, 8]\nlayers: {a: "Linear(8, 8)"}\nforward: |\n  for i in range(20000):\n    x = a(x)\n  return x\n'
    )
    program = "import sys, nnbuild.cli; print('ready', flush=True); nnbuild.cli.main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "summary", str(big)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background shell has it ignored
    )
    assert process.stdout.readline() == b"ready\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130 and b"Traceback" not in errors


def test_a_terminal_without_the_characters_of_the_tree():
    done = subprocess.run(
        [*PROGRAM, "summary", "linear"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=True,
    )
    assert b"?? fc" in done.stdout or b"fc" in done.stdout


def test_warnings_are_one_line(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text("input: [N, 0]\nlayers: {fc: 'Linear(0, 3)'}\n")
    done = subprocess.run([*PROGRAM, "summary", str(path)], capture_output=True, text=True, check=True)
    assert done.stderr.startswith("warning: kaiming_uniform_ leaves a tensor without elements as it is: (3, 0)\n")
