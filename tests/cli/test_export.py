"""`nnbuild export`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run

Spec = Callable[[str], Path]


def test_the_ending_says_the_format(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "net.py"
    result = run("export", "lenet", "-o", target)
    assert result.stdout == "" and result.stderr == f"wrote {target}\n"
    assert target.read_text() == run("export", "lenet", "--to", "torch", "-o", "-").stdout
    assert target.read_text().endswith("        return self.classifier(x)\n")


def test_a_format_that_nothing_says(run: Run, tmp_path: Path) -> None:
    result = run("export", "lenet", "-o", tmp_path / "net.txt", status=2)
    assert "does not say the format by its ending: give --to, one of torch (.py)" in result.stderr
    assert "Missing option '-o'" in run("export", "lenet", status=2).stderr


def test_params_variants_and_choices(run: Run) -> None:
    assert "channels=3, classes=7)" in run("export", "lenet", "--set", "classes=7", "--to", "torch", "-o", "-").stdout
    whole = run("export", "resnet", "--to", "torch", "-o", "-").stdout
    assert "def resnet50():\n    return ResNet(block=Bottleneck, depths=[3, 4, 6, 3])\n" in whole
    one = run("export", "resnet", "--variant", "resnet50", "--to", "torch", "-o", "-").stdout
    assert "        block=Bottleneck,\n        depths=[3, 4, 6, 3],\n" in one and "def resnet50" not in one
    assert run("export", "resnet50", "--to", "torch", "-o", "-").stdout == one
    chosen = run("export", "module_dict", "--choose", "act=prelu", "--to", "torch", "-o", "-").stdout
    assert 'def forward(self, x, choice="conv", act="prelu"):' in chosen


def test_a_spec_on_standard_input(run: Run) -> None:
    text = "input: [N, 3]\nlayers:\n  - Linear(3, 4)\n"
    assert "class Net(nn.Sequential):" in run("export", "-", "--to", "torch", "-o", "-", given=text).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lenet", "--set", "clases=7"], "LeNet has no param clases"),
        (["lenet", "--variant", "big"], "LeNet has no variant big"),
        (["resnet50", "--variant", "resnet18"], "resnet50 is the variant resnet50, not resnet18"),
        (["module_dict", "--choose", "action=relu"], "Chooser has no choice 'action'"),
        (["lenett"], "did you mean lenet?"),
    ],
)
def test_what_there_is_not(run: Run, arguments: list[str], message: str) -> None:
    result = run("export", *arguments, "--to", "torch", "-o", "-", status=1)
    assert message in result.stderr and result.stdout == ""


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("forward: cross_map_lrn2d(fc(x), 2)", ":4:10", "the name cross_map_lrn2d has no counterpart in PyTorch"),
        ("forward: |\n  y = fc(x)\n  return torch.view()", ":6:10", "view is a method in PyTorch"),
        ("forward: fc(y)", ":4:13", "the name y is not known here"),
    ],
)
def test_what_cannot_be_written(run: Run, spec: Spec, tmp_path: Path, text: str, place: str, message: str) -> None:
    path = spec(f"input: [N, 3]\nlayers:\n  fc: Linear(3, 4)\n{text}\n")
    target = tmp_path / "net.py"
    target.write_text("as it was")
    result = run("export", path, "-o", target, status=1)
    assert message in result.stderr and f"{path}{place}" in result.stderr
    assert target.read_text() == "as it was"


def test_a_layer_type_of_torch_and_a_block_that_needs_params(run: Run, spec: Spec) -> None:
    path = spec(
        "input: [N, 4]\nparams: {eps: 0.1}\nblocks:\n  Norm(width):\n    layers: {a: 'LayerNorm(width, eps=eps)'}\n"
        "layers:\n  Sequential:\n    - for norm in [Norm, LayerNorm]: norm(4)\n".replace("  Sequential:\n  ", "")
    )
    result = run("export", path, "--to", "torch", "-o", "-", status=1)
    assert "a layer type of PyTorch at one time and Norm at another, which uses eps" in result.stderr
    assert f"{path}:7:" in result.stderr


def test_a_file_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    assert "there is no folder" in run("export", "lenet", "-o", tmp_path / "none" / "net.py", status=1).stderr
    (tmp_path / "folder.py").mkdir()
    assert "is a folder" in run("export", "lenet", "-o", tmp_path / "folder.py", status=1).stderr


def test_pytorch_is_not_needed() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from nnbuild.exchange.pytorch import source\n"
        "print(source('lenet', {}, None, {}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "class LeNet(nn.Module):" in done.stdout
