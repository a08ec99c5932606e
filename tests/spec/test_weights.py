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
    ("name", "message"),
    [
        ("w.pth", "is a PyTorch pickle, which could run code when loaded"),
        ("w.onnx", "is an ONNX network"),
        ("w.npy", "is one array without names"),
        ("missing.npz", "the weights file .*missing.npz does not exist"),
        ("missing.safetensors", "the weights file .*missing.safetensors does not exist"),
    ],
)
def test_files_that_are_no_weights(tmp_path, name, message):
    with pytest.raises(WeightError, match=message):
        load_weights(nn.Linear(1, 1), tmp_path / name)


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
