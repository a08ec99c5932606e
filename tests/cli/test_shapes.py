"""`nnbuild shapes`."""

from __future__ import annotations

import json
from itertools import pairwise
from math import ceil, floor

import pytest

from nnbuild.report.sizes import windowed


def test_a_long_formula_in_a_narrow_terminal_goes_on_below_itself(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = run("shapes", "lenet", "--format", "rich").stdout.splitlines()
    at = lines.index("  Size          H, W = floor((32 + 2*0 - 1*(5-1) - 1)/1 + 1)")
    assert lines[at + 1].rstrip() == "                = 28"
    assert not any(line.strip() == "Size" for line in lines)


def test_the_general_formulas_hold(run):
    """Each printed formula, evaluated, gives the size that the layer gives."""
    formulas = json.loads(run("shapes", "--format", "json").stdout)["formulas"]
    assert [name for row in formulas for name in row["layers"]] == windowed()
    values = {"H": 37, "kernel": 4, "stride": 3, "padding": 2, "dilation": 1, "output_padding": 0, "floor": floor}
    for row in formulas:
        for name in row["layers"]:
            padding = [] if name.startswith("LPPool") else ["--padding", 2]
            sizes = run("shapes", name, "--input", 37, "--kernel", 4, "--stride", 3, *padding, "--format", "json")
            (found,) = set(json.loads(sizes.stdout)["output"])
            for form in ("simplified", "complete"):
                if form in row:
                    assert eval(row[form], {**values, "ceil": ceil}) == found, (name, row[form])


def test_one_layer(run):
    result = json.loads(run("shapes", "Conv2d", "--input", "224", "--kernel", "11", "--stride", "4", "--padding", "2",
                            "--format", "json").stdout)  # fmt: skip
    assert result["output"] == [55, 55]
    assert result["formula"] == ["H, W = floor((224 + 2*2 - 1*(11-1) - 1)/4 + 1) = 55"]


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["ConvTranspose2d", "--input", "13", "--kernel", "3", "--stride", "2", "--output-padding", "1"], [28, 28]),
        (["MaxPool2d", "--input", "6,7", "--kernel", "3", "--stride", "2", "--ceil"], [3, 3]),
        (["Conv1d", "--input", "100", "--kernel", "5", "--dilation", "2"], [92]),
        (["Conv3d", "--input", "8,9,10", "--kernel", "3", "--padding", "same"], [8, 9, 10]),
        (["Conv2d", "--input", "8", "--kernel", "3,5"], [6, 4]),
        (["MaxUnpool2d", "--input", "4", "--kernel", "2"], [8, 8]),
    ],
)
def test_layers_with_numbers(run, arguments, output):
    assert json.loads(run("shapes", *arguments, "--format", "json").stdout)["output"] == output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Conv2d", "--input", "22", "--kernel", "3", "--ceil"], "Conv2d has no option 'ceil_mode'"),
        (["Linear", "--input", "3"], "Linear is not among the layers whose sizes follow a formula"),
        (["Unfold", "--input", "3"], "Unfold is not among the layers whose sizes follow a formula"),
        (["Conv2d", "--input", "3,4,5", "--kernel", "3"], "Conv2d works on 2 axes and gets 3 sizes"),
        (["Conv2d", "--input", "3"], "Conv2d needs kernel_size"),
        (["Conv2d", "--input", "3", "--kernel", "4"], "Conv2d has a window of 4 and its input only 3 elements"),
        (["Conv2d", "--input", "3", "--kernel", "big"], "Conv2d wants a whole number or a tuple of them"),
    ],
)
def test_mistakes(run, arguments, message):
    assert message in run("shapes", *arguments, status=1).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Conv2d", "--kernel", "3"], "Conv2d wants --input"),
        (["Conv2d", "--kernel", "3", "--input", "x=3"], "one --input without a name"),
        (["Conv2d", "--input", "3", "--variant", "a"], "--variant says nothing about a layer, Conv2d"),
        (["alexnet", "--kernel", "3"], "--kernel says nothing about a spec, alexnet"),
        (["--input", "3"], "--input says nothing about all layers"),
        (["conv2d", "--kernel", "3"], "there is no layer conv2d: did you mean Conv2d?"),
    ],
)
def test_wrong_calls(run, arguments, message):
    assert message in run("shapes", *arguments, status=2).stderr


def test_a_chain_of_shapes(run):
    layers = json.loads(run("shapes", "lenet", "--format", "json").stdout)["layers"]
    for before, after in pairwise(layers):
        assert after["input_shape"] == before["output_shape"]
    flat = next(layer for layer in layers if layer["op"] in ("view", "flatten"))
    assert flat["formula"] == ["16*5*5 = 400"]


def test_a_failure_prints_the_chain_so_far(run):
    result = run("shapes", "lenet", "--input", "1,3,40,40", status=1)
    assert "features.pool2" in result.stdout and "fc1" not in result.stdout
    assert "error: Linear wants 400 input features and gets 784" in result.stderr
