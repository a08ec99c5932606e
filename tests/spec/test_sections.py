"""Inputs, files, preprocessing, expectations; finding and loading specs."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnbuild.errors import NnbuildError
from nnbuild.spec import library, load
from nnbuild.spec.build.stated import Input

from .conftest import report

FULL = """
name: Net
description: A small one.
paper: https://arxiv.org/abs/1
params: {n: 3, N2: 4}
variants: {big: {n: 6}}
inputs:
  x: [N, n, 2 * n]
  ids: {shape: [N, N2], dtype: long}
layers: {a: Identity}
forward: a(x) + ids
example: {x: x.npy, ids: data/ids.npy}
labels: [yes, no, "3"]
preprocess: {resize: 256, crop: [224, 200], grayscale: false, scale: 1 / 255, mean: [0.5, 0.4], std: 0.2}
expect:
  params: 0
  output: {y: [N, 3]}
  big: {params: 2 * n, macs: 7, output: [N, 6]}
"""


def test_everything_is_kept(build, tmp_path):
    spec = build(FULL).spec
    assert spec.inputs == (Input("x", ("N", 3, 6)), Input("ids", ("N", 4), "int64"))
    assert [item.sized(2) for item in spec.inputs] == [(2, 3, 6), (2, 4)]
    assert (spec.name, spec.description, spec.paper) == ("Net", "A small one.", "https://arxiv.org/abs/1")
    assert spec.file == tmp_path / "net.yaml"
    assert spec.example == {"x": tmp_path / "x.npy", "ids": tmp_path / "data/ids.npy"}
    assert spec.labels == ("yes", "no", "3")
    assert spec.preprocess == {
        "resize": 256, "crop": [224, 200], "grayscale": False, "scale": 1 / 255, "mean": [0.5, 0.4], "std": 0.2,
    }  # fmt: skip
    assert spec.expect == {"params": 0, "output": {"y": ("N", 3)}}
    assert build(FULL, variant="big").spec.expect == {"params": 12, "macs": 7, "output": ("N", 6)}
    assert build(FULL, params={"n": 4}).spec.expect == {}


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("input: 3", "1:8 a shape is a list of sizes (as [N, 3, 224, 224])"),
        ("input: [N, 2.5]", "1:12 a size is a whole number of at least 0, or N for the batch, not 2.5"),
        ("input: [N, -1]", "1:12 a size is a whole number"),
        ("input: [N, T]", "1:12 the name T is not known here"),
        ("input: [1, 1, 1, 1, 1, 1, 1, 1, 1]", "1:8 a shape of more than 8 axes"),
        ("input: [N]\ninputs: {x: [N]}", "both input: and inputs: (keep one of them)"),
        ("inputs: {x: {shap: [N]}}", "1:14 an input has no option shap (did you mean shape?)"),
        ("inputs: {x: {dtype: int64}}", "1:13 the input x needs a shape (shape: [N, 3, 224, 224])"),
        ("inputs: {x: {shape: [N], dtype: int46}}", "1:33 int46 is not a dtype (did you mean int64?)"),
        ("inputs: {x: {shape: [N], dtype: 3}}", "1:33 3 is not a dtype (as float32)"),
        ("inputs: {a b: [N]}", "1:15 'a b' is not a name that a forward can use"),
        ("inputs: {}", "1:9 inputs: names no input"),
        ("inputs: [N]", "1:9 inputs is a mapping"),
        ("inputs: {x: [N], y: [N]}", "1:9 several inputs need a forward (write `forward:`)"),
        ("weights: /etc/passwd", "1:10 weights is a path relative to the spec (put the file beside the spec)"),
        ("weights: http://a/b.npz", "1:10 weights is a path relative to the spec"),
        ("weights: [a]", "1:10 weights is text"),
        ("weights:", "weights is text (write it behind the colon)"),
        (
            "inputs: {x: [N], y: [N]}\nexample: a.npy\nforward: x",
            "2:10 example: names a file for each input ({x: file.npy})",
        ),
        ("example: {y: a.npy}", "1:11 there is no input y (the inputs are x)"),
        ("labels: [[a]]", "1:10 a label is text"),
        ("preprocess: {resise: 3}", "1:14 preprocess has no resise (did you mean resize?)"),
        (
            "preprocess: {resize: [1, 2, 3]}",
            "1:22 resize is a size of 1 to 65,536, or [height, width], not a list of 3",
        ),
        ("preprocess: {grayscale: 3}", "1:25 grayscale is true or false, not 3"),
        ("preprocess: {mean: red}", "1:20 the name red is not known here"),
        ("preprocess: {resize: [0, 8]}", "1:22 resize is a size of 1 to 65,536, or [height, width], not a list of 2"),
        ("preprocess: {crop: 10 ** 70}", "1:20 crop is a size of 1 to 65,536, or [height, width]"),
        ("preprocess: {mean: 10 ** 70}", "1:20 mean is a number, or one for each channel"),
        ("preprocess: {std: [1, 0.0, 1]}", "1:19 std is a number other than 0, or one for each channel"),
        ("preprocess: {std: []}", "1:19 std is a number other than 0, or one for each channel, not a list of 0"),
        ("preprocess: {scale: 'x'}", "1:21 scale is a number that pixels are multiplied by, not the text 'x'"),
        ("expect: {parms: 3}", "1:10 expect has no parms (did you mean params?)"),
        ("expect: {params: many}", "1:18 the name many is not known here"),
        ("expect: {params: -1}", "1:18 params is a count, not -1"),
        ("expect: {output: 3}", "1:18 a shape is a list of sizes"),
        ("expect: 3", "1:9 expect is a mapping"),
        ("paper: [x]", "1:8 paper is text"),
        ("description:", "description is text"),
    ],
)
def test_refused(refused, section, message):
    assert message in refused(section + "\nlayers: [Identity]\n")


def test_problems_of_sections_come_together(refused):
    text = "input: [T]\nweights: /a\nexpect: {x: 1}\nlayers: [Oops]\n"
    assert [line.split(" ")[0] for line in refused(text).split("\n")] == ["1:9", "2:10", "3:10", "4:10"]


def test_several_outputs_and_label_files(build, tmp_path):
    spec = build("labels: names.txt\nexpect: {output: [[N, 3], [2]]}\nlayers: [Identity]\n").spec
    assert spec.labels == tmp_path / "names.txt"
    assert spec.expect == {"output": (("N", 3), (2,))}


def test_missing_weights(build, refused):
    text = "weights: none.npz\nlayers: [Identity]\n"
    assert "none.npz is missing (load with weights=False, or put it there)" in refused(text)
    assert build(text, weights=False).spec.weights.name == "none.npz"


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    folder = tmp_path / "bundled"
    folder.mkdir()
    (folder / "net.yaml").write_text("variants: {net18: {}, net34: {}}\nlayers: [Identity]\n")
    (folder / "other.yaml").write_text("blocks: {B: {layers: [ReLU]}}\nlayers: [B]\n")
    (folder / "broken.yaml").write_text("variants: [\n")
    monkeypatch.setattr(library, "folder", lambda: folder)
    return folder


def test_finding(bundle, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("net", "net.yaml"):
        assert library.find(name) == library.Found(bundle / "net.yaml", None, bundled=True)
    assert library.find("net34") == library.Found(bundle / "net.yaml", "net34", bundled=True)
    assert library.names() == ["broken", "net", "net18", "net34", "other"]
    spec = load("net34").spec
    assert (spec.variant, spec.bundled) == ("net34", True)
    (tmp_path / "net.yaml").write_text("layers: [ReLU]\n")
    assert library.find("net.yaml") == library.Found(Path("net.yaml"))
    assert not load("net.yaml").spec.bundled


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nett", "there is no file nett, and no bundled spec or variant of that name (did you mean net?)"),
        ("zzz.yaml", "there is no file zzz.yaml, and no bundled spec or variant of that name (nnbuild list shows"),
        ("../net", "there is no file ../net"),
        ("", "the name of the spec is empty"),
        (".", ". is a folder, not a spec (give a file in it; `check` takes folders too)"),
        ("a\0b", "cannot be a file"),
        ("x" * 5000, "cannot be a file"),
    ],
)
def test_not_found(bundle, tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NnbuildError) as caught:
        load(name)
    assert message in report(caught.value)


def test_a_variant_beside_its_own_name(bundle):
    assert load("net34", variant="net34").spec.variant == "net34"
    with pytest.raises(NnbuildError, match="net34 is the variant net34, not net18"):
        load("net34", variant="net18")


def test_bundled_blocks_are_used_by_name(build, bundle):
    assert [type(layer).__name__ for layer in build("use: [other]\nlayers: [B]\n").children()] == ["B"]


def test_a_bundled_spec_builds():
    spec = load("lenet.yaml").spec
    assert (spec.name, spec.bundled, spec.inputs[0].shape) == ("LeNet", True, ("N", 3, 32, 32))


def test_numpy_is_not_imported_to_build():
    import subprocess
    import sys

    code = "import sys; from nnbuild.spec import load; load('alexnet'); print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
