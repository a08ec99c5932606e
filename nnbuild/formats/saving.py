"""Writing tensors by name into a .npz, .safetensors or .pth file, one after the other, whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path
from typing import IO

from nnbuild.errors import InputError
from nnbuild.formats.tensors import BFLOAT16, FileTensor, row_bytes
from nnbuild.lazy import np

#: Tensors by name, and the file that they come from, for messages.
Write = Callable[[IO[bytes], Mapping[str, FileTensor], Path], None]


def save_weights(path: Path, tensors: Mapping[str, FileTensor], source: Path) -> None:
    """Write the tensors; the ending says in which format. Params: source, the file that they come from.

    Raises: InputError for another ending, what cannot be written, and a tensor that cannot be read.
    """
    write = writer(path)
    if path.is_dir() or not path.parent.is_dir():
        where = f"{path} is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise InputError(f"{path} cannot be written: {where}")
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None
    try:
        with (folder / "whole").open("wb") as file:
            write(file, tensors, source)
        (folder / "whole").replace(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def writer(path: Path) -> Write:
    """What writes files of this ending. Raises InputError if nothing does."""
    if path.suffix not in _WRITERS:
        raise InputError(f"{path} is of no format that is written", hint=f"end it in {', '.join(_WRITERS)}")
    return _WRITERS[path.suffix]


def _write_npz(file: IO[bytes], tensors: Mapping[str, FileTensor], source: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, tensor in tensors.items():
            if ".." in name.split("/") or name.startswith("/"):
                raise InputError(f"{name} cannot be a name in a .npz file, which it would lead out of")
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, tensor.read(name, source), allow_pickle=False)


_SAFETENSORS = {
    "float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32", "int16": "I16", "int8": "I8",
    "uint64": "U64", "uint32": "U32", "uint16": "U16", "uint8": "U8", "bool": "BOOL",
}  # fmt: skip


def _write_safetensors(file: IO[bytes], tensors: Mapping[str, FileTensor], source: Path) -> None:
    dtypes = {name: _read_dtype(name, tensor, source) for name, tensor in tensors.items()}
    if "__metadata__" in dtypes:
        raise InputError("__metadata__ cannot be a name in a .safetensors file")
    order = sorted(
        dtypes, key=lambda name: -dtypes[name].itemsize
    )  # so that each lies at a multiple of its item's size
    places, place = {}, 0
    for name in order:
        size = prod(tensors[name].shape) * dtypes[name].itemsize
        places[name] = [place, place + size]
        place += size
    header = {"__metadata__": {"format": "pt"}} | {
        name: {"dtype": _known(name, dtype), "shape": list(tensors[name].shape), "data_offsets": places[name]}
        for name, dtype in dtypes.items()
    }
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for name in order:
        file.write(row_bytes(tensors[name].read(name, source)))


def _read_dtype(name: str, tensor: FileTensor, source: Path) -> np.dtype:
    """The dtype of the values as they are read."""
    if tensor.problem:
        tensor.read(name, source)
    return np.dtype("float32" if tensor.dtype == BFLOAT16 else tensor.dtype)


def _known(name: str, dtype: np.dtype) -> str:
    if dtype.name not in _SAFETENSORS:
        raise InputError(f"{name} is {dtype.name}, which a .safetensors file does not have", hint="write a .npz file")
    return _SAFETENSORS[dtype.name]


def _write_checkpoint(file: IO[bytes], tensors: Mapping[str, FileTensor], source: Path) -> None:
    from nnbuild.formats.checkpoints.saving import write_checkpoint

    write_checkpoint(file, tensors, source)


_WRITERS: dict[str, Write] = {
    ".npz": _write_npz,
    ".safetensors": _write_safetensors,
    **dict.fromkeys((".pth", ".pt", ".ckpt", ".bin"), _write_checkpoint),
}
