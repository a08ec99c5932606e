"""`nnbuild check`, `nnbuild layers` and `nnbuild list`."""

from __future__ import annotations

import json

import pytest

from nnbuild import load, nn

GOOD = "input: [N, 4]\nlayers:\n  a: Linear(4, 5)\nexpect: {params: 25, macs: 20, output: [N, 5]}\n"


def test_all_is_well(run, spec):
    assert " ok " in run("check", spec(GOOD)).stdout
    assert json.loads(run("check", spec(GOOD), "--format", "json").stdout)[0]["ok"] is True


@pytest.mark.parametrize(
    ("change", "message", "place"),
    [
        (("params: 25", "params: 26"), "error: params is 25, and the spec expects 26", "net.yaml:4:18"),
        (("macs: 20", "macs: 2"), "error: macs is 20, and the spec expects 2", "net.yaml:4:28"),
        (
            ("output: [N, 5]", "output: [N, 6]"),
            "error: the output is (1, 5), and the spec expects (1, 6)",
            "net.yaml:4:40",
        ),
        (("params: 25", "trainable: 0"), "error: trainable is 25, and the spec expects 0", "net.yaml:4:"),
        (("expect", "example: no.npy\nexpect"), "error: the example file no.npy is missing", "net.yaml:4:10"),
        (("expect", "labels: no.txt\nexpect"), "error: the labels file no.txt is missing", "net.yaml:4:9"),
        (("expect", "weights: no.npz\nexpect"), "no.npz is missing", ""),
        (("Linear(4", "Linear(3"), "Linear wants 3 input features and gets 4", "net.yaml:3:13"),
        (("Linear", "Lineer"), "there is no layer type Lineer", "net.yaml:3:6"),
    ],
)
def test_problems(run, spec, change, message, place):
    result = run("check", spec(GOOD.replace(*change)), status=1)
    assert message in result.stderr and place in result.stderr and "1 problem" in result.stdout


def test_all_problems_of_all_specs(run, spec):
    bad = spec(GOOD.replace("25", "26").replace("macs: 20", "macs: 21"), "bad.yaml")
    worse = spec("input: [N, 4]\nlayers:\n  a: Liner(4, 5)\n  b: Rely\n", "worse.yaml")
    result = run("check", bad, spec(GOOD), worse, "gone", "--format", "json", status=1)
    found = {row["spec"]: [problem["message"] for problem in row["problems"]] for row in json.loads(result.stdout)}
    assert [len(problems) for problems in found.values()] == [2, 0, 2, 1]
    assert result.stderr.count("error: ") == 5


def test_outputs_of_several_kinds(run, spec):
    text = "input: [N, 4]\nlayers: {}\nforward: |\n  return RESULT\nexpect: {output: WANT}\n"
    pair = text.replace("RESULT", "x, x.sum(1)").replace("WANT", "[[N, 4], [N]]")
    named = text.replace("RESULT", "{'a': x, 'b': x}").replace("WANT", "{a: [N, 4], b: [N, 4]}")
    for good in (pair, named):
        assert " ok " in run("check", spec(good)).stdout
        assert "1 problem" in run("check", spec(good.replace("[N, 4]", "[N, 3]").replace("put: [N, 3]", "put: [N, 4]")),
                                  status=1).stdout  # fmt: skip


def test_variants_are_checked(run, spec):
    path = spec(
        "params: {width: 4}\nvariants: {wide: {width: 8}, narrow: {width: 1}}\ninput: [N, width]\n"
        "layers:\n  a: Linear(width, 5)\nexpect: {wide: {params: 45}, narrow: {params: 6}}\n"
    )
    rows = json.loads(run("check", path, "--format", "json", status=1).stdout)
    assert [(row["spec"].rpartition(" ")[2], row["ok"]) for row in rows] == [
        (str(path), True), ("wide", True), ("narrow", False),
    ]  # fmt: skip


def test_wrong_calls(run):
    assert "give the specs to check, or --all" in run("check", status=2).stderr
    assert "not both" in run("check", "lenet", "--all", status=2).stderr


@pytest.mark.parametrize("name", nn.LAYERS)
def test_every_layer_explains_itself(run, spec, name):
    """It has a sentence, and its example builds."""
    data = json.loads(run("layers", name, "--format", "json").stdout)
    assert data["doc"] and data["signature"].startswith(name)
    assert all(row["type"] and row["default"] for row in data["options"])
    example = data["example"]
    text = (
        "layers:\n  " + example.replace("\n", "\n  ")
        if not example.startswith("parameters")
        else f"{example}\nlayers: {{}}"
    )
    model = load(spec(f"{text}\nforward: |\n  return x\n"))
    assert name in {type(module).__name__ for module in model.modules()}


def test_layers_are_listed(run):
    rows = json.loads(run("layers", "--format", "json").stdout)
    assert [row["name"] for row in rows] == list(nn.LAYERS)
    assert all(row["about"] and len(row["about"]) < 200 for row in rows)
    table = run("layers", "--format", "csv").stdout
    assert "Conv2d,convolution," in table


def test_an_unknown_layer(run):
    assert (
        "error: there is no layer type 'Conv2'\n  = help: did you mean Conv2d?\n"
        in run("layers", "Conv2", status=1).stderr
    )
    assert "`nnbuild layers` lists them" in run("layers", "zzzzzz", status=1).stderr


def test_bundled_specs_are_listed(run):
    rows = {row["name"]: row for row in json.loads(run("list", "--json").stdout)}
    assert rows["alexnet"]["params"] == 61_100_840 and rows["alexnet"]["macs"] == 714_188_480
    assert rows["alexnet"]["input"] == "N, 3, 224, 224" and rows["lenet"]["params"] == 62_006
    assert rows["resnet18"]["spec"] == "resnet" and rows["resnet18"]["params"] == 11_689_512
    assert "alexnet " in run("list").stdout
