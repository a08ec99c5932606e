"""`nnbuild run`."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnbuild

SPECS = Path(__file__).parents[2] / "specs"
DIGITS = SPECS / "lenet_mnist_digits.npy"


def save(path: Path, array) -> Path:
    np.save(path, np.asarray(array))
    return path


@pytest.fixture
def small(spec):
    """A network (N, 3, 8, 8) -> (N, 2, 8, 8)."""
    return spec("input: [N, 3, 8, 8]\nlayers:\n  conv: Conv2d(3, 2, 3, padding=1)\n  relu: ReLU(inplace=True)\n")


def image(count=1):
    return np.random.default_rng(0).normal(size=(count, 3, 8, 8)).astype(np.float32)


def test_reads_the_digits(run):
    result = run("run", "lenet_mnist")
    assert "Read  7, 2, 1, 0, 4, 9, 5, 6, 3, 8" in result.stdout
    classes = json.loads(run("run", "lenet_mnist", "--format", "json").stdout)["classes"]
    assert [row[0]["label"] for row in classes] == list("7210495638")
    assert all(0.9 < row[0]["probability"] <= 1 for row in classes)


def test_gives_what_the_model_gives(run, tmp_path):
    out = tmp_path / "out.npy"
    result = run("run", "lenet_mnist", "--input", DIGITS, "--output", out, "--batch", "3")
    assert f"wrote {out}" in result.stderr
    expected = nnbuild.load("lenet_mnist").eval()(np.load(DIGITS))
    np.testing.assert_allclose(np.load(out), expected, rtol=1e-5, atol=1e-5)
    assert list(tmp_path.iterdir()) == [out]


def test_shows_small_outputs(run):
    result = run("run", "linear")
    assert "[[ 6.5, 12.5, 18.5, 24.5]]" in result.stdout
    assert json.loads(run("run", "linear", "--format", "json").stdout)["outputs"][0] == {
        "name": "output", "shape": [1, 4], "dtype": "float32", "min": 6.5, "mean": 15.5, "max": 24.5,
        "values": [[6.5, 12.5, 18.5, 24.5]],
    }  # fmt: skip


def test_topk(run):
    rows = run("run", "lenet_mnist", "--topk", "3", "--format", "csv").stdout.splitlines()
    assert rows[0] == "sample,rank,label,probability" and len(rows) == 31 and rows[1].startswith("0,1,7,")
    result = run("run", "max_unpool", "--topk", "1", status=1)
    assert "error: --topk wants an output of classes, (N, classes), and it is (1, 1, 4, 4)" in result.stderr


def test_scores_are_no_probabilities_without_labels(run, tmp_path):
    result = run("run", "linear", "--topk", "2")
    assert "Class" in result.stdout and "Score" in result.stdout and "Probability" not in result.stdout


def test_untrained_weights_are_said(run, tmp_path, small):
    x = save(tmp_path / "x.npy", image())
    result = run("run", small, "--input", x, "--seed", "7")
    assert "untrained; its weights are drawn with seed 7" in result.stderr
    one, two = (run("run", small, "--input", x, "--seed", seed).stdout for seed in (7, 8))
    assert one == result.stdout != two


def test_weights_from_a_file(run, tmp_path, small):
    x = save(tmp_path / "x.npy", image())
    weights = tmp_path / "w.npz"
    np.savez(weights, **{"conv.weight": np.ones((2, 3, 3, 3)), "conv.bias": np.zeros(2)})
    result = run("run", small, "--input", x, "--weights", weights, "--output", tmp_path / "o.npy")
    assert "untrained" not in result.stderr
    sums = np.load(tmp_path / "o.npy")
    np.testing.assert_allclose(sums[0, 0, 4, 4], max(0, image()[0, :, 3:6, 3:6].sum()), rtol=1e-5)
    np.savez(weights, **{"conv.weight": np.ones((2, 3, 3, 1)), "other": np.zeros(2)})
    errors = run("run", small, "--input", x, "--weights", weights, status=1).stderr
    assert (
        'Missing key(s) in state_dict: "conv.bias"' in errors and 'Unexpected key(s) in state_dict: "other"' in errors
    )
    assert "size mismatch for conv.weight" in errors and str(weights) in errors


def test_saved_layers_hold_what_the_layer_gave(run, tmp_path, small):
    """In batches, and before a later layer works in place."""
    x = save(tmp_path / "x.npy", image(10))
    out = tmp_path / "out.npz"
    run("run", small, "--input", x, "--save", "conv", "--output", out, "--batch", "4")
    with np.load(out) as saved:
        assert set(saved) == {"conv", "output"} and saved["conv"].shape == (10, 2, 8, 8)
        assert saved["conv"].min() < 0
        np.testing.assert_array_equal(np.maximum(saved["conv"], 0), saved["output"])
    run("run", small, "--input", x, "--save-all", "--output", out)
    with np.load(out) as saved:
        assert set(saved) == {"conv", "relu", "output"}


def test_saving_mistakes(run, tmp_path, small):
    x = save(tmp_path / "x.npy", image())
    out = tmp_path / "out.npz"
    assert "did you mean conv?" in run("run", small, "--input", x, "--save", "cnv", "--output", out, status=1).stderr
    assert "want --output with a .npz" in run("run", small, "--input", x, "--save", "conv", status=2).stderr
    assert (
        "want --output with a .npz"
        in run("run", small, "--input", x, "--save-all", "--output", "a.npy", status=2).stderr
    )
    assert "does not run" in run("run", "module_dict", "--input", save(tmp_path / "y.npy", np.zeros((1, 10, 9, 9))),
                                 "--save", "choices.pool", "--output", out, status=1).stderr  # fmt: skip
    assert not out.exists()


def test_layers_without_a_batch_axis_in_front(run, tmp_path, spec):
    net = spec("input: [N, 3]\nlayers: {a: ReLU}\nforward: |\n  return a(x.transpose(0, 1)).transpose(0, 1)\n")
    x = save(tmp_path / "x.npy", np.ones((8, 3)))
    result = run("run", net, "--input", x, "--save", "a", "--output", tmp_path / "o.npz", "--batch", 4, status=1)
    assert "the output of a has no batch axis in front" in result.stderr and "--batch 8" in result.stderr
    result = run("run", net, "--input", x, "--save-all", "--output", tmp_path / "o.npz", "--batch", 4, status=1)
    assert "the output of a has no batch axis in front" in result.stderr
    run("run", net, "--input", x, "--save-all", "--output", tmp_path / "o.npz", "--batch", 8)
    with np.load(tmp_path / "o.npz") as saved:
        assert saved["a"].shape == (3, 8)


def test_several_inputs_and_outputs(run, tmp_path, spec):
    net = spec("inputs: {a: [N, 3], b: {shape: [N, 3], dtype: int64}}\nlayers: {}\nforward: |\n  return a + b, a - b\n")
    a, b = save(tmp_path / "a.npy", np.ones((5, 3), np.float32)), save(tmp_path / "b.npy", np.full((5, 3), 2))
    out = tmp_path / "o.npz"
    run("run", net, "--input", f"b={b}", "--input", f"a={a}", "--output", out, "--batch", 2)
    with np.load(out) as saved:
        assert saved["output.0"].tolist() == [[3] * 3] * 5 and saved["output.1"].tolist() == [[-1] * 3] * 5
    both = tmp_path / "both.npz"
    np.savez(both, a=np.load(a), b=np.load(b))
    assert run("run", net, "--input", f"a={both}", "--input", f"b={both}").stdout.count("(5, 3)") == 2
    result = run("run", net, "--input", f"a={a}", "--input", f"b={b}", "--output", tmp_path / "o.npy", status=1)
    assert "gives 2 outputs and a .npy file holds one" in result.stderr
    short = save(tmp_path / "c.npy", np.full((4, 3), 2))
    errors = run("run", net, "--input", f"a={a}", "--input", f"b={short}", status=1).stderr
    assert "the inputs have different numbers of samples: a (5, 3), b (4, 3)" in errors
    assert "there is no file for the input b" in run("run", net, "--input", f"a={a}", status=1).stderr
    assert "the network has 2 inputs" in run("run", net, "--input", a, status=1).stderr
    assert "the network has no input 'c'" in run("run", net, "--input", f"c={a}", status=1).stderr


@pytest.mark.parametrize(
    ("array", "messages"),
    [
        (np.zeros((8, 8), np.float32), ["has 4 axes, (N, 3, 8, 8), and", "has 2: (8, 8)"]),
        (np.zeros((5, 8, 8), np.float32), ["has 3: (5, 8, 8)", "help: add the missing axis"]),
        (np.zeros((1, 4, 8, 8), np.float32), ["has 3 channels, (N, 3, 8, 8), and", "has 4: (1, 4, 8, 8)"]),
        (np.zeros((1, 8, 9, 4), np.float32), ["has 3 channels, (N, 3, 8, 8), and", "has 8: (1, 8, 9, 4)"]),
        (np.zeros((0, 3, 8, 8), np.float32), ["is empty: (0, 3, 8, 8)"]),
        (
            np.zeros((1, 3, 8, 8), np.complex64),
            ["is float32 and", "holds complex64", "take array.real, or np.abs(array)"],
        ),
        (np.array([["a"]]), ["holds <U1", "give it an array of numbers"]),
    ],
)
def test_inputs_that_do_not_fit(run, tmp_path, small, array, messages):
    errors = run("run", small, "--input", save(tmp_path / "x.npy", array), status=1).stderr
    assert all(message in errors for message in messages), errors


def test_a_single_sample_and_conversions_are_noted(run, tmp_path, small):
    one = save(tmp_path / "x.npy", np.zeros((3, 8, 8), np.uint8))
    errors = run("run", small, "--input", one).stderr
    assert "holds uint8; its values are taken as they are, as float32" in errors
    assert "(3, 8, 8) is taken as one sample of (N, 3, 8, 8)" in errors
    assert "note: " not in run("run", "linear", "--input", save(tmp_path / "d.npy", np.zeros((1, 3)))).stderr


def test_whole_numbers(run, tmp_path, spec):
    net = spec("inputs: {t: {shape: [N, 4], dtype: int64}}\nlayers:\n  e: Embedding(10, 3)\n")
    assert "(2, 4, 3)" in run("run", net, "--input", save(tmp_path / "i.npy", np.ones((2, 4), np.int32))).stdout
    errors = run("run", net, "--input", save(tmp_path / "f.npy", np.ones((2, 4))), status=1).stderr
    assert "the input t is int64 and" in errors and "astype('int64')" in errors
    huge = save(tmp_path / "h.npy", np.full((2, 4), 2**63, np.uint64))
    assert "holds numbers that int64 cannot hold" in run("run", net, "--input", huge, status=1).stderr


def test_another_image_size_than_stated(run, tmp_path, small):
    assert "(1, 2, 9, 5)" in run("run", small, "--input", save(tmp_path / "x.npy", np.zeros((1, 3, 9, 5)))).stdout
    x = save(tmp_path / "y.npy", np.zeros((1, 3, 50, 50), np.float32))
    errors = run("run", "alexnet", "--input", x, status=1).stderr
    assert "MaxPool2d has a window of 3" in errors and f"the network's input is x (1, 3, 50, 50) from {x}" in errors


@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_nan_is_warned_of(run, tmp_path, small, value, word):
    array = image(6)
    array[4, 0, 0, 0] = value
    x = save(tmp_path / "x.npy", array)
    result = run("run", small, "--input", x, "--batch", 2, "--format", "json")
    assert f"warning: the input x holds {word}, first in sample 4" in result.stderr
    json.loads(result.stdout, parse_constant=lambda name: pytest.fail(name))


def test_no_input(run, small):
    assert "there is no input, and the spec has no example" in run("run", small, status=1).stderr


def test_the_old_output_is_kept_on_failure(run, tmp_path, spec):
    out = save(tmp_path / "out.npy", [1, 2, 3])
    net = spec("inputs: {t: {shape: [N, 2], dtype: int64}}\nlayers:\n  e: Embedding(4, 3)\n")
    x = save(tmp_path / "x.npy", [[0, 1], [2, 3], [4, 99]])
    errors = run("run", net, "--input", x, "--batch", 1, "--output", out, status=1).stderr
    assert "99" in errors or "index" in errors
    assert np.load(out).tolist() == [1, 2, 3]
    assert {path.name for path in tmp_path.iterdir()} == {"out.npy", "net.yaml", "x.npy"}


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("out.txt", "is not a .npy, .npz or .csv file"),
        ("no/out.npy", "there is no folder"),
        ("folder.npz", "is a folder"),
    ],
)
def test_outputs_that_cannot_be_written(run, tmp_path, output, message):
    (tmp_path / "folder.npz").mkdir()
    assert message in run("run", "linear", "--output", tmp_path / output, status=1).stderr


def test_a_full_disk_is_named_and_leaves_nothing(run, tmp_path, monkeypatch):
    from nnbuild.formats import writing

    def full(self, array):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing._Part, "append", full)
    out = tmp_path / "out.npy"
    assert (
        f"error: {out} cannot be written: No space left on device"
        in run("run", "linear", "--output", out, status=1).stderr
    )
    assert not list(tmp_path.iterdir())


def test_a_network_too_large_for_memory(run, tmp_path, spec):
    net = spec("input: [N, 1000000]\nlayers: {fc: 'Linear(1000000, 1000000)'}\n")
    x = save(tmp_path / "x.npy", np.zeros((1, 1_000_000), np.float32))
    errors = run("run", net, "--input", x, status=1).stderr
    assert "the network needs at least 3,725.30 GiB of memory" in errors and "1,000,001,000,000 weights" in errors
    assert "--force tries all the same" in errors


def test_time(run):
    assert "to prepare" in run("run", "linear", "--time").stdout
    assert set(json.loads(run("run", "linear", "--time", "--format", "json").stdout)["seconds"]) == {
        "preparing",
        "running",
    }


def test_memory_stays_flat(tmp_path, small):
    """40 MB in, 27 MB out, and all layers saved, in batches: hardly more memory than for one sample."""
    x = tmp_path / "x.npy"
    np.save(x, np.zeros((52_000, 3, 8, 8), np.float32))

    def peak(*arguments: object) -> int:
        command = [
            sys.executable,
            "-c",
            "import sys; from nnbuild.cli import main; import atexit, resource; "
            "atexit.register(lambda: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)); main()",
        ]
        done = subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, check=True)
        return int(done.stdout.splitlines()[-1])  # fmt: skip

    assert resource.RUSAGE_SELF == 0
    np.save(tmp_path / "one.npy", np.zeros((64, 3, 8, 8), np.float32))
    options = ("--save-all", "--output", tmp_path / "out.npz")
    few = peak("run", small, "--input", tmp_path / "one.npy", *options)
    many = peak("run", small, "--input", x, *options)
    assert many - few < 12_000  # KiB
