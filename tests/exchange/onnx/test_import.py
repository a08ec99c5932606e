"""`nnbuild import`: a spec and weights that give the same numbers, and read as somebody would write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild.exchange.onnx.writing.file import model_bytes
from nnbuild.ops.nests import tensors_in
from tests.cli.conftest import Run, run  # noqa: F401  a fixture
from tests.exchange.onnx.models import model, node, saved, tensor
from tests.exchange.onnx.test_reading import drawn, small


def imported(path: Path, run: Run) -> Any:  # noqa: F811
    """The network of the spec that is made of the file."""
    target = path.with_suffix(".yaml")
    run("import", path, "-o", target)
    return nnbuild.load(target).eval()


def test_the_spec_reads_as_one_writes_it(tmp_path: Path, run: Run) -> None:  # noqa: F811
    network, x = imported(saved(small(), tmp_path), run), drawn(3, 3, 8, 8)
    np.testing.assert_allclose(network(x), nnbuild.load(tmp_path / "net.onnx")(x), rtol=1e-5, atol=1e-6)
    assert (
        (tmp_path / "net.yaml").read_text()
        == """\
name: net
inputs:
  image: [N, 3, 8, 8]
weights: net.safetensors
layers:
  features:
    Sequential:
      - Conv2d(3, 4, 3, stride=2, padding=1)
      - ReLU
  bn: BatchNorm2d(4)
  pool: AdaptiveAvgPool2d(1)
  fc: Linear(4, 5)
forward: |
  n = image.size(0)
  image = features(image)
  image = bn(image)
  image = pool(image)
  image = image.reshape((n, -1))
  return fc(image)
"""
    )


def test_equal_blocks_are_one(tmp_path: Path, run: Run) -> None:  # noqa: F811
    nodes, weights, before = [], {}, "x"
    for at in range(3):
        weights[f"blocks.{at}.fc.weight"] = drawn(4, 4)
        nodes += [
            node("Gemm", [before, f"blocks.{at}.fc.weight"], [f"a{at}"], f"/blocks/blocks.{at}/fc/Gemm", transB=1),
            node("Add", [f"a{at}", before], [f"b{at}"], f"/blocks/blocks.{at}/Add"),
        ]
        before = f"b{at}"
    path = saved(model(nodes, [tensor("x", ["n", 4])], [tensor(before, None)], weights), tmp_path)
    network, x = imported(path, run), drawn(2, 4)
    np.testing.assert_allclose(network(x), nnbuild.load(path)(x), rtol=1e-5)
    text = (tmp_path / "net.yaml").read_text()
    assert text.count("Linear(4, 4, bias=False)") == 1
    assert list(network.state_dict()) == [f"blocks.{at}.fc.weight" for at in range(3)]


def test_a_group_that_is_left_and_come_back_to(tmp_path: Path, run: Run) -> None:  # noqa: F811
    nodes = [
        node("Gemm", ["x", "a.fc.weight"], ["h"], "/a/fc/Gemm", transB=1),
        node("Relu", ["h"], ["r"], "/act/Relu"),
        node("Gemm", ["r", "a.out.weight"], ["s"], "/a/out/Gemm", transB=1),
        node("Mul", ["s", "a.scale"], ["y"], "/a/Mul"),
    ]
    weights = {"a.fc.weight": drawn(4, 4), "a.out.weight": drawn(4, 4), "a.scale": drawn(4)}
    path = saved(model(nodes, [tensor("x", ["n", 4])], [tensor("y", None)], weights), tmp_path)
    network, x = imported(path, run), drawn(2, 4)
    np.testing.assert_allclose(network(x), nnbuild.load(path)(x), rtol=1e-5)
    assert "a['out'](x)" in (tmp_path / "net.yaml").read_text()


def test_a_weight_under_two_names_stays_one(tmp_path: Path, run: Run) -> None:  # noqa: F811
    nodes = [
        node("Gemm", ["x", "a.weight"], ["h"], "/a/Gemm", transB=1),
        node("Gemm", ["h", "a.weight"], ["y"], "/b/Gemm", transB=1),
    ]
    path = saved(model(nodes, [tensor("x", ["n", 4])], [tensor("y", None)], {"a.weight": drawn(4, 4)}), tmp_path)
    network, x = imported(path, run), drawn(2, 4)
    np.testing.assert_allclose(network(x), nnbuild.load(path)(x), rtol=1e-5)
    assert sum(each.numel() for each in network.parameters()) == 16
    assert "tie:\n  b.weight: a.weight\n" in (tmp_path / "net.yaml").read_text()


@pytest.mark.parametrize("name", ["lenet_mnist", "char_lstm", "max_unpool"])
def test_bundled_specs_come_back(tmp_path: Path, run: Run, name: str) -> None:  # noqa: F811
    model = nnbuild.load(name).eval()
    path = tmp_path / "net.onnx"
    path.write_bytes(model_bytes(model, model.spec.inputs, name="net"))
    network = imported(path, run)
    random = np.random.default_rng(0)
    for batch in (1, 3):
        given = [
            random.standard_normal(each.sized(batch)).astype(each.dtype)
            if each.dtype.startswith("float")
            else random.integers(0, 2, each.sized(batch)).astype(each.dtype)
            for each in model.spec.inputs
        ]
        for own, other in zip(tensors_in(network(*given)), tensors_in(model(*given)), strict=True):
            np.testing.assert_allclose(own, other, rtol=1e-4, atol=1e-5)


def test_without_weights(tmp_path: Path, run: Run) -> None:  # noqa: F811
    run("import", saved(small(), tmp_path), "-o", tmp_path / "net.yaml", "--no-weights")
    assert not (tmp_path / "net.safetensors").exists()
    assert "weights:" not in (tmp_path / "net.yaml").read_text()


def test_wrong_calls(tmp_path: Path, run: Run) -> None:  # noqa: F811
    path = saved(small(), tmp_path)
    assert "name it net.yaml" in run("import", path, "-o", "net.json", status=2).stderr
    failed = run("import", tmp_path / "net.yaml", "-o", tmp_path / "other.yaml", status=1)
    assert "is no file of another program's network" in failed.stderr
    missing = run("import", tmp_path / "gone.onnx", "-o", tmp_path / "net.yaml", status=1)
    assert "there is no file" in missing.stderr


@pytest.mark.torch
def test_source_of_pytorch_is_made_of_a_file(tmp_path: Path, run: Run) -> None:  # noqa: F811
    torch = pytest.importorskip("torch")
    path = saved(small(), tmp_path)
    run("export", path, "-o", tmp_path / "net.py")
    made: dict[str, Any] = {}
    exec((tmp_path / "net.py").read_text(), made)
    module, network, x = made["net"]().eval(), nnbuild.load(path), drawn(3, 3, 8, 8)
    module.load_state_dict({key: torch.from_numpy(np.asarray(value)) for key, value in network.state_dict().items()})
    np.testing.assert_allclose(module(torch.from_numpy(x)).detach().numpy(), network(x), rtol=1e-4, atol=1e-5)
