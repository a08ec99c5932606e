"""nnbuild bench, and the steps that run --explain shows."""

import json

import pytest

from nnbuild.bench import peers
from tests.cli.conftest import Run


def test_bench_times_the_engine(run: Run) -> None:
    data = json.loads(run("bench", "lenet", "--repeat", "2", "--threads", "1", "--format", "json").stdout)
    assert [row["name"] for row in data["programs"]] == ["nnbuild"]
    assert len(data["milliseconds"]["nnbuild"]) == 2
    assert data["threads"] == 1


@pytest.mark.torch
def test_bench_beside_torch(run: Run) -> None:
    pytest.importorskip("torch")
    data = json.loads(run("bench", "lenet", "--repeat", "2", "--against", "torch", "--format", "json").stdout)
    assert data["programs"][1]["difference"] < 1e-4


def test_a_peer_that_is_not_installed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(peers.NEEDS, "torch", ("torch_of_nobody",))
    result = run("bench", "lenet", "--against", "torch", status=1)
    assert "torch cannot be compared with: torch_of_nobody is not installed" in result.output
    assert "pip install torch_of_nobody" in result.output


def test_an_unknown_peer(run: Run) -> None:
    assert "'jax' is not one of torch, onnxruntime" in run("bench", "lenet", "--against", "jax", status=2).output


def test_explain_shows_the_steps(run: Run) -> None:
    data = json.loads(run("run", "lenet_mnist", "--explain", "--time", "--threads", "1", "--format", "json").stdout)
    assert [step["ops"] for step in data["steps"]][:2] == ["conv2d + relu", "max_pool2d"]
    assert all(step["milliseconds"] >= 0 for step in data["steps"])


def test_explain_without_a_plan(run: Run, tmp_path: object) -> None:
    saving = ["--output", f"{tmp_path}/all.npz", "--save", "features.conv1"]
    assert "the layers ran one by one" in run("run", "lenet_mnist", "--explain", *saving).stdout
