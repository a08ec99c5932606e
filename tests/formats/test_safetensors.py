"""Reading .safetensors."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from nnbuild.errors import InputError
from nnbuild.formats.safetensors import open_safetensors


def safetensors(path: Path, header: dict[str, object], data: bytes) -> Path:
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def entry(dtype: str, shape: list[int], start: int, stop: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


def test_half_precision(tmp_path):
    values = np.array([1.5, -2.0, 0.15625], np.float32)
    bits = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    header = {"a": entry("BF16", [3], 0, 6), "b": entry("F16", [3], 6, 12), "c": entry("I64", [1], 12, 20)}
    data = bits + values.astype("<f2").tobytes() + np.array([-5], "<i8").tobytes()
    sources = open_safetensors(safetensors(tmp_path / "w.safetensors", header, data))
    found = {name: source.whole() for name, source in sources.items()}
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
        open_safetensors(safetensors(tmp_path / "w.safetensors", header, bytes(8)))
