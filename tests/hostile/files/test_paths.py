"""Paths that a spec names, and those on the command line: what is no file of the spec's folder is not opened."""

from __future__ import annotations

import os
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild.errors import InputError, NnbuildError, SpecError
from nnbuild.formats.images import read_image
from nnbuild.formats.npy import open_arrays
from nnbuild.formats.opening import OpenFile
from nnbuild.formats.weights import open_weights
from nnbuild.runs.labels import read_labels
from nnbuild.spec import library
from nnbuild.spec.build.stated import Spec

SECRET = "root: x:0:0:secret"
NET = "input: [N, 4]\nlayers:\n  f: Linear(4, 4)\n"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of a spec, with a file and the files of others beside it, not in it."""
    (tmp_path / "secret.txt").write_text(f"{SECRET}\n[\n")
    (tmp_path / "blocks.yaml").write_text("blocks:\n  B():\n    layers: [Identity]\n")
    np.save(tmp_path / "x.npy", np.ones((2, 4), np.float32))
    np.savez(tmp_path / "w.npz", **{"f.weight": np.ones((4, 4)), "f.bias": np.ones(4)})
    (tmp_path / "labels.txt").write_text("a\nb\nc\nd\n")
    folder = tmp_path / "specs"
    folder.mkdir()
    np.save(folder / "x.npy", np.ones((2, 4), np.float32))
    return folder


#: What names a file, with the file of others that it could name.
NAMING = {
    "use": ("use: [{}]\n", "blocks.yaml"),
    "weights": ("weights: {}\n", "w.npz"),
    "example": ("example: {}\n", "x.npy"),
    "labels": ("labels: {}\nexample: x.npy\n", "labels.txt"),
}


@pytest.mark.parametrize("section", NAMING)
@pytest.mark.parametrize("way", ["..", "link", "link to a folder", "absolute"])
def test_files_outside_the_folder(run: Any, outside: Path, section: str, way: str) -> None:
    text, other = NAMING[section]
    name = {"..": f"../{other}", "link": f"link_{other}", "link to a folder": f"up/{other}"}.get(
        way, str(outside.parent / other)
    )
    (outside / f"link_{other}").symlink_to(outside.parent / other)
    (outside / "up").symlink_to(outside.parent)
    net = outside / "net.yaml"
    net.write_text(NET + text.format(name))
    what = "use:" if section == "use" else section
    expected = (
        f"{what} is a path relative to the spec"
        if way == "absolute"
        else f"{what} leads out of the spec's folder: {name}"
    )
    x = ("--input", outside / "x.npy") if section != "example" else ()
    for command in (("summary",), ("check",), ("run", *x)):
        errors = run(command[0], net, *command[1:], status=1).stderr
        assert expected in errors and "net.yaml:4:" in errors
    with pytest.raises(SpecError, match=r"(leads out of|is a path relative)"):
        nnbuild.load(net)
    run("check", net, "--allow-outside")
    run("run", net, *x, "--allow-outside")
    run("summary", net, "--allow-outside")
    assert nnbuild.load(net, allow_outside=True).spec is not None


@pytest.mark.parametrize("section", NAMING)
def test_no_line_of_a_foreign_file_is_shown(run: Any, outside: Path, section: str) -> None:
    net = outside / "net.yaml"
    net.write_text(NET + NAMING[section][0].format("../secret.txt"))
    for command in ("check", "run", "summary"):
        result = run(command, net, status=1)
        assert "secret:" not in result.output and "x:0:0" not in result.output


def test_a_used_file_stays_in_the_folder_of_the_first(run: Any, tmp_path: Path) -> None:
    """One in a folder below may name one above it that is still inside, and none that is not."""
    (tmp_path / "specs" / "sub").mkdir(parents=True)
    top, below = tmp_path / "specs" / "net.yaml", tmp_path / "specs" / "sub" / "b.yaml"
    (tmp_path / "specs" / "a.yaml").write_text("blocks:\n  A():\n    layers: [Identity]\n")
    (tmp_path / "c.yaml").write_text("blocks:\n  C():\n    layers: [Identity]\n")
    top.write_text("use: [sub/b.yaml]\ninput: [N, 4]\nlayers: [B]\n")
    below.write_text("use: [../a.yaml, alexnet]\nblocks:\n  B():\n    layers: [A]\n")
    run("check", top)
    below.write_text("use: [../../c.yaml]\nblocks:\n  B():\n    layers: [C]\n")
    assert "leads out of the spec's folder" in run("check", top, status=1).stderr


def test_bundled_specs_use_each_other(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled, own = tmp_path / "bundled", tmp_path / "own"
    bundled.mkdir()
    own.mkdir()
    monkeypatch.setattr(library, "folder", lambda: bundled)
    (bundled / "one.yaml").write_text("use: [two.yaml]\nblocks:\n  A():\n    layers: [B]\n")
    (bundled / "two.yaml").write_text("blocks:\n  B():\n    layers: [Identity]\n")
    (own / "net.yaml").write_text("use: [one]\ninput: [N, 4]\nlayers: [A]\n")
    run("check", own / "net.yaml")


def test_a_folder_named_as_a_bundled_spec(run: Any, tmp_path: Path) -> None:
    (tmp_path / "alexnet").mkdir()
    (tmp_path / "net.yaml").write_text("use: [alexnet]\ninput: [N, 4]\nlayers: [Identity]\n")
    run("check", tmp_path / "net.yaml")


def test_circles_of_links(run: Any, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for section in NAMING:
        (tmp_path / "net.yaml").write_text(NET + NAMING[section][0].format("a"))
        assert "net.yaml:4:" in run("check", tmp_path / "net.yaml", status=1).stderr


def special(folder: Path, kind: str) -> Path:
    """A path to something that is no regular file."""
    path = folder / "special"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    else:
        return Path(kind)
    return path


KINDS = {
    "pipe": "it is a pipe, not a file",
    "folder": "(Is a directory|is a folder)",
    "socket": "it is a socket, not a file",
    "/dev/zero": "it is a device, not a file",
    "/dev/null": "it is a device, not a file",
}


@pytest.mark.parametrize("kind", KINDS)
def test_only_regular_files_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    path = special(Path(), kind)
    with pytest.raises(OSError, match=r"(it is a|Is a directory)"):
        OpenFile(path)
    readers = [open_arrays, open_weights]
    if find_spec("PIL"):
        readers.append(lambda path: read_image(path, {"scale": 1}))
    for read in readers:
        if not (kind == "folder" and read is open_weights):
            with pytest.raises(NnbuildError, match=KINDS[kind]):
                read(path)
    with pytest.raises(InputError, match=KINDS[kind]):
        read_labels(Spec("net", path, labels=path))
    if kind != "folder":
        with pytest.raises(SpecError, match=KINDS[kind]):
            nnbuild.load(path)


@pytest.mark.parametrize("kind", ["pipe", "socket", "/dev/zero"])
def test_special_files_on_the_command_line(
    run: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    path, net, x = special(Path(), kind), tmp_path / "net.yaml", tmp_path / "x.npy"
    net.write_text(NET)
    np.save(x, np.ones((1, 4), np.float32))
    for arguments in (
        ("run", net, "--input", path),
        ("run", net, "--input", x, "--weights", path),
        ("weights", path),
        ("check", path),
        ("summary", path),
    ):
        assert KINDS[kind] in run(*arguments, status=1).stderr
    assert "- stands for standard input" in run("summary", path, status=1).stderr


@pytest.mark.parametrize("section", NAMING)
def test_special_files_in_the_folder(run: Any, tmp_path: Path, section: str) -> None:
    """The pipe has no writer: whoever opens it waits for ever."""
    os.mkfifo(tmp_path / "pipe")
    np.save(tmp_path / "x.npy", np.ones((1, 4), np.float32))
    net = tmp_path / "net.yaml"
    net.write_text(NET + NAMING[section][0].format("pipe"))
    assert "it is a pipe, not a file" in run("run", net, status=1).stderr
    if section in ("use", "weights", "labels"):
        assert "it is a pipe, not a file" in run("check", net, status=1).stderr


def test_large_files_of_labels(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("a\n")
    os.truncate(path, (1 << 20) + 1)
    with pytest.raises(InputError, match=r"the labels file .* it has 1,048,577 bytes, and 1,048,576 are read at most"):
        read_labels(Spec("net", path, labels=path))


def test_a_folder_to_check_has_links_that_lead_out(run: Any, outside: Path) -> None:
    (outside.parent / "other.yaml").write_text("layers: [secret]\n")
    (outside / "link.yaml").symlink_to(outside.parent / "other.yaml")
    (outside / "net.yaml").write_text(NET)
    result = run("check", outside)
    assert "note: a link to YAML outside" in result.stderr and "secret" not in result.output
    run("check", outside, "--allow-outside", status=1)


def test_names_that_no_file_can_have(run: Any, tmp_path: Path) -> None:
    for section in NAMING:
        (tmp_path / "net.yaml").write_text(NET + NAMING[section][0].format("a" * 5000))
        assert "net.yaml:4:" in run("check", tmp_path / "net.yaml", status=1).stderr
