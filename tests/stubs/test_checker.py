"""What mypy makes of a user's code: right calls pass with their types, wrong ones are refused in words that help."""

import os
import re
import subprocess
import sys

import pytest

from nnbuild import nn
from nnbuild.nn.layer import Layer
from nnbuild.nn.options import REQUIRED
from nnbuild.ops.tensor_like import BINARY, COMPARISONS, UNARY
from tests.stubs.make import ROOT

pytest.importorskip("mypy", reason="mypy is not installed: pip install '.[dev]'")

ACCEPTED = """\
from typing import Any, assert_type

import numpy as np

import nnbuild
from nnbuild import TensorSpec, nn, ops

image = np.zeros((1, 3, 8, 8), np.float32)
spec = TensorSpec((1, 3, 8, 8))

lenet = nnbuild.load("lenet", params={"classes": 100}, seed=1)
assert_type(lenet.eval(), nn.Module)
assert_type(nnbuild.trace(lenet, spec), nnbuild.Graph)
nnbuild.compile(lenet, spec)
for parameter in lenet.parameters():
    assert_type(parameter, nn.Parameter)

conv = nn.Conv2d(3, 4, (3, 3), padding="same", bias=False, dtype="float64")
conv(image)
assert_type(conv.weight, nn.Parameter)
assert_type(conv.bias, nn.Parameter | None)
nn.LazyConv2d(4, kernel_size=3)
nn.UpsamplingNearest2d(scale_factor=2)
nn.Sequential(conv, nn.ReLU(inplace=True)).train()
nn.init.zeros_(conv.weight)
nn.functional.relu(image)

class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 4)

    def forward(self, x: np.ndarray) -> np.ndarray:
        return ops.relu(ops.linear(x, self.fc.weight, self.fc.bias))

assert_type(Net()(image), np.ndarray)

class Scale(nn.Layer):
    factor: float
    offset: float = 0.0

Scale(2, offset=1.0)

assert_type(ops.relu(image), np.ndarray)
assert_type(ops.relu(spec), TensorSpec)
assert_type(ops.conv2d(image, conv.weight, conv.bias, stride=2), np.ndarray)
assert_type(ops.conv2d(spec, conv.weight), TensorSpec)
assert_type(ops.add(2, spec, alpha=3), TensorSpec)
assert_type(ops.cat([image, conv.weight], 1), np.ndarray)
assert_type(ops.split(spec, 2), tuple[TensorSpec, ...])
assert_type(ops.sort(spec).indices, TensorSpec)
assert_type(ops.max_pool2d(image, 2), np.ndarray)
assert_type(ops.relu_(image), np.ndarray)
assert_type(ops.float(spec), TensorSpec)
assert_type(ops.zeros(2, 3), np.ndarray)
assert_type(ops.zeros(size=(2, 3)), np.ndarray)
assert_type(ops.flip(spec, dims=(0, 1)), TensorSpec)
assert_type(ops.permute(image, 0, 2, 3, 1), np.ndarray)
assert_type(ops.view(input=image, size=[2, -1]), np.ndarray)
ops.copy_(image, src=image)
values, places = ops.max_pool2d(image, 2, return_indices=True)

def either(x: np.ndarray | TensorSpec, unknown: Any) -> None:
    assert_type(ops.linear(x, x, x), np.ndarray | TensorSpec)
    assert_type(ops.conv2d(unknown, conv.weight), Any)
    x + image, image + spec, 2 * conv.weight, spec[:, None]

"""

#: Wrong lines, and how they are refused.
REFUSED = {
    'nn.LeakyReLU("x")': 'Argument 1 to "LeakyReLU" has incompatible type "str"; expected "float"',
    "nn.Conv2d(1, 2, kernal_size=3)": 'Unexpected keyword argument "kernal_size" for "Conv2d"; did you mean',
    "nn.Conv2d(1, 2)": 'Missing positional argument "kernel_size" in call to "Conv2d"',
    "nn.LazyLinear(3, 4, True)": 'Too many positional arguments for "LazyLinear"',
    'nn.Linear(1, 2, bias="no")': 'Argument "bias" to "Linear" has incompatible type "str"; expected "bool"',
    "nn.Tanh(inplace=True)": 'Unexpected keyword argument "inplace" for "Tanh"',
    "nn.Linear(1, 2).bias.shape": 'Item "None" of "Parameter | None" has no attribute "shape"',
    'nn.GELU("erf")': "expected \"Literal['none', 'tanh']\"",
    "nn.Softmax2d()(image, image)": 'Too many arguments for "__call__"',
    "nn.Conv4d(1, 2, 3)": 'Module has no attribute "Conv4d"; maybe',
    "Scale()": 'Missing positional argument "factor" in call to "Scale"',
    'Net()("x")': 'Argument 1 to "__call__" of "Module" has incompatible type "str"; expected "ndarray',
    "nnbuild.lod('lenet')": 'Module has no attribute "lod"; maybe "load"?',
    "nnbuild.load('lenet', parms={})": 'Unexpected keyword argument "parms" for "load"; did you mean "params"?',
    "ops.relu('x')": 'No overload variant of "relu" matches argument type "str"',
    "ops.conv2d(image, conv.weight, strides=2)": 'did you mean "stride"?',
    "ops.conv5d(image, conv.weight)": 'Module has no attribute "conv5d"',
    "ops.relu(spec).sum()": '"TensorSpec" has no attribute "sum"',
}

OPERATORS = [f"spec.__{name}__" for name in (*BINARY, *COMPARISONS, *UNARY, *(f"r{name}" for name in BINARY))]

#: Those whose constructor is made of their options: Identity takes whatever comes.
LAYERS = [name for name in nn.LAYERS if issubclass(getattr(nn, name), Layer) and name != "Identity"]

LINES = [*ACCEPTED.splitlines(), *OPERATORS, *(f"reveal_type(nn.{name})" for name in LAYERS), *REFUSED]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What mypy says of each line; its own summary and advice left out."""
    path = tmp_path_factory.mktemp("checked") / "written_by_a_user.py"
    path.write_text("\n".join(LINES) + "\n", "utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT.parent / "pyproject.toml"), str(path)]
    done = subprocess.run(
        [*command, "--no-error-summary", "--no-pretty"],
        capture_output=True, text=True, cwd=ROOT.parent, env={**os.environ, "MYPYPATH": str(ROOT.parent)},
    )  # fmt: skip
    assert not done.stderr
    said: dict[str, str] = {}
    for number, words in re.findall(r"^.*written_by_a_user\.py:(\d+): (?:error|note): (.*)$", done.stdout, re.M):
        line = LINES[int(number) - 1]
        said[line] = f"{said[line]}\n{words}" if line in said else words
    return said


def test_right_code_is_accepted(verdicts: dict[str, str]) -> None:
    assert {line: verdicts[line] for line in (*ACCEPTED.splitlines(), *OPERATORS) if line in verdicts} == {}


@pytest.mark.parametrize("line", REFUSED)
def test_wrong_code_is_refused(verdicts: dict[str, str], line: str) -> None:
    assert REFUSED[line] in verdicts.get(line, "nothing")


@pytest.mark.parametrize("name", LAYERS)
def test_constructors_are_the_layers_options(verdicts: dict[str, str], name: str) -> None:
    revealed = verdicts[f"reveal_type(nn.{name})"]
    listed = re.fullmatch(r'Revealed type is "def \((.*)\) -> .*"', revealed)
    assert listed, revealed
    arguments = [argument for argument in re.split(r", (?=\w+: |\*)", listed[1]) if argument not in ("", "*")]
    seen = [(argument.partition(":")[0], argument.endswith(" =")) for argument in arguments]
    assert seen == [(option.name, option.default is not REQUIRED) for option in getattr(nn, name).options()]
