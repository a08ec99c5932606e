"""`nnbuild run` on photos: folders, patterns, files by name in every result, images without steps."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")

SPEC = """input: [N, 3, 6, 8]
labels: [dark, light]
layers: [AdaptiveAvgPool2d(1), Flatten, 'Linear(3, 2)']
"""


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in (10, 2, 1):
        Image.new("RGB", (8, 6), (number * 20, 0, 0)).save(folder / f"{number}.png")
    (folder / "notes.txt").write_text("no image")
    (tmp_path / "net.yaml").write_text(SPEC)
    return folder


def test_a_folder_a_pattern_and_many_files(run, photos, tmp_path):
    net = tmp_path / "net.yaml"
    wanted = [str(photos / f"{number}.png") for number in (1, 2, 10)]
    for given in (["--input", photos], ["--input", f"{photos}/*.png"], [*wanted], ["--input", wanted[0], *wanted[1:]]):
        result = run("run", net, *given, "--format", "json")
        data = json.loads(result.stdout)
        assert data["files"] == wanted and len(data["classes"]) == 3 and data["outputs"][0]["shape"] == [3, 2]
    table = run("run", net, "--input", photos).stdout
    assert "File" in table and table.index("1.png") < table.index("2.png") < table.index("10.png")
    lines = run("run", net, "--input", photos, "--format", "csv").stdout.splitlines()
    assert lines[0] == "file,label,probability" and [line.split(",")[0] for line in lines[1:]] == wanted


def test_scores_as_csv(run, photos, tmp_path):
    run("run", tmp_path / "net.yaml", "--input", photos, "--output", tmp_path / "s.csv")
    run("run", tmp_path / "net.yaml", "--input", photos, "--output", tmp_path / "s.npy")
    with (tmp_path / "s.csv").open() as file:
        head, *rows = csv.reader(file)
    assert head == ["file", "dark", "light"]
    np.testing.assert_allclose([[float(cell) for cell in row[1:]] for row in rows], np.load(tmp_path / "s.npy"), 1e-6)


def test_one_by_one_is_all_at_once(run, photos, tmp_path):
    for batch in (1, 2, 64):
        run("run", tmp_path / "net.yaml", "--input", photos, "--batch", batch, "--output", tmp_path / f"{batch}.npy")
    first = np.load(tmp_path / "1.npy")
    np.testing.assert_allclose(np.load(tmp_path / "2.npy"), first, 1e-6)
    np.testing.assert_allclose(np.load(tmp_path / "64.npy"), first, 1e-6)


def test_without_steps_an_image_of_the_inputs_size_is_taken_as_it_is(run, photos, tmp_path):
    result = run("run", tmp_path / "net.yaml", "--input", photos / "2.png")
    assert "2.png is taken as it is, its pixels times 1/255" in result.stderr
    Image.new("RGB", (9, 6)).save(photos / "wide.png")
    errors = run("run", tmp_path / "net.yaml", "--input", photos / "wide.png", status=1).stderr
    assert "wide.png is 6x9, the input is 6x8" in errors
    assert "preprocess: {resize: [6, 8], scale: 1 / 255}" in errors
    errors = run("run", tmp_path / "net.yaml", "--input", photos, status=1).stderr
    assert "wide.png is 6x9" in errors


def test_what_is_no_image(run, tmp_path):
    (tmp_path / "net.yaml").write_text("input: [N, 16]\nlayers: ['Linear(16, 2)']\n")
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    errors = run("run", tmp_path / "net.yaml", "--input", tmp_path / "a.png", status=1).stderr
    assert "a.png is an image, and the input (N, 16) is none" in errors
    for name, text in (("empty.jpg", b""), ("text.jpg", b"hello, no image")):
        (tmp_path / name).write_bytes(text)
        errors = run("run", "lenet", "--input", tmp_path / name, status=1).stderr
        assert f"{name} cannot be read as an image" in errors
    (tmp_path / "none").mkdir()
    assert "holds no images and no arrays" in run("run", "lenet", "--input", tmp_path / "none", status=1).stderr
    assert "no file matches" in run("run", "lenet", "--input", f"{tmp_path}/*.gif", status=1).stderr


def test_arrays_by_the_inputs_names_and_with_channels_last(run, tmp_path):
    (tmp_path / "net.yaml").write_text(
        "inputs: {a: [N, 3], b: [N, 3]}\nlayers: {fc: 'Linear(3, 2)'}\nforward: fc(a - b)\n"
    )
    a, b = np.eye(3, dtype=np.float32), np.ones((3, 3), np.float32)
    np.savez(tmp_path / "both.npz", b=b, a=a, other=b)
    np.save(tmp_path / "a.npy", a), np.save(tmp_path / "b.npy", b)
    run("run", tmp_path / "net.yaml", "--input", tmp_path / "both.npz", "--output", tmp_path / "1.npy")
    run("run", tmp_path / "net.yaml", "--input", f"a={tmp_path}/a.npy", "--input", f"b={tmp_path}/b.npy",
        "--output", tmp_path / "2.npy")  # fmt: skip
    np.testing.assert_array_equal(np.load(tmp_path / "1.npy"), np.load(tmp_path / "2.npy"))
    last = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    np.save(tmp_path / "last.npy", last), np.save(tmp_path / "first.npy", last.transpose(0, 3, 1, 2))
    np.save(tmp_path / "one.npy", last[0])
    told = run("run", "lenet", "--input", tmp_path / "last.npy", "--output", tmp_path / "3.npy").stderr
    assert "has its channels last; they are taken to the front" in told
    run("run", "lenet", "--input", tmp_path / "first.npy", "--output", tmp_path / "4.npy")
    run("run", "lenet", "--input", tmp_path / "one.npy", "--output", tmp_path / "5.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "3.npy"), np.load(tmp_path / "4.npy"))
    np.testing.assert_allclose(np.load(tmp_path / "5.npy"), np.load(tmp_path / "4.npy")[:1], 1e-5)
