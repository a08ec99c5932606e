"""Loading weights."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from nnbuild import nn
from nnbuild.errors import WeightError
from nnbuild.spec.weights import load_weights
from tests.formats.test_safetensors import entry, safetensors


def test_npz_and_safetensors(tmp_path):
    weight, bias = np.arange(6, dtype=np.float32).reshape(2, 3), np.array([7, 8], np.float32)
    np.savez(tmp_path / "w.npz", weight=weight, bias=bias)
    header = {
        "__metadata__": {"format": "pt"},
        "weight": entry("F32", [2, 3], 0, 24),
        "bias": entry("F32", [2], 24, 32),
    }
    safetensors(tmp_path / "w.safetensors", header, weight.tobytes() + bias.tobytes())
    for path in (tmp_path / "w.npz", str(tmp_path / "w.safetensors")):
        layer = nn.Linear(3, 2)
        load_weights(layer, path)
        np.testing.assert_array_equal(layer.weight.data, weight)
        np.testing.assert_array_equal(layer.bias.data, bias)


def test_files_that_are_no_safetensors(tmp_path):
    path = tmp_path / "w.safetensors"
    for data in (b"", b"1234", struct.pack("<Q", 1 << 62), struct.pack("<Q", 3) + b"{]}"):
        path.write_bytes(data)
        with pytest.raises(WeightError, match=r"w\.safetensors (is not a safetensors file|has a damaged header)"):
            load_weights(nn.Linear(1, 1), path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("w.pth", b"", "is empty"),
        ("w.pth", b"hello", "is cut short or no file of weights"),
        ("w.pth", b"version https://git-lfs.github.com/spec/v1", "is a pointer of Git LFS, not the file itself"),
        ("w.pth", b"<!DOCTYPE html>", "is a web page, not the file itself"),
        ("w.h5", b"\x89HDF\r\n\x1a\n", "is an HDF5 file, as Keras writes them"),
        ("w.onnx", b"\x08\x07", "is an ONNX network"),
        ("w.npz", b"\x93NUMPY\x01\x00", "is one array without names"),
        ("w.npz", b"PK\x03\x04", "is damaged or cut short"),
        ("w.npz", None, "the weights file .*w.npz does not exist"),
        ("w.safetensors", None, "the weights file .*w.safetensors does not exist"),
    ],
)
def test_files_that_are_no_weights(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightError, match=message):
        load_weights(nn.Linear(1, 1), tmp_path / name)


def test_a_folder_is_no_file_of_weights(tmp_path):
    with pytest.raises(WeightError, match="Is a directory"):
        load_weights(nn.Linear(1, 1), tmp_path)


def test_what_does_not_fit_is_said_in_torchs_words(tmp_path):
    path = tmp_path / "w.npz"
    np.savez(path, weight=np.zeros((3, 2)), extra=np.zeros(1))
    with pytest.raises(WeightError) as caught:
        load_weights(nn.Linear(3, 2), path)
    text = caught.value.render()
    assert 'Missing key(s) in state_dict: "bias".' in text and 'Unexpected key(s) in state_dict: "extra".' in text
    assert "size mismatch for weight: copying a param with shape torch.Size([3, 2])" in text
    assert f"the weights are those in {path}" in text


def test_text_is_no_weight(tmp_path):
    np.savez(tmp_path / "w.npz", weight=np.array(["a"]), bias=np.zeros(2))
    with pytest.raises(WeightError, match=r"weight in .* holds <U1, not numbers"):
        load_weights(nn.Linear(3, 2), tmp_path / "w.npz")


class _Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Embedding(4, 2), nn.Linear(2, 4, bias=False)
        self.head.weight = self.embed.weight


@pytest.mark.parametrize("name", ["embed.weight", "head.weight"])
def test_one_name_of_a_tied_tensor_is_enough(tmp_path, name):
    values = np.arange(8, dtype=np.float32).reshape(4, 2)
    safetensors(tmp_path / "w.safetensors", {name: entry("F32", [4, 2], 0, 32)}, values.tobytes())
    np.savez(tmp_path / "w.npz", **{name: values})
    for path in (tmp_path / "w.npz", tmp_path / "w.safetensors"):
        model = _Tied()
        load_weights(model, path)
        np.testing.assert_array_equal(model.embed.weight.data, values)
        assert model.head.weight is model.embed.weight


def test_no_name_of_a_tied_tensor_is_missing_under_both(tmp_path):
    np.savez(tmp_path / "w.npz", other=np.zeros(1))
    with pytest.raises(WeightError, match=r'Missing key\(s\) in state_dict: "embed.weight", "head.weight"'):
        load_weights(_Tied(), tmp_path / "w.npz")


def test_a_layer_under_two_names_is_found_under_one(tmp_path):
    layer = nn.Linear(1, 1)
    np.savez(tmp_path / "w.npz", **{"1.weight": np.full((1, 1), 3), "1.bias": np.full(1, 4)})
    load_weights(nn.Sequential(layer, layer), tmp_path / "w.npz")
    assert (layer.weight.data.item(), layer.bias.data.item()) == (3, 4)


def test_weights_from_before_batches_were_counted(tmp_path):
    model = nn.Sequential(nn.BatchNorm2d(2), nn.InstanceNorm1d(2, track_running_stats=True))
    model[0].num_batches_tracked.data[...] = 5
    state = {key: np.ones_like(value) for key, value in model.state_dict().items() if "num_batches" not in key}
    np.savez(tmp_path / "w.npz", **state)
    load_weights(model, tmp_path / "w.npz")
    assert model[0].num_batches_tracked.data == 5 and model[0].running_mean.data.tolist() == [1, 1]
    del state["0.running_mean"]
    np.savez(tmp_path / "w.npz", **state)
    with pytest.raises(WeightError, match=r'Missing key\(s\) in state_dict: "0.running_mean"\. $'):
        load_weights(model, tmp_path / "w.npz")


@pytest.mark.parametrize(
    ("model", "names", "advice"),
    [
        (nn.Sequential(nn.Linear(1, 1)), ["weight", "bias"],
         "those in the file lack the prefix '0.' of the network's names: save them with it"),
        (nn.Linear(1, 1), ["module.weight", "bias"], None),
        (nn.Linear(1, 1), ["module.kernel"], None),
    ],
)  # fmt: skip
def test_names_that_differ_by_a_prefix(tmp_path, model, names, advice):
    np.savez(tmp_path / "w.npz", **dict.fromkeys(names, np.zeros(1)))
    with pytest.raises(WeightError) as caught:
        load_weights(model, tmp_path / "w.npz")
    assert caught.value.hint == advice
