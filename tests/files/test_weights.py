"""Loading weights."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from nnbuild import nn
from nnbuild.errors import InputError, WeightError
from nnbuild.files import load_weights, weights
from nnbuild.files.weights import read_safetensors


def safetensors(path: Path, header: dict[str, object], data: bytes) -> Path:
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def entry(dtype: str, shape: list[int], start: int, stop: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


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


def test_half_precision(tmp_path):
    values = np.array([1.5, -2.0, 0.15625], np.float32)
    bits = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    header = {"a": entry("BF16", [3], 0, 6), "b": entry("F16", [3], 6, 12), "c": entry("I64", [1], 12, 20)}
    data = bits + values.astype("<f2").tobytes() + np.array([-5], "<i8").tobytes()
    found = read_safetensors(safetensors(tmp_path / "w.safetensors", header, data))
    assert found["a"].tolist() == values.tolist() and found["a"].dtype == np.float32
    assert found["b"].tolist() == values.tolist() and found["c"].tolist() == [-5]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"a": entry("F32", [3], 0, 12)}, "the data of a is not all there"),
        ({"a": entry("F32", [2], 4, 12)}, "the data of a is not all there"),
        ({"a": entry("F32", [2], 0, 4)}, "the data of a is not all there"),
        ({"a": entry("F8_E4M3", [2], 0, 2)}, "a in .* is F8_E4M3, which is not read"),
        ({"a": entry("F32", [-1], 0, 4)}, "has a damaged header at a"),
        ({"a": {"dtype": "F32"}}, "has a damaged header at a"),
        ([1], "has a damaged header"),
    ],
)
def test_damaged_safetensors(tmp_path, header, message):
    with pytest.raises(InputError, match=message):
        read_safetensors(safetensors(tmp_path / "w.safetensors", header, bytes(8)))


def test_files_that_are_no_safetensors(tmp_path):
    path = tmp_path / "w.safetensors"
    for data in (b"", b"1234", struct.pack("<Q", 1 << 62), struct.pack("<Q", 3) + b"{]}"):
        path.write_bytes(data)
        with pytest.raises(WeightError, match=r"w\.safetensors (is not a safetensors file|has a damaged header)"):
            load_weights(nn.Linear(1, 1), path)


def test_safetensors_larger_than_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "available_memory", lambda: 10)
    with pytest.raises(InputError, match="MiB of memory are free"):
        read_safetensors(safetensors(tmp_path / "w.safetensors", {}, bytes(100)))


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
