"""Running in batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnbuild import nn, ops
from nnbuild.errors import InputError
from nnbuild.formats.array_source import ArraySource
from nnbuild.runs.inference import Inference
from nnbuild.runs.inputs import Inputs, gather
from nnbuild.runs.labels import read_labels
from nnbuild.spec.build.stated import Input, Spec


def inputs(*shapes: tuple[int, ...], batched: bool = True) -> Inputs:
    rng = np.random.default_rng(1)
    sources = [
        ArraySource.of(Path(f"x{n}.npy"), rng.normal(size=shape).astype(np.float32)) for n, shape in enumerate(shapes)
    ]
    return Inputs([f"x{n}" for n in range(len(shapes))], sources, batched, [])


def collected(inference: Inference) -> tuple[dict[str, list[np.ndarray]], list[int]]:
    found: dict[str, list[np.ndarray]] = {}
    steps: list[int] = []
    inference.run(lambda name, array: found.setdefault(name, []).append(array.copy()), steps.append, lambda text: None)
    return found, steps


@pytest.mark.parametrize(("batch", "steps"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (64, [7])])
def test_any_batch_gives_the_same(batch, steps):
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(inplace=True)).eval()
    given = inputs((7, 4))
    found, done = collected(Inference(model, given, batch, ["0"]))
    assert done == steps
    np.testing.assert_allclose(np.concatenate(found["output"]), model(given.sources[0].whole()), rtol=1e-5, atol=1e-6)
    assert np.concatenate(found["0"]).min() < 0


class Mixed(nn.Module):
    """Its output has no batch axis."""

    def forward(self, x):
        return ops.sum(x, 0)


class Named(nn.Module):
    def forward(self, x):
        return {"twice": ops.mul(x, 2), "more": [x, (x,)]}


def test_a_network_without_a_batch_axis_runs_at_once():
    inference = Inference(Mixed(), inputs((7, 4)), 2)
    assert inference.whole and collected(inference)[1] == [7]


def test_names_of_outputs():
    assert set(collected(Inference(Named(), inputs((2, 4)), 2))[0]) == {"twice", "more.0", "more.1"}


def test_layers_called_again_are_told_apart():
    layer = nn.Linear(4, 4)
    found, _ = collected(Inference(nn.Sequential(layer, layer).eval(), inputs((2, 4)), 2, ["0"]))
    assert set(found) == {"0", "0@2", "output"}


def test_hooks_are_taken_out_again():
    model = nn.Sequential(nn.Linear(4, 4)).eval()
    collected(Inference(model, inputs((2, 4)), 1, ["0"]))
    assert not model[0]._forward_hooks


def test_unbatched_inputs():
    spec = Spec("net", Path("net.yaml"), inputs=(Input("x", (3, 4)),))
    assert not Inputs(["x"], inputs((3, 4)).sources, False, []).batched
    assert spec.inputs[0].sized() == (3, 4)
    assert collected(Inference(nn.ReLU(), inputs((3, 4), batched=False), 1))[1] == [1]


def test_labels(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text("cat\n\ndog \n")
    assert read_labels(Spec("net", path, labels=path)) == ("cat", "dog")
    assert read_labels(Spec("net", path, labels=("a",))) == ("a",) and read_labels(Spec("net", path)) == ()
    with pytest.raises(InputError, match=r"the labels file .*no\.txt does not exist"):
        read_labels(Spec("net", path, labels=tmp_path / "no.txt"))
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(InputError, match="cannot be read"):
        read_labels(Spec("net", path, labels=path))


def test_files_without_stated_inputs(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((3, 2)))
    np.save(tmp_path / "b.npy", np.zeros((3, 5)))
    spec = Spec("net", tmp_path / "net.yaml")
    found = gather([(None, tmp_path / "a.npy"), (None, tmp_path / "b.npy")], spec)
    assert found.names == ["input0", "input1"] and found.samples == 3 and found.batched


def test_several_files_for_one_input(tmp_path):
    spec = Spec("net", tmp_path / "net.yaml", inputs=(Input("x", ("N", 2)),))
    for name, count in (("a", 3), ("b", 4)):
        np.save(tmp_path / f"{name}.npy", np.full((count, 2), count, np.float32))
    found = gather([(None, tmp_path / "a.npy"), ("x", tmp_path / "b.npy")], spec)
    assert found.samples == 7 and found.sources[0].part(2, 4)[:, 0].tolist() == [3, 4]
    np.save(tmp_path / "c.npy", np.zeros((1, 3)))
    with pytest.raises(InputError, match="files for one input differ in shape"):
        gather([(None, tmp_path / "a.npy"), (None, tmp_path / "c.npy")], spec)
    np.savez(tmp_path / "d.npz", y=np.zeros(1), z=np.zeros(1))
    with pytest.raises(InputError, match=r"holds 2 arrays and none is called x \(it has y, z\)"):
        gather([(None, tmp_path / "d.npz")], spec)
