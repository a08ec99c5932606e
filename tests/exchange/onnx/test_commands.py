"""The commands on ONNX files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.cli.conftest import Run, run  # noqa: F401  a fixture
from tests.exchange.onnx.models import TensorProto, model, node, saved, tensor
from tests.exchange.onnx.test_reading import drawn, small


def by_data(folder: Path) -> Path:
    nodes = [node("Relu", ["x"], ["a"]), node("NonZero", ["a"], ["places"], "find")]
    return saved(model(nodes, [tensor("x", ["n", 3])], [tensor("places", None, TensorProto.INT64)]), folder)


def test_summary_shapes_and_check(tmp_path: Path, run: Run) -> None:  # noqa: F811
    path = saved(small(), tmp_path)
    summary = run("summary", path).stdout
    assert "├─ features  Sequential         (1, 4, 4, 4)     112" in summary
    assert "H, W = floor((8 + 2*1 - 1*(3-1) - 1)/2 + 1) = 4" in run("shapes", path).stdout
    assert "ok" in run("check", path).stdout


def test_run(tmp_path: Path, run: Run) -> None:  # noqa: F811
    path = saved(small(), tmp_path)
    np.save(tmp_path / "x.npy", drawn(5, 3, 8, 8))
    done = run("run", path, "--input", tmp_path / "x.npy", "--batch", 2, "--output", tmp_path / "y.npy")
    assert "untrained" not in done.stderr
    assert np.load(tmp_path / "y.npy").shape == (5, 5)


def test_sizes_that_hang_on_the_data(tmp_path: Path, run: Run) -> None:  # noqa: F811
    path = by_data(tmp_path)
    summary = run("summary", path)
    assert "The table ends where only the data tells what follows: nonzero gives as many elements" in summary.stdout
    assert "warning: nonzero gives as many elements as the data says" in run("check", path).stderr
    np.save(tmp_path / "x.npy", np.array([[1, 0, 2], [0, 0, 3]], np.float32))
    done = run("run", path, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy")
    assert "note: the network runs op by op, all samples at once" in done.stderr
    assert np.load(tmp_path / "y.npy").tolist() == [[0, 0, 1], [0, 2, 2]]
