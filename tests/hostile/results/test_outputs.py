"""What `run` writes is right or is not there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nnbuild.errors import InputError
from nnbuild.formats.hidden_folder import HiddenFolder
from nnbuild.formats.member_names import MemberNames
from nnbuild.formats.writing import OutputFile
from nnbuild.graph.names import result_names
from nnbuild.runs.agreement import Agreement

posix = pytest.mark.skipif(os.name == "nt", reason="links, pipes and modes")

ODD = {
    "the rest has another dtype": "if x.size(0) == 8:\n  return x.half()\nreturn x + 0",
    "the rest has another value": "if x.size(0) == 8:\n  return x + 1\nreturn x + 0",
    "the rest is refused": "if x.size(0) == 8:\n  raise ValueError('eight')\nreturn x + 0",
    "a whole batch has another dtype": "if x.size(0) == 64:\n  return (x + 1.5).to(torch.int32)\nreturn x + 1.5",
}


@pytest.mark.parametrize("case", ODD)
def test_batches_that_differ_run_together(run, net, samples, tmp_path, case):
    given = np.load(samples(200))
    run("run", net(ODD[case]), "--input", samples(200), "--output", tmp_path / "o.npy")
    plus = 1.5 if "1.5" in ODD[case] else 0
    np.testing.assert_array_equal(np.load(tmp_path / "o.npy"), given + plus)


def agreement(*batches):
    held = Agreement(samples=5)
    for start, results in batches:
        held.begin(start, start + 2)
        for name, array in results.items():
            held.add(name, array)
        held.end()


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"x": np.zeros((2, 3), "f2")}, r"for samples 2 to 3, x is float16 \(N, 3\), and it was float32 \(N, 3\)"),
        ({"x": np.zeros((2, 4), "f4")}, r"x is float32 \(N, 4\), and it was"),
        ({"x": np.zeros((3, 3), "f4")}, r"x has the shape \(3, 3\), and the batch 2 samples"),
        ({"x": np.float32(1)}, r"x has the shape \(\), and the batch 2 samples"),
        ({"y": np.zeros((2, 3), "f4")}, "y comes, and it did not in the first batch"),
        ({}, r"x does not come, as in the first batch \(run all at once: --batch 5\)"),
    ],
)
def test_every_batch_is_held_to_the_first(second, message):
    agreement((0, {"x": np.zeros((2, 3), "f4")}), (2, {"x": np.ones((2, 3), "f4")}))
    with pytest.raises(InputError, match=message):
        agreement((0, {"x": np.zeros((2, 3), "f4")}), (2, second))


def test_a_part_of_another_kind_is_no_file(tmp_path):
    with pytest.raises(InputError, match="does not go into float32"), OutputFile(tmp_path / "o.npy", 4) as file:
        file.append("x", np.zeros((2, 3), "f4"), whole=False)
        file.append("x", np.zeros((2, 3), "f8"), whole=False)
    assert not list(tmp_path.iterdir())


@posix
def test_an_output_over_what_is_read(run, net, samples, tmp_path):
    given = samples()
    before = given.read_bytes()
    (tmp_path / "hard.npy").hardlink_to(given)
    (tmp_path / "folder").symlink_to(tmp_path)
    weights = tmp_path / "weights.npz"
    np.savez(weights, **{"fc.weight": np.zeros((4, 4), "f4"), "fc.bias": np.zeros(4, "f4")})
    command = ("run", net("fc(x)"), "--input", given, "--weights", weights, "--output")
    for output in (given, tmp_path / "hard.npy", tmp_path / "folder" / given.name, weights):
        assert "that this run reads" in run(*command, output, status=1).stderr
    (tmp_path / "soft.npy").symlink_to(given)
    assert "is a link" in run(*command, tmp_path / "soft.npy", status=1).stderr
    assert given.read_bytes() == before


@posix
def test_an_output_is_a_file(tmp_path):
    (tmp_path / "dangling.npy").symlink_to(tmp_path / "nowhere.npy")
    os.mkfifo(tmp_path / "pipe.npy")
    (tmp_path / "folder.npy").mkdir()
    for name, message in {
        "dangling.npy": "is a link", "pipe.npy": "it is a pipe or a device", "folder.npy": "is a folder",
        "no/o.npy": "there is no folder", "pipe.npy/o.npy": "there is no folder", "a\0b.npy": "null",
        "x" * 300 + ".npy": "too long",
    }.items():  # fmt: skip
        with pytest.raises(InputError, match=message):
            OutputFile(tmp_path / name, 1)


@posix
def test_an_output_keeps_the_mode_of_the_file_it_replaces(tmp_path):
    for name in ("o.npy", "o.npz"):
        path = tmp_path / name
        path.write_text("old")
        path.chmod(0o604)
        with OutputFile(path, 1) as file:
            file.append("x", np.zeros(1), whole=True)
        assert stat.S_IMODE(path.stat().st_mode) == 0o604 and np.load(path) is not None


def test_more_arrays_than_files_may_be_open(tmp_path):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, limits[1]))
    try:
        with OutputFile(tmp_path / "o.npz", 1) as file:
            for number in range(100):
                file.append(str(number), np.zeros(1), whole=True)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert len(np.load(tmp_path / "o.npz")) == 100


@posix
def test_what_a_killed_program_left_is_cleared_and_what_a_living_one_has_is_not(tmp_path):
    code = (
        "import os, sys, pathlib\nfrom nnbuild.formats.hidden_folder import HiddenFolder\n"
        "HiddenFolder(pathlib.Path(sys.argv[1]))\nos.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], check=False)
    dead = list(tmp_path.iterdir())
    living = HiddenFolder(tmp_path)
    (living.path / "0.npy").write_text("data")
    stranger, fresh, old = (tmp_path / f".nnbuild-{name}" for name in ("stranger", "fresh", "old"))
    stranger.symlink_to(living.path)
    fresh.mkdir()
    old.mkdir()
    os.utime(old, (0, 0))
    another = HiddenFolder(tmp_path)
    assert len(dead) == 1 and not dead[0].exists()
    assert sorted(living.path.iterdir()) == [living.path / "0.npy", living.path / "lock"]
    assert stranger.is_symlink() and fresh.is_dir() and not old.exists()
    living.remove()
    another.remove()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".nnbuild-fresh", ".nnbuild-stranger"]


BAD_NAMES = [
    "../../evil", "/etc/passwd", "..", ".", "", "a\0b", "c:\\windows", "x" * 70_000, "ü" * 300, "n\nl", "\u202e",
    "\ud800", "a/b", "a_b", "A_B", "e\u0301", "\u00e9", "w.npy", "w", "W", "ﬁ", "fi", "a" * 251, "a" * 252,
]  # fmt: skip


def test_names_in_an_archive_are_inside_whole_and_distinct(tmp_path):
    path = tmp_path / "o.npz"
    with OutputFile(path, 1) as file:
        for number, name in enumerate(BAD_NAMES):
            file.append(name, np.array([number]), whole=True)
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        archive.extractall(unpacked)
    assert len({name.casefold() for name in names}) == len(BAD_NAMES)
    assert sorted(found.name for found in unpacked.iterdir()) == sorted(names)  # all in this folder, by these names
    assert all(len(name.encode()) <= 255 and name.isprintable() for name in names)
    with np.load(path) as saved:
        for number, name in enumerate(BAD_NAMES):
            assert saved[file.members[name]].tolist() == [number]


def test_good_names_stay():
    names = MemberNames()
    for name in ("layer1.0.conv", "output", "a@2", "größe", "x" * 251, ".hidden", "日本 語"):
        assert names[name] == name
    assert names.changed == {}


def test_results_have_names_of_their_own():
    x = np.zeros(1)
    assert result_names({"a.0": x, "a": [x, x], 1: x, "1": x}) == ["a.0", "a.0@2", "a.1", "1", "1@2"]
    assert result_names([x]) == ["output"] and result_names(({"b": x},)) == ["b"]
    assert result_names({"output": {"x": x}}) == ["output.x"]


def test_a_layer_called_as_an_output(run, net, samples, tmp_path):
    path = tmp_path / "o.npz"
    model = net("return output(x)", "{output: 'Linear(4, 4)'}")
    run("run", model, "--input", samples(130), "--save", "output", "--output", path, "--batch", 64)
    with np.load(path) as saved:
        assert sorted(saved) == ["output", "output@layer"] and saved["output"].shape == (130, 4)
        np.testing.assert_array_equal(saved["output"], saved["output@layer"])


def test_changed_names_are_told(run, net, samples, tmp_path):
    found = run("run", net("return {'../e': x + 0, 'n': x + 1}"), "--input", samples(), "--output", tmp_path / "o.npz")
    assert "note: '../e' is called '.._e' in" in found.stderr and found.stderr.count("is called") == 1
    assert Path(tmp_path / "o.npz").is_file()
