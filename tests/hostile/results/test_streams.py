"""The program's end: closed and full streams, signals, at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and /dev")

PROGRAM = f"{sys.executable} -m nnbuild"


def shell(command: str, folder: Path) -> tuple[int, str]:
    """The exit status of the first program of a line, and what it says on the standard error that is kept."""
    line = f"{PROGRAM} {command}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, cwd=folder, check=False)
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    return done.returncode, done.stderr.strip().rpartition("\n")[2]


@pytest.mark.parametrize(
    ("command", "status", "last"),
    [
        ("--version > /dev/full", 1, "error: the output: No space left on device"),
        ("--help | true", 141, ""),
        pytest.param("layers >&-", 1, "error: the output: it is closed", marks=pytest.mark.large),
        pytest.param("shapes --format rich | true", 141, "", marks=pytest.mark.large),
        pytest.param("layers 2>&- > /dev/null", 0, "", marks=pytest.mark.large),
        pytest.param("layers 2> /dev/full > /dev/null", 0, "", marks=pytest.mark.large),
        pytest.param("layers Covn2d 2>&- > /dev/null", 1, "", marks=pytest.mark.large),
        pytest.param("layers Covn2d 2> /dev/full > /dev/null", 1, "", marks=pytest.mark.large),
        pytest.param("summary - <&-", 1, None, marks=pytest.mark.large),
        pytest.param("help <&- >&- 2>&-", 1, "", marks=pytest.mark.large),
    ],
)
def test_closed_and_full_streams(tmp_path, command, status, last):
    found = shell(command, tmp_path)
    assert found[0] == status and (last is None or found[1] == last)


@pytest.mark.large
def test_a_file_does_not_take_the_place_of_a_closed_stream(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((70, 3, 32, 32), np.float32))
    assert shell("run lenet --input x.npy --output o.npy 2>&- > /dev/null", tmp_path)[0] == 0
    assert np.load(tmp_path / "o.npy").shape == (70, 10)


WRITING = """
import os, sys, pathlib, signal
from nnbuild import ending
from nnbuild.formats.writing import OutputFile
import numpy as np
ending.listen()
with OutputFile(pathlib.Path("o.npy"), 10) as file:
    file.append("x", np.zeros((5, 3)), whole=False)
    print(len(os.listdir()), flush=True)
    os.kill(os.getpid(), int(sys.argv[1]))
    signal.pause()
"""


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [
        ("SIGINT", 130, "interrupted\n"),
        ("SIGTERM", -15, ""),
        pytest.param("SIGHUP", -1, "", marks=pytest.mark.large),
    ],
)
def test_a_signal_leaves_nothing_behind(tmp_path, number, status, said):
    words = [sys.executable, "-c", WRITING, str(int(getattr(signal, number)))]
    done = subprocess.run(
        words, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": _root()}, preexec_fn=_heard,
    )  # fmt: skip
    assert (done.returncode, done.stderr, done.stdout) == (status, said, "1\n")
    assert not list(tmp_path.iterdir())


def _heard() -> None:
    """A background shell has Ctrl-C ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _root() -> str:
    import nnbuild

    return str(Path(nnbuild.__file__).parents[1])


@pytest.mark.large
@pytest.mark.parametrize("delay", [0.1, 0.15, 0.2, 0.3, 0.5, 0.8])
def test_ctrl_c_while_it_starts(tmp_path, delay):
    code = "import nnbuild.cli, os; os.write(1, b'.'); nnbuild.cli.main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "run", "lenet_mnist", "--output", "o.npy"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        preexec_fn=_heard,
    )
    process.stdout.read(1)
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode in (0, 130) and b"Traceback" not in said
    assert {path.name for path in tmp_path.iterdir()} <= {"o.npy"}


@pytest.mark.large
@pytest.mark.parametrize("columns", ["1", "0", "1000000"])
@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_any_width_and_encoding(tmp_path, columns, encoding):
    found = subprocess.run(
        [sys.executable, "-m", "nnbuild", "summary", "lenet", "--format", "rich"],
        capture_output=True,
        env={**os.environ, "COLUMNS": columns, "PYTHONIOENCODING": encoding, "LC_ALL": "C"},
        check=True,
    )
    assert 500 < len(found.stdout) < 100_000 and b"Traceback" not in found.stderr
