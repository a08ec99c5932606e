"""`nnbuild weights`, and the weights that `run` takes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import nnbuild
from nnbuild.formats.weights import open_weights
from tests.cli.conftest import Run

GOLDEN = Path(__file__).parent.parent / "golden" / "checkpoints"


def checkpoint(path: Path, **parts: int) -> Path:
    """A file with a state_dict of LeNet in each part, drawn with that seed; the part `_` at the top."""
    from nnbuild.formats.saving import save_weights
    from nnbuild.formats.tensors import FileTensor

    tensors = {
        (name if part == "_" else f"{part}.{name}"): FileTensor.of(array)
        for part, seed in parts.items()
        for name, array in nnbuild.load("lenet", seed=seed).state_dict().items()
    }
    save_weights(path, tensors, path)
    return path


def test_a_listing(run: Run) -> None:
    assert run("weights", GOLDEN / "module_stream.pt").stdout.splitlines()[:6] == [
        "Name                         Shape   Dtype    Bytes",
        "---------------------------------------------------",
        "kept                         (3,)    int64       24",
        "body.0.weight                (3, 2)  float32     24",
        "body.0.bias                  (3,)    float32     12",
        "body.1.weight                (3,)    float32     12",
    ]


def test_what_is_shared_counts_once(run: Run) -> None:
    data = json.loads(run("weights", GOLDEN / "module.pt", "--format", "json").stdout)
    assert data["format"] == "PyTorch checkpoint (zip)"
    assert data["totals"] == {
        "names": 16,
        "tensors": 8,
        "elements": 3 + 6 + 3 + 4 * 3 + 1,
        "bytes": 24 + 24 + 12 + 48 + 8,
    }
    assert "Tensors   8, under 16 names" in run("weights", GOLDEN / "module.pt").stdout


def test_figures(run: Run, tmp_path: Path) -> None:
    np.savez(
        tmp_path / "w.npz", a=np.array([0, 1, np.nan, -3], np.float32), b=np.array([0, 2]), c=np.zeros((0, 2)),
        d=np.array([True, False]), e=np.array([1 + 2j]), f=np.array([np.nan]), g=np.array([np.inf, 1]),
    )  # fmt: skip
    rows = json.loads(run("weights", tmp_path / "w.npz", "--stats", "--format", "json").stdout)["tensors"]
    figures = {row["name"]: [row[key] for key in ("min", "mean", "max", "zeros", "nans")] for row in rows}
    assert figures["a"] == [-3, pytest.approx(-2 / 3), 1, 0.25, 1]
    assert figures["b"] == [0, 1, 2, 0.5, 0]
    assert figures["c"] == [None, None, None, None, 0]
    assert figures["d"] == [0, 0.5, 1, 0.5, 0]
    assert figures["e"] == [None, None, None, 0, 0]
    assert figures["f"] == [None, None, None, 0, 1]
    assert rows[6]["name"] == "g" and figures["g"][0] == 1
    line = run("weights", tmp_path / "w.npz", "--stats").stdout.splitlines()[2]
    assert line.split() == ["a", "(4,)", "float32", "16", "-3", "-0.666667", "1", "25", "1"]


def test_a_part_of_a_file(run: Run, tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "w.pth", model=1, ema=2)
    rows = json.loads(run("weights", path, "--weights-key", "ema", "--format", "json").stdout)["tensors"]
    assert [row["name"] for row in rows] == list(nnbuild.load("lenet").state_dict())
    assert "has no part 'emma'" in run("weights", path, "--weights-key", "emma", status=1).stderr


def test_against_a_network_that_fits(run: Run, tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "w.pth", state_dict=5)
    out = tmp_path / "w.safetensors"
    result = run("weights", path, "--against", "lenet", "-o", out)
    assert "10 of 10 tensors, none is missing" in result.stdout and f"wrote {out}" in result.stderr
    written = open_weights(out)
    for name, array in nnbuild.load("lenet", seed=5).state_dict().items():
        np.testing.assert_array_equal(written.tensors[name].read(name, out), array)


def test_against_a_network_that_does_not_fit(run: Run, tmp_path: Path) -> None:
    path, out = checkpoint(tmp_path / "w.pth", _=0), tmp_path / "out.pth"
    result = run("weights", path, "--against", "lenet", "--set", "classes=3", "-o", out, "--format", "json", status=1)
    data = json.loads(result.stdout)
    assert data["differences"] == [
        {"name": f"classifier.fc3.{name}", "verdict": "other size", "file": given, "network": wanted}
        for name, given, wanted in (("weight", [10, 84], [3, 84]), ("bias", [10], [3]))
    ]
    assert (data["fits"], data["matched"]) == (False, 8)
    assert f"error: {path} does not fit LeNet: 2 of another size" in result.stderr
    assert not out.exists()


def test_converted(run: Run, tmp_path: Path) -> None:
    for name in ("a.npz", "b.safetensors", "c.pth"):
        source = tmp_path / name if (tmp_path / name).exists() else GOLDEN / "module.pt"
        run("weights", source, "-o", tmp_path / name)
        assert list(open_weights(tmp_path / name).tensors) == list(open_weights(GOLDEN / "module.pt").tensors)


def test_a_networks_own_weights(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "w.safetensors"
    run("weights", "--init", "lenet", "--seed", 7, "-o", out)
    found = open_weights(out).tensors
    for name, array in nnbuild.load("lenet", seed=7).state_dict().items():
        np.testing.assert_array_equal(found[name].read(name, out), array)
    assert "Format    drawn" in run("weights", "--init", "lenet").stdout


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "give a FILE, or --init and a SPEC"),
        (["w.pth", "--init", "lenet"], "give a FILE or --init, not both"),
        (["w.pth", "--against", "lenet", "--stats"], "give --stats without it"),
        (["w.pth", "--seed", "1"], "--seed is of --init"),
        (["--init", "lenet", "--weights-key", "a"], "--weights-key of a FILE"),
        (["w.pth", "--set", "a=1"], "are of a network: give --against or --init"),
    ],
)
def test_calls_that_are_none(run: Run, args: list[str], message: str) -> None:
    assert message in run("weights", *args, status=2).stderr


def test_an_ending_that_is_not_written_is_told_at_once(run: Run, tmp_path: Path) -> None:
    result = run("weights", tmp_path / "missing.pth", "-o", tmp_path / "w.txt", status=1)
    assert "w.txt is of no format that is written" in result.stderr


def test_names_that_steer_a_terminal_are_shown_as_escapes(run: Run, tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", **{"a\x1b[2J": np.ones(1)})
    assert "\x1b[2J" not in run("weights", tmp_path / "w.npz").stdout


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")
def test_tensors_that_are_not_read_are_listed_and_refused(run: Run, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "w.pth"
    torch.save({"a": torch.ones(1), "fc.weight": torch.quantize_per_tensor(torch.ones(2), 1.0, 0, torch.qint8)}, path)
    for options in ([], ["--stats"]):
        result = run("weights", path, *options, status=1)
        assert "fc.weight  (2,)   qint8" in result.stdout
        assert f"{path} holds tensors that are not read: fc.weight is quantised (qint8)" in result.stderr
    assert "fc.weight in" in run("weights", path, "-o", tmp_path / "o.npz", status=1).stderr


def test_run_takes_a_checkpoint(run: Run, tmp_path: Path) -> None:
    x = tmp_path / "x.npy"
    np.save(x, np.random.default_rng(0).standard_normal((2, 3, 32, 32), dtype=np.float32))
    path = checkpoint(tmp_path / "w.ckpt", state_dict=9)
    result = run("run", "lenet", "--input", x, "--weights", path, "--output", tmp_path / "y.npy")
    assert f"note: the weights are those under 'state_dict' in {path}" in result.stderr
    expected = nnbuild.load("lenet", seed=9).eval()(np.load(x))
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), expected, rtol=1e-5, atol=1e-6)


def test_run_takes_a_part_and_what_there_is(run: Run, tmp_path: Path) -> None:
    x = tmp_path / "x.npy"
    np.save(x, np.zeros((1, 3, 32, 32), np.float32))
    path = checkpoint(tmp_path / "w.ckpt", model=1, ema=2)
    assert (
        "holds 2 sets of weights that fit: ema, model"
        in run("run", "lenet", "--input", x, "--weights", path, status=1).stderr
    )
    run("run", "lenet", "--input", x, "--weights", path, "--weights-key", "ema")
    np.savez(tmp_path / "w.npz", **{"classifier.fc3.bias": np.ones(10)})
    result = run("run", "lenet", "--input", x, "--weights", tmp_path / "w.npz", "--no-strict")
    assert "stay as they were drawn: features.* : 4 keys, classifier.* : 5 keys" in result.stderr
    assert "are of the file of --weights" in run("run", "lenet", "--input", x, "--no-strict", status=2).stderr
