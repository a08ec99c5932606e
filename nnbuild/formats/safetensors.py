"""safetensors: 8 bytes with the length of a JSON header, the header, then raw little-endian data.

Source: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from nnbuild.errors import InputError
from nnbuild.formats.memory import available_memory, in_gigabytes

_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U8": "|u1", "BOOL": "|b1", "C64": "<c8",
}  # fmt: skip
_MAX_HEADER = 100_000_000


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a .safetensors file; bfloat16 as float32, which holds it exactly. Raises InputError."""
    try:
        size = path.stat().st_size
        if size > available_memory():
            raise InputError(
                f"{path} holds {in_gigabytes(size)}, and {in_gigabytes(available_memory())} of memory are free"
            )
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, _MAX_HEADER):
                raise InputError(f"{path} is not a safetensors file or is cut short")
            header = _header(path, file.read(length))
            data = np.fromfile(file, np.uint8)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None
    return {name: _tensor(path, name, entry, data) for name, entry in header.items() if name != "__metadata__"}


def _header(path: Path, text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(f"{path} has a damaged header") from None
    if not isinstance(header, dict):
        raise InputError(f"{path} has a damaged header")
    return header


def _tensor(path: Path, name: str, entry: Any, data: np.ndarray) -> np.ndarray:
    try:
        kind, shape, (start, stop) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
        right = all(isinstance(number, int) and number >= 0 for number in (*shape, start, stop))
    except (TypeError, KeyError, ValueError):
        right = False
    if not right:
        raise InputError(f"{path} has a damaged header at {name}")
    if kind not in _DTYPES:
        raise InputError(f"{name} in {path} is {kind}, which is not read", hint=f"these are: {', '.join(_DTYPES)}")
    dtype = np.dtype(_DTYPES[kind])
    if not start <= stop <= data.size or stop - start != prod(shape) * dtype.itemsize:
        raise InputError(f"{path} is damaged or cut short: the data of {name} is not all there")
    array = data[start:stop].view(dtype).reshape(shape) if start % dtype.itemsize == 0 else None
    if array is None:
        array = np.frombuffer(data[start:stop].tobytes(), dtype).reshape(shape)
    if kind == "BF16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(dtype.newbyteorder("="), copy=False)
