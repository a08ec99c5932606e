"""`nnbuild summary`: formats agree, columns add up, failures say why."""

from __future__ import annotations

import csv
import io
import json
import sys

import pytest

from nnbuild.report.columns import COLUMNS
from nnbuild.report.summary import SUMMED

SPECS = ("alexnet", "lenet_mnist", "module_dict", "module_list", "max_unpool", "transposed_conv", "resnet18", "vgg11")


@pytest.mark.parametrize("name", SPECS)
def test_formats_agree(run, name):
    data = json.loads(run("summary", name, "--format", "json").stdout)
    table = list(csv.DictReader(io.StringIO(run("summary", name, "--format", "csv").stdout)))
    markdown = [line for line in run("summary", name, "--format", "markdown").stdout.splitlines() if line[:1] == "|"]
    assert [row["path"] for row in table[1:]] == [layer["path"] for layer in data["layers"]]
    assert [row["type"] for row in table[1:]] == [layer["type"] for layer in data["layers"]]
    for row, layer in zip(table[1:], data["layers"], strict=True):
        assert row["params"] == (str(layer["params"]) if layer["params"] else "")
        assert row["macs"] == ("" if layer["macs"] is None else str(layer["macs"]))
    assert len(markdown) == len(table) + 3  # header, rule, total
    assert data["totals"]["params"] == int(table[0]["params"] or 0)
    assert all({"path", "type", "input_shape", "output_shape", "params", "macs", "executed"} <= layer.keys()
               for layer in data["layers"])  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("depth", [None, 1])
def test_a_printed_column_adds_up_to_its_total(run, name, depth):
    options = ["--depth", depth] if depth is not None else []
    data = json.loads(run("summary", name, "--format", "json", *options).stdout)
    leaves = [layer for layer in data["layers"] if layer["leaf"]]
    for key in ("params", "trainable", "buffers"):
        assert sum(layer[key] for layer in leaves) == data["totals"][key]
    counted = [layer["macs"] for layer in leaves if layer["macs"] is not None]
    assert (sum(counted) if counted else None) == data["totals"]["macs"]


@pytest.mark.parametrize("name", ["alexnet", "module_dict", "resnet18"])
def test_the_plain_table_adds_up(run, name):
    lines = run("summary", name, "--columns", "params,macs").stdout.splitlines()
    rows = lines[2 : next(at for at, line in enumerate(lines) if line.startswith("Total")) - 1]
    total = next(line for line in lines if line.startswith("Total")).split()[1:]
    depths = [len(row) - len(row.lstrip("│├└─ ")) for row in rows]
    leaves = [row for place, row in enumerate(rows) if place + 1 == len(rows) or depths[place + 1] <= depths[place]]
    for column, printed in enumerate(total):
        numbers = [row.split()[column - 2].replace(",", "") for row in leaves]
        assert sum(int(number) for number in numbers if number != "-") == int(printed.replace(",", ""))


def test_columns_on_demand(run):
    table = run("summary", "alexnet", "--columns", ",".join(COLUMNS), "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(table)))
    assert set(rows[0]) == {"path", *COLUMNS}
    first = next(row for row in rows if row["path"] == "features.0")
    assert first["kernel"] == "11" and first["stride"] == "4" and first["padding"] == "2" and first["dilation"] == "1"
    assert first["receptive_field"] == "11" and first["jump"] == "4"
    assert first["bytes"] == str(4 * 23296) and first["output_bytes"] == str(4 * 64 * 55 * 55)
    assert first["input_shape"] == "(1, 3, 224, 224)" and first["dtype"] == "float32"
    assert set(SUMMED) <= set(COLUMNS)


def test_a_plus_adds_columns(run):
    header = run("summary", "lenet", "--columns", "+kernel", "--format", "csv").stdout.splitlines()[0]
    assert header == "path,type,output_shape,params,macs,kernel"


def test_every_column_is_in_the_help(run):
    text = " ".join(run("summary", "--help").stdout.replace(",", " ").split())
    assert all(f" {key} " in text.replace(".", " ") for key in COLUMNS)


def test_unknown_column(run):
    result = run("summary", "alexnet", "--columns", "kernal", status=1)
    assert result.stderr.endswith("error: there is no column 'kernal'\n  = help: did you mean kernel?\n")
    assert "there are type, options" in run("summary", "alexnet", "--columns", "zzz", status=1).stderr


def test_input_sizes_params_and_choices(run):
    data = json.loads(run("summary", "lenet", "--set", "classes=7", "--input", "8,3,32,32", "--format", "json").stdout)
    assert data["outputs"] == [{"name": "output", "shape": [8, 7], "dtype": "float32"}]
    named = json.loads(run("summary", "lenet", "--input", "x=2x3x32x32", "--format", "json").stdout)
    assert named["inputs"] == {"x": {"shape": [2, 3, 32, 32], "dtype": "float32"}}
    chosen = json.loads(run("summary", "module_dict", "--choose", "choice=pool", "--format", "json").stdout)
    assert {layer["path"]: layer["executed"] for layer in chosen["layers"]} == {
        "choices": True, "choices.conv": False, "choices.pool": True,
        "activations": True, "activations.relu": True, "activations.prelu": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--input", "y=1,3,224,224"], "error: the network has no input 'y'"),
        (["--set", "clases=3"], "did you mean classes?"),
        (["--variant", "small"], "error: AlexNet has no variant small"),
        (["--choose", "a=1"], "has no choice 'a'"),
    ],
)
def test_mistakes(run, arguments, message):
    assert message in run("summary", "alexnet", *arguments, status=1).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--input", "a,b"], "'a,b' is not sizes such as 1,3,224,224"),
        (["--input", "1,3", "--input", "1,4"], "the input without a name is given twice"),
        (["--input", "x=1,3", "--input", "x=1,4"], "input x is given twice"),
        (["--set", "classes"], "'classes' is not NAME=VALUE"),
        (["--depth", "-1"], "-1 is not in the range x>=0"),
        (["--format", "xml"], "'xml' is not one of"),
        (["--colums", "x"], "No such option"),
    ],
)
def test_wrong_calls_exit_with_2(run, arguments, message):
    assert message in run("summary", "alexnet", *arguments, status=2).stderr


def test_several_inputs_want_names(run, spec):
    path = spec('inputs: {a: [N, 3], b: [N, 3]}\nlayers: {fc: "Linear(3, 2)"}\nforward: |\n  return fc(a + b)\n')
    result = run("summary", path, "--input", "1,3", status=1)
    assert "the network has 2 inputs" in result.stderr and "--input a=... --input b=..." in result.stderr
    assert run("summary", path, "--input", "a=4,3", "--input", "b=4,3").stdout


def test_a_spec_without_input(run, spec):
    path = spec("layers: {fc: 'Linear(3, 2)'}\n")
    assert "the spec states no input" in run("summary", path, status=1).stderr
    assert "(5, 2)" in run("summary", path, "--input", "5,3").stdout


def test_a_failure_prints_the_table_so_far(run, spec):
    path = spec("input: [N, 4]\nlayers:\n  a: Linear(4, 5)\n  b: Linear(6, 7)\n  c: Linear(7, 8)\n")
    result = run("summary", path, status=1)
    assert (
        "├─ a" in result.stdout
        and "└─ b (fails)" in result.stdout
        and "c" not in result.stdout.split("b (fails)")[1][:60]
    )
    assert "Total" not in result.stdout and "The table ends where the network fails." in result.stdout
    assert "error: Linear wants 6 input features and gets 5" in result.stderr and "net.yaml:4:" in result.stderr


def test_names_with_brackets_survive_rich(run, spec):
    path = spec("input: [N, 4]\nlayers:\n  '[red]': Linear(4, 5)\n  '[bold]x[/bold]': ReLU\n")
    for format in ("rich", "plain"):
        output = run("summary", path, "--format", format).stdout
        assert "[bold]x[/bold]" in output and "[red]" in output
    assert "\\[bold\\]" in run("summary", path, "--format", "markdown").stdout


def test_shared_layers_and_parameters_count_once(run, spec):
    path = spec(
        "input: [N, 4]\nlayers:\n  a: Linear(4, 4)\n  b: Linear(4, 4)\ntie: {b.weight: a.weight}\n"
        "forward: |\n  return a(b(a(x)))\n"
    )
    data = json.loads(run("summary", path, "--format", "json").stdout)
    assert [(layer["path"], layer["again"], layer["params"], layer["macs"]) for layer in data["layers"]] == [
        ("a", False, 20, 16), ("b", False, 4, 16), ("a", True, 0, 16),
    ]  # fmt: skip
    assert data["totals"]["params"] == 24 and data["totals"]["macs"] == 48
    text = run("summary", path).stdout
    assert "a (again)" in text and "Tensors shared by several layers count once" in text


def test_width_60_is_readable(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = run("summary", "alexnet", "--format", "rich").stdout.splitlines()
    assert max(map(len, lines)) <= 60
    assert any("714,188,480" in line and "61,100,840" in line for line in lines)
    monkeypatch.setenv("COLUMNS", "40")
    lines = run("summary", "alexnet", "--format", "rich").stdout.splitlines()
    assert max(map(len, lines)) <= 40 and any("714,188,480" in line for line in lines)


def test_a_trillion_parameters(run, spec):
    path = spec("input: [N, 1000000]\nlayers: {fc: 'Linear(1000000, 1000000)'}\n")
    assert "1,000,001,000,000" in run("summary", path).stdout


def test_only_rich_tables_import_rich():
    import subprocess

    code = (
        "import sys; sys.argv = ['nnbuild', 'summary', 'lenet', '--format', 'plain']\n"
        "from nnbuild.cli import cli\n"
        "cli(standalone_mode=False)\n"
        "print(sorted({'rich', 'numpy', 'torch', 'dataclasses'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"
