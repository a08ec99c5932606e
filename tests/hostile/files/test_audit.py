"""What the commands do with honest files and hostile ones, watched by an audit hook in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.hostile.files import audit
from tests.hostile.files.mutation import array_files, image_files
from tests.hostile.files.test_arrays import NPY, SAFETENSORS
from tests.hostile.files.test_paths import NAMING
from tests.hostile.sources import source

DATA = Path(__file__).parent / "data"
NET = "input: [N, 4]\nlayers:\n  f: Linear(4, 4)\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files of every kind; beside it what nothing in it may lead to."""
    pytest.importorskip("PIL.Image")
    inside = tmp_path / "inside"
    inside.mkdir()
    for name in ("outside.txt", "outside.yaml", "outside.npy", "outside.npz", "outside.png"):
        (tmp_path / name).write_text("secret")
        (inside / f"link_{name}").symlink_to(tmp_path / name)
    (inside / "link.txt").symlink_to(tmp_path / "outside.txt")
    return inside


def reported(folder: Path, *options: str, commands: list[list[str]] | None = None) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-B", "-m", "tests.hostile.files.audit", str(folder), *options],
        input=json.dumps(commands or []), capture_output=True, text=True, cwd=audit.ROOT, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_hook_reports_what_is_forbidden(folder: Path) -> None:
    assert set(reported(folder, "--prove")) == set(audit._acts(folder))


def honest(folder: Path) -> list[list[str]]:
    """Commands on files that are as they should be, one of each kind at least."""
    net, image_net = folder / "net.yaml", folder / "image.yaml"
    net.write_text(NET + "example: x.npy\nlabels: labels.txt\nweights: w.npz\nuse: [blocks.yaml]\n")
    image_net.write_text("input: [N, 3, 8, 8]\nlayers:\n  f: Flatten\npreprocess: {resize: [8, 8], scale: 1 / 255}\n")
    (folder / "blocks.yaml").write_text("blocks:\n  B():\n    layers: [Identity]\n")
    (folder / "labels.txt").write_text("a\nb\nc\nd\n")
    np.save(folder / "x.npy", np.ones((2, 4), np.float32))
    np.savez(folder / "w.npz", **{"f.weight": np.ones((4, 4)), "f.bias": np.ones(4)})
    commands = [
        ["summary", net], ["shapes", net], ["check", net, image_net], ["run", net, "--output", folder / "out.npz"],
        ["run", "lenet_mnist"], ["layers", "Conv2d"], ["list", "alexnet"], ["help", "language"], ["check", folder],
        ["weights", "--init", "lenet", "-o", folder / "lenet.pth"], ["weights", folder / "lenet.pth", "--stats"],
    ]  # fmt: skip
    for kind, data in image_files().items():
        (folder / f"image.{kind}").write_bytes(data)
        commands.append(["run", image_net, "--input", folder / f"image.{kind}"])
    for kind, data in array_files(folder).items():
        (folder / f"array.{kind}").write_bytes(data)
        command = ["run", net, "--input"] if kind.endswith(".npy") else ["weights"]
        commands.append([*command, folder / f"array.{kind}"])
    return [[str(word) for word in command] for command in commands]


def hostile(folder: Path) -> list[list[str]]:
    """Commands on files that want more than being read."""
    image_net, net = folder / "image.yaml", folder / "array.yaml"
    net.write_text(NET)
    commands: list[list[Any]] = [["run", image_net, "--input", path] for path in sorted(DATA.glob("*.png"))]
    for kind, ending, table in (("run", "npy", NPY), ("weights", "safetensors", SAFETENSORS)):
        for place, (data, _) in enumerate(table.values()):
            path = folder / f"hostile{place}.{ending}"
            path.write_bytes(data)
            commands.append(["run", net, "--input", path] if kind == "run" else ["weights", path])
    (folder / "pickle.pth").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    (folder / "pickle.npy").write_bytes((folder / "pickle.pth").read_bytes())
    commands += [["weights", folder / "pickle.pth"], ["run", net, "--input", folder / "pickle.npy"]]
    for section, (text, other) in NAMING.items():
        ending = other.rpartition(".")[2]
        for name in (
            f"../outside.{ending}",
            f"link_outside.{ending}",
            "/etc/passwd",
            "/dev/zero",
            "/proc/self/environ",
        ):
            path = folder / f"{section}{len(commands)}.yaml"
            path.write_text(NET + text.format(name))
            commands += [["check", path], ["run", path, "--input", folder / "x.npy"], ["summary", path]]
    for number, expression in enumerate(("__import__('os').system('true')", "open('/etc/passwd').read()", "eval('1')")):
        path = folder / f"program{number}.yaml"
        path.write_text(f'input: [N, 4]\nlet: {{x: "{expression}"}}\nlayers:\n  f: Linear(4, x)\n')
        commands += [["check", path], ["summary", path]]
    for number, body in enumerate(
        ("import os; os.system('true')", "__import__('os').system('true')", "open('/etc/passwd').read()", "exec('1')",
         "torch.load('/etc/passwd')", "np.load('/etc/passwd')", "np.arange(3).tofile('out.bin')",
         "collections.namedtuple('P', 'a b')(1, 2)")
    ):  # fmt: skip
        path = folder / f"net{number}.py"
        path.write_text(source(body))
        commands.append(["summary", f"{path}:Net", "--input", "4,4"])
    commands.append(["check", folder])
    return [[str(word) for word in command] for command in commands]


def test_nothing_but_reading_and_computing(folder: Path) -> None:
    """Some of the commands; the next test has all."""
    some = [*honest(folder)[:4], *hostile(folder)[::16]]
    assert reported(folder, commands=some) == []
    assert (folder / "out.npz").exists()


@pytest.mark.large
def test_nothing_but_reading_and_computing_at_length(folder: Path) -> None:
    commands = honest(folder)
    assert reported(folder, commands=[*commands, *hostile(folder)]) == []
    assert (folder / "lenet.pth").exists()
