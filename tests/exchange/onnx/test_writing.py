"""Writing: what is in the file, and its numbers by ONNX's own evaluator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild.errors import InputError, NnbuildError, SpecError
from nnbuild.exchange.onnx.writing import file as writing
from nnbuild.ops.nests import tensors_in
from tests.cli.conftest import Run, run  # noqa: F401  a fixture
from tests.exchange.onnx.models import onnx

LENET = """
name: Small
input: [N, 3, 12, 12]
layers:
  features:
    Sequential:
      - Conv2d(3, 4, 3)
      - BatchNorm2d(4)
      - ReLU
      - MaxPool2d(2)
  fc: Linear(100, 5)
forward: |
  x = features(x)
  return fc(x.view(x.size(0), -1))
"""

#: Forwards with what is written in a way of its own, on x (N, 4, 6) unless said.
FORWARDS = [
    "x[:, 1:, ::2] + x[:, 1:, 1::2]", "x[:, 0] * 2", "x[..., None].expand(-1, -1, -1, 3)", "x.transpose(1, 2) @ x",
    "x.mean((1, 2))", "x.sum(1, keepdim=True)", "x.var(2)", "torch.cat([x, x.flip(1)], 2)", "x.unflatten(2, (2, 3))",
    "torch.stack([x, x], 1)", "x.repeat(1, 2, 1)", "x.roll(1, 2)", "x.chunk(3, 2)[1]", "x.split([1, 3], 1)[1]",
    "x.unbind(1)[2]", "F.softmax(x, -1)", "F.gelu(x)", "F.gelu(x, approximate='tanh')", "F.silu(x) + F.mish(x)",
    "F.hardswish(x) + F.hardsigmoid(x)", "F.layer_norm(x, (6,))", "F.normalize(x, dim=1)", "F.pad(x, (1, 2, 0, 1))",
    "F.pad(x, (1, 2), 'reflect')", "F.pad(x, (1, 2), 'circular')", "x.clamp(-0.5, 0.5)", "x // 0.3", "x % 0.3",
    "torch.where(x > 0, x, -x)", "x.masked_fill(x > 0, 1.0)", "(x > 0) & (x < 1)", "x.to('int64') // 2", "x.argmax(1)",
    "x.max(2).values", "x.topk(2, -1).indices", "x.cumsum(1)", "x.tril()", "x.norm(dim=1)", "x.std(1)", "x.round()",
    "torch.zeros(x.shape[0], 2) + x[:, 0, :2]", "torch.arange(x.shape[0])[:, None] + x[:, 0]",
    "x.gather(1, (x > 0).long())",
    "x[:, [0, 2]]", "x.pow(2).log1p() + x.exp().rsqrt()", "F.interpolate(x, scale_factor=2)", "x.logsumexp(1)",
    "F.adaptive_avg_pool1d(x, 4)", "F.scaled_dot_product_attention(x, x, x, is_causal=True)", "F.glu(x, 1)",
    "F.group_norm(x, 2)", "F.rms_norm(x, (6,))", "x.trunc() + x.sign()", "x.permute(2, 0, 1)",
]  # fmt: skip


def network(text: str, folder: Path) -> Any:
    path = folder / "net.yaml"
    path.write_text(text)
    return nnbuild.load(path).eval()


def written(model: Any, **options: Any) -> Any:
    """The message of the model as it is written."""
    data = writing.model_bytes(model, model.spec.inputs, **options)
    return onnx.ModelProto.FromString(data)


def held(model: Any, proto: Any, *shapes: tuple[int, ...]) -> None:
    """Hold the file's numbers, as onnx's evaluator has them, to the network's."""
    from onnx.reference import ReferenceEvaluator

    random = np.random.default_rng(0)
    inputs = [random.standard_normal(shape).astype(np.float32) for shape in shapes]
    names = [value.name for value in proto.graph.input]
    expected = tensors_in(model(*inputs))
    found = ReferenceEvaluator(proto).run(None, dict(zip(names, inputs, strict=True)))
    for own, other in zip(expected, found, strict=True):
        assert own.dtype == other.dtype
        np.testing.assert_allclose(other, own, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("opset", [14, 17, 21])
@pytest.mark.parametrize("batch", [1, 3])
def test_numbers_names_and_the_batch(tmp_path: Path, opset: int, batch: int) -> None:
    model = network(LENET, tmp_path)
    proto = written(model, opset=opset)
    held(model, proto, (batch, 3, 12, 12))
    assert {tensor.name for tensor in proto.graph.initializer} == {
        key for key in model.state_dict() if not key.endswith("num_batches_tracked")
    }
    names = [node.name for node in proto.graph.node if node.op_type != "Constant"]
    assert names == ["features.0", "features.1", "features.2", "features.3", "/Flatten", "fc"] or "/Reshape" in names
    assert proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "N"
    assert proto.opset_import[0].version == opset


@pytest.mark.parametrize("text", FORWARDS)
def test_forwards(tmp_path: Path, text: str) -> None:
    model = network(f"input: [N, 4, 6]\nforward: {text!r}\n".replace("'", '"') if "'" not in text else
                    f"input: [N, 4, 6]\nforward: |\n  return {text}\n", tmp_path)  # fmt: skip
    held(model, written(model, opset=20), (3, 4, 6))


def test_folded_norms(tmp_path: Path) -> None:
    model = network(LENET, tmp_path)
    norm = model.features[1]
    norm.running_mean.data[...], norm.running_var.data[...] = 0.3, 2.0
    proto = written(model, fold=True)
    assert "BatchNormalization" not in {node.op_type for node in proto.graph.node}
    held(model, proto, (2, 3, 12, 12))


def test_free_axes_are_open_where_asked_for(tmp_path: Path) -> None:
    model = network("inputs: {x: [N, T=5, 4], y: [N, T]}\nlayers:\n  fc: Linear(4, 3)\n"
                    "forward: fc(x) * y.unsqueeze(-1).reshape(x.size(0), x.size(1), 1)", tmp_path)  # fmt: skip
    held(model, written(model, dynamic=True), (2, 9, 4), (2, 9))
    fixed = written(model)
    assert fixed.graph.input[0].type.tensor_type.shape.dim[1].dim_value == 5


def test_without_weights_they_are_inputs_and_come_back_as_weights(tmp_path: Path, run: Run) -> None:  # noqa: F811
    model = network(LENET, tmp_path)
    run("export", tmp_path / "net.yaml", "-o", tmp_path / "net.onnx", "--no-weights")
    proto = onnx.load(tmp_path / "net.onnx")
    assert not proto.graph.initializer
    back = nnbuild.load(tmp_path / "net.onnx")
    assert sum(each.numel() for each in back.parameters()) == sum(each.numel() for each in model.parameters())
    assert back.spec is not None and not back.spec.holds_weights


def test_what_comes_back_is_the_network(tmp_path: Path) -> None:
    model = network(LENET, tmp_path)
    (tmp_path / "net.onnx").write_bytes(writing.model_bytes(model, model.spec.inputs))
    back = nnbuild.load(tmp_path / "net.onnx")
    paths = {path: type(module).__name__ for path, module in back.named_modules() if path and "Flatten" not in path}
    assert paths == {path: type(module).__name__ for path, module in model.named_modules() if path}
    x = np.random.default_rng(0).standard_normal((2, 3, 12, 12)).astype(np.float32)
    np.testing.assert_allclose(back(x), model(x), rtol=1e-5, atol=1e-6)


def test_many_weights_go_into_a_file_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "OUTSIDE", 100)
    model = network(LENET, tmp_path)
    beside = tmp_path / "net.onnx.data"
    (tmp_path / "net.onnx").write_bytes(writing.model_bytes(model, model.spec.inputs, beside=beside))
    assert beside.stat().st_size > 2000
    back = nnbuild.load(tmp_path / "net.onnx")
    np.testing.assert_array_equal(back.state_dict()["fc.weight"], model.state_dict()["fc.weight"])
    with pytest.raises(InputError, match="too many for one file"):
        writing.model_bytes(model, model.spec.inputs)


def test_what_no_file_gets_is_refused_by_name(tmp_path: Path) -> None:
    model = network("input: [N, 4]\nlayers:\n  a: Linear(4, 4)\nforward: torch.erfc(a(x))", tmp_path)
    with pytest.raises(SpecError, match="ONNX files get no erfc"):
        written(model)


@pytest.mark.parametrize("opset", [12, 9999])
def test_an_opset_that_is_not_written(tmp_path: Path, opset: int) -> None:
    with pytest.raises(InputError, match=f"the opset may be from 13 to .*, not {opset}"):
        written(network(LENET, tmp_path), opset=opset)


def test_a_spec_without_inputs(tmp_path: Path) -> None:
    with pytest.raises(NnbuildError, match="the spec states no input"):
        written(network("layers:\n  - Linear(1, 1)", tmp_path))


def test_options_of_another_format_are_refused(tmp_path: Path, run: Run) -> None:  # noqa: F811
    network(LENET, tmp_path)
    failed = run("export", tmp_path / "net.yaml", "-o", tmp_path / "net.py", "--opset", "18", status=2)
    assert "--opset says nothing about torch" in failed.stderr
