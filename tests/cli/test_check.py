"""`nnbuild check`, `nnbuild layers` and `nnbuild list`."""

from __future__ import annotations

import json
import subprocess
import sys

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
        (("expect", "weights: no.npz\nexpect"), "error: the weights file no.npz is missing", "net.yaml:4:10"),
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


def places(result):
    """Line and message of every problem and warning."""
    rows = json.loads(result.stdout)
    found = [each for row in rows for each in (*row["problems"], *row["warnings"])]
    return [(each["line"], each["message"]) for each in found]


def test_independent_mistakes_come_together(run, spec):
    text = (
        "input: [N, 4]\nlayers:\n  a: Linear(3, 5)\n  b: Linear(5, 6)\n  c: Linear(7, 8)\n"
        "example: x.npy\nweights: w.npz\nlabels: l.txt\n"
    )
    result = run("check", spec(text), "--format", "json", status=1)
    assert places(result) == [
        (7, "the weights file w.npz is missing"), (6, "the example file x.npy is missing"),
        (8, "the labels file l.txt is missing"), (3, "Linear wants 3 input features and gets 4"),
        (5, "Linear wants 7 input features and gets 6"),
    ]  # fmt: skip
    broken = spec(text.replace("Linear(3", "Liner(3"))
    assert [line for line, _ in places(run("check", broken, "--format", "json", status=1))] == [3, 7, 6, 8, 5]


@pytest.mark.parametrize("parts", ["torch.split(x, 1, dim=1)", "x.unbind(2)", "x.chunk(3, 1)"])
def test_parts_of_what_is_guessed_do_not_end_the_trace(run, spec, parts):
    """Their number follows from a size that is not known."""
    text = f"""input: [N, 3, 8, 8]
layers:
  fc1: Linear(4, 2)
  fc2: Linear(3, 2)
forward: |
  x = x.view(1, 7, 5)
  parts = {parts}
  return fc2(fc1(parts[0]))
"""
    found = places(run("check", spec(text), "--format", "json", status=1))
    assert [line for line, _ in found] == [6, 4]


def test_a_mistake_of_a_block_is_told_once(run, spec):
    text = (
        "input: [N, 4]\nblocks:\n  B(n):\n    layers: {a: 'Linear(n, n)', b: 'Linear(n + 1, n)'}\n"
        "    forward: x + b(a(x))\n"
        "layers: [B(4), B(4), B(4), 'Linear(3, 2)']\n"
    ).replace("B(4)", "'B(4)'")
    result = run("check", spec(text), "--format", "json", status=1)
    assert places(result) == [
        (4, "Linear wants 5 input features and gets 4"), (6, "Linear wants 3 input features and gets 4"),
    ]  # fmt: skip
    assert "= the same in 1.b and 1 more" in run("check", spec(text), status=1).stderr
    broken = spec(text.replace("Linear(n, n)", "Linear(n, -n)"))
    result = run("check", broken, status=1)
    assert [line for line, _ in places(run("check", broken, "--format", "json", status=1))] == [4, 6]
    assert result.stderr.count("error: ") == 2 and "out_features of at least 0 and gets -4" in result.stderr


def test_mistakes_of_all_stages_come_together(run, spec):
    """A layer that cannot be made and an op that does not fit end neither the build nor the trace."""
    text = """input: [N, 3, 32, 32]
layers:
  conv1: Conv2d(4, 6, 5)
  conv2: Conv2d(6, 16, kernel=5)
  fc1: Linear(400, 120)
  fc2: Linear(121, 84)
  fc3: Linaer(84, 10)
forward: |
  x = F.max_pool2d(conv1(x), 2)
  x = F.max_pool2d(conv2(x), 2)
  x = fc1(x.view(x.size(0), 400))
  y = torch.cat([x, x[:, None]], 1)
  x = fc2(x)
  return fc3(x + x.sum(1))
"""
    found = places(run("check", spec(text), "--format", "json", status=1))
    assert [line for line, _ in found] == [4, 7, 3, 12, 6]
    whole = text.replace("kernel=5", "5").replace("Linaer", "Linear").replace("400))", "401))")
    assert [line for line, _ in places(run("check", spec(whole), "--format", "json", status=1))] == [3, 11, 12, 6]


def test_files_that_are_there_are_read(run, spec, tmp_path):
    (tmp_path / "w.npz").write_bytes(b"nothing")
    (tmp_path / "l.txt").write_bytes(b"\xff\xfe\xff")
    result = run("check", spec(GOOD + "weights: w.npz\nlabels: l.txt\n"), "--format", "json", status=1)
    assert [line for line, _ in places(result)] == [5, 6]


CHOOSER = """\
input: [N, 4]
choose: {kind: a, wide: false, word: x}
layers:
  kinds: {ModuleDict: {a: "Linear(4, 5)", b: "Linear(4, 5)", c: "Linear(4, 5)"}}
  more: Linear(5, 5)
  other: ReLU
forward: |
  x = kinds[kind](x)
  if wide:
    x = more(x)
  return other(x) if word == 'y' else x
"""


def test_every_choice_is_traced(run, spec):
    (row,) = json.loads(run("check", spec(CHOOSER), "--strict", "--format", "json").stdout)
    assert len(row["choices"]) == 12 == len({json.dumps(choice) for choice in row["choices"]})
    assert row["choices"][0] == {"kind": "a", "wide": False, "word": "x"}
    for change, place, note in (
        (('c: "Linear(4', 'c: "Linear(3'), "net.yaml:4:", "= with kind=c"),
        (("more: Linear(5, 5", "more: Linear(6, 5"), "net.yaml:5:", "= with wide=True"),
    ):
        result = run("check", spec(CHOOSER.replace(*change)), status=1)
        assert place in result.stderr and note in result.stderr and "1 problem" in result.stdout


def test_a_choice_of_the_user_is_not_varied(run, spec):
    path = spec(CHOOSER)
    (row,) = json.loads(run("check", path, "--choose", "kind=b", "--choose", "wide=true", "--format", "json").stdout)
    assert [choice["word"] for choice in row["choices"]] == ["x", "y"]
    assert all(choice["kind"] == "b" and choice["wide"] is True for choice in row["choices"])


def test_choices_that_are_not_traced_are_said(run, spec, monkeypatch):
    text = (
        "input: [N, 4]\nchoose: {n: 1}\nlayers: {a: ReLU}\nforward: |\n  for i in range(n):\n    x = a(x)\n  return x\n"
    )
    untold = (2, "the choice n is traced at 1 only: the forward does not tell its other values")
    assert places(run("check", spec(text), "--format", "json")) == [untold]
    assert places(run("check", spec(text), "--choose", "n=2", "--format", "json")) == []
    monkeypatch.setattr("nnbuild.report.check.MAX_COMBINATIONS", 5)
    (row,) = json.loads(run("check", spec(CHOOSER), "--format", "json").stdout)
    assert len(row["choices"]) == 5
    assert row["warnings"][0]["message"] == "5 of 12 combinations of choices are traced"


UNUSED = """\
inputs: {x: [N, 4], y: [N, 4], z: [N, 4]}
blocks:
  Twice: {layers: {used: ReLU, idle: ReLU}, forward: used(x)}
layers:
  a: Twice
  b: Twice
  row: {Sequential: [ReLU, ReLU]}
  late: Linear(4, 4)
  fc: Linear(4, 4)
forward: |
  if training:
    x = late(x)
  return b(a(x)) @ fc.weight + z.size(1)
"""


def test_what_has_no_use_is_warned_of(run, spec):
    found = [(3, "the layer a.idle is never run"), (7, "the layer row is never run"), (1, "the input y is not used")]
    assert places(run("check", spec(UNUSED), "--format", "json")) == found
    result = run("check", spec(UNUSED))
    assert result.stderr.count("warning: ") == 3 and " 3 warnings " in result.stdout
    result = run("check", spec(UNUSED), "--strict", status=1)
    assert result.stderr.count("error: ") == 3 and " 3 problems " in result.stdout


def test_the_pass_in_training_is_traced(run, spec):
    result = run("check", spec(UNUSED.replace("late: Linear(4, 4)", "late: Linear(5, 4)")), status=1)
    assert "net.yaml:8:" in result.stderr and "= in training" in result.stderr


def test_no_input_is_warned_of(run, spec):
    result = run("check", spec("layers: [ReLU]\n"))
    assert "warning: the spec states no input, so nothing is traced" in result.stderr
    assert " 1 warning " in result.stdout
    run("check", spec("layers: [ReLU]\n"), "--strict", status=1)


IMAGES = "input: [N, 3, 8, 6]\nlayers: [AdaptiveAvgPool2d(1), Flatten]\n"


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("labels: [a, b]", "the spec names 2 labels and the output has 3 classes"),
        ("labels: [a]", "the spec names 1 label and the output has 3 classes"),
        ("labels: [a, b, c]", None),
        ("preprocess: {resize: [8, 6]}", None),
        ("preprocess: {resize: 9, crop: [8, 6]}", None),
        ("preprocess: {resize: 9, crop: 8}", "preprocess makes images of 8x8 and the input is 8x6"),
        ("preprocess: {resize: [6, 8]}", "preprocess makes images of 6x8 and the input is 8x6"),
        ("preprocess: {crop: [8, 6], grayscale: true}", "preprocess makes 1 channel and the input has 3"),
        ("preprocess: {crop: [8, 6], std: [1, 2]}", "std has 2 numbers and the images 3 channels"),
        ("preprocess: {crop: [8, 6], std: [1]}", None),
    ],
)
def test_files_and_steps_that_do_not_fit(run, spec, section, message):
    found = places(run("check", spec(f"{IMAGES}{section}\n"), "--format", "json"))
    assert found == ([] if message is None else [(3, message)])


def test_steps_and_a_square_or_free_input(run, spec):
    square = IMAGES.replace("8, 6", "8, 8") + "preprocess: {resize: 8}\n"
    (found,) = places(run("check", spec(square), "--format", "json"))
    assert found == (3, "resize: 8 makes the shorter side 8 and leaves the longer one as it comes")
    free = IMAGES.replace("8, 6", "H=8, W=6") + "preprocess: {resize: 5}\n"
    assert places(run("check", spec(free), "--strict", "--format", "json")) == []


def test_another_network_of_the_spec(run, spec):
    path = spec(
        "params: {width: 4}\nvariants: {wide: {width: 8}}\ninput: [N, width]\nlayers: {a: 'Linear(width, 2)'}\n"
        "expect: {params: 10, wide: {params: 18}}\n"
    )
    (row,) = json.loads(run("check", path, "--variant", "wide", "--format", "json").stdout)
    assert row["spec"].endswith(": wide") and row["params"] == 18
    rows = json.loads(run("check", path, "--set", "width=6", "--format", "json").stdout)
    assert [row["params"] for row in rows] == [14, 14]
    assert "has no param breadth; did you mean" not in run("check", path, "--set", "breadth=6", status=1).stderr
    assert "are of one network" in run("check", "--all", "--set", "width=6", status=2).stderr


def test_a_folder(run, spec, tmp_path):
    for name in ("b/c.yml", ".hidden/d.yaml"):
        (tmp_path / name).parent.mkdir()
        spec(GOOD, name)
    spec(GOOD.replace("25", "26"), "a.yaml")
    spec("blocks: {B: {layers: [ReLU]}}\n", "blocks.yaml")
    spec("services: {}\n", "compose.yaml")
    spec("layers: [\n", "open.yaml")
    result = run("check", tmp_path, "--format", "json", status=1)
    rows = {row["spec"].removeprefix(f"{tmp_path}/"): row["ok"] for row in json.loads(result.stdout)}
    assert rows == {"a.yaml": False, "b/c.yml": True, "open.yaml": False}
    assert "note: 2 YAML files without layers" in result.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    assert f"there is no spec in {empty} or below" in run("check", empty, status=1).stderr


def test_a_spec_on_standard_input(run):
    assert " ok " in run("check", "-", given=GOOD).stdout
    result = run("check", "-", given=GOOD.replace("25", "26"), status=1)
    assert "--> <stdin>:4:18" in result.stderr
    for command in (["summary"], ["shapes"], ["bench", "--repeat", 1, "--threads", 1]):
        assert "(1, 4)" in run(command[0], "-", *command[1:], given=GOOD).stdout
    assert "(1, 4, 4)" in run("summary", "-", given="input: [N, T=4, 4]\nlayers: [ReLU]\n").stdout


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


def test_the_list_fits_a_small_terminal(run):
    lines = run("list").stdout.splitlines()
    assert max(map(len, lines)) <= 80 and len(lines) > 100


def test_bundled_specs_like_a_pattern(run):
    names = [row["name"] for row in json.loads(run("list", "ResNet*", "--json").stdout)]
    assert names == ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
    text = run("list", "segmentation").stdout
    assert text.splitlines()[2].split()[0] == "segnet" and "U-Net: Convolutional networks for biomedical" in text
    assert max(map(len, text.splitlines())) <= 80
    result = run("list", "alexnt", status=1)
    assert "no bundled spec is like 'alexnt'" in result.stderr and "did you mean alexnet?" in result.stderr


def test_checking_without_weights_needs_no_numpy():
    code = "import sys; from nnbuild.report.check import check; check('lenet'); print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
