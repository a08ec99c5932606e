"""Writing a checkpoint as torch.save does a state_dict: `torch.load(path, weights_only=True)` gives the tensors.

Source: https://docs.pytorch.org/docs/stable/notes/serialization.html
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import IO

from nnbuild.formats.checkpoints.dtypes import STORAGES
from nnbuild.formats.tensors import FileTensor
from nnbuild.lazy import np

_CLASSES = {dtype: name for name, dtype in STORAGES.items() if name != "UntypedStorage"}
_ORDERED_DICT = b"ccollections\nOrderedDict\n)R"


def write_checkpoint(file: IO[bytes], tensors: Mapping[str, FileTensor], source: Path) -> None:
    """Write the tensors as an OrderedDict; those that are one in their file share a storage."""
    keys: dict[object, str] = {}
    steps = [b"\x80\x02", _ORDERED_DICT, b"("]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, tensor in tensors.items():
            place = (tensor.storage, tensor.shape) if tensor.storage is not None else object()
            if place not in keys:
                keys[place] = str(len(keys))
                _write(archive, f"data/{keys[place]}", tensor.row_bytes(name, source))
            steps += [_text(name), _tensor(tensor, keys[place])]
        steps += [b"u."]
        _write(archive, "data.pkl", b"".join(steps))
        _write(archive, "byteorder", b"little")
        _write(archive, "version", b"3\n")


def _write(archive: zipfile.ZipFile, name: str, data: bytes | memoryview) -> None:
    archive.writestr(zipfile.ZipInfo(f"archive/{name}"), data)


def _tensor(tensor: FileTensor, key: str) -> bytes:
    """The steps that rebuild a tensor over the storage of this key."""
    dtype, sizes = tensor.dtype, tensor.shape
    strides = [prod(sizes[place + 1 :]) for place in range(len(sizes))]
    view = b"\x89".join((b"K\x00" + _numbers(sizes) + _numbers(strides), _ORDERED_DICT))
    if dtype in _CLASSES:
        storage = _storage(f"torch\n{_CLASSES[dtype]}", key, prod(sizes))
        return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + view + b"tR"
    storage = _storage("torch.storage\nUntypedStorage", key, prod(sizes) * np.dtype(dtype).itemsize)
    return b"ctorch._utils\n_rebuild_tensor_v3\n(" + storage + view + f"ctorch\n{dtype}\ntR".encode()


def _storage(kind: str, key: str, count: int) -> bytes:
    return b"(" + _text("storage") + f"c{kind}\n".encode() + _text(key) + _text("cpu") + _number(count) + b"tQ"


def _numbers(values: tuple[int, ...] | list[int]) -> bytes:
    return b"(" + b"".join(map(_number, values)) + b"t"


def _number(value: int) -> bytes:
    if value < 1 << 31:
        return b"J" + struct.pack("<i", value)
    return b"\x8a\x08" + struct.pack("<q", value)


def _text(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data
