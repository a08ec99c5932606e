"""Free axes on the command line: a network runs at the length that comes."""

from __future__ import annotations

import json

import numpy as np
import pytest

TEXT = """\
inputs: {x: [N, T=20, 32], mask: [N, T]}
layers: {fc: "Linear(32, 5)"}
forward: fc(x) * mask[:, :, None]
expect: {output: [N, T, 5]}
"""


def files(folder, steps, other):
    np.save(folder / "x.npy", np.ones((3, steps, 32), np.float32))
    np.save(folder / "mask.npy", np.ones((3, other), np.float32))
    return ["--input", f"x={folder / 'x.npy'}", "--input", f"mask={folder / 'mask.npy'}"]


def test_traced_at_the_default(run, spec):
    assert " ok " in run("check", spec(TEXT)).stdout
    assert "x (1, 20, 32) float32, mask (1, 20) float32" in run("summary", spec(TEXT)).stdout


def test_run_at_what_comes(run, spec, tmp_path):
    assert "(3, 30, 5)" in run("run", spec(TEXT), *files(tmp_path, 30, 30)).stdout


def test_files_that_disagree(run, spec, tmp_path):
    result = run("run", spec(TEXT), *files(tmp_path, 30, 29), status=1)
    assert "the inputs disagree about the axis T: x (3, 30, 32) has 30 and mask (3, 29) has 29" in result.stderr


def test_a_fixed_length_is_no_channels(run, spec, tmp_path):
    result = run("run", spec(TEXT.replace("T=20", "20").replace("T", "20")), *files(tmp_path, 30, 20), status=1)
    assert "the input x has 20 in its second axis, (N, 20, 32), and" in result.stderr
    assert "say so in the spec: [N, T=20, 32]" in result.stderr


@pytest.mark.parametrize("command", ["summary", "bench"])
def test_sizes_of_one_input_are_those_of_the_others(run, spec, command):
    more = ["--repeat", 1, "--threads", 1] if command == "bench" else []
    data = json.loads(run(command, spec(TEXT), "--input", "x=2,50,32", *more, "--format", "json").stdout)
    inputs = data["inputs"]
    shapes = [value["shape"] for value in (inputs.values() if isinstance(inputs, dict) else inputs)]
    assert shapes == [[2, 50, 32], [2, 50]]


def test_sizes_that_disagree(run, spec):
    result = run("shapes", spec(TEXT), "--input", "x=1,50,32", "--input", "mask=1,40", status=1)
    assert "the inputs disagree about the axis T: x (1, 50, 32) has 50 and mask (1, 40) has 40" in result.stderr
