"""Writing tensors by name into a .npz, .safetensors or .pth file, one after the other, whole or not at all."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from nnbuild.errors import InputError
from nnbuild.formats.member_names import ENDING, MemberNames
from nnbuild.formats.target import Target
from nnbuild.formats.tensors import FileTensor
from nnbuild.lazy import np

#: Tensors by name, and the file that they come from, for messages.
Write = Callable[[IO[bytes], Mapping[str, FileTensor], Path], None]


def save_weights(path: Path, tensors: Mapping[str, FileTensor], source: Path) -> None:
    """Write the tensors; the ending says in which format. Params: source, the file that they come from.

    Raises: InputError for another ending, what cannot be written, and a tensor that cannot be read.
    """
    write = writer(path)
    target = Target(path, [source])
    folder = target.folder()
    try:
        made = folder.path / "whole"
        with target.telling(), made.open("xb") as file:
            write(file, tensors, source)
        target.take(made)
    finally:
        folder.remove()


def writer(path: Path) -> Write:
    """What writes files of this ending. Raises InputError if nothing does."""
    if path.suffix not in _WRITERS:
        raise InputError(f"{path} is of no format that is written", hint=f"end it in {', '.join(_WRITERS)}")
    return _WRITERS[path.suffix]


def _write_npz(file: IO[bytes], tensors: Mapping[str, FileTensor], source: Path) -> None:
    members = MemberNames()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, tensor in tensors.items():
            if members[name] != name:
                raise InputError(f"{name} cannot be a name in a .npz file", hint="write a .safetensors file")
            with archive.open(zipfile.ZipInfo(name + ENDING), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, tensor.read(name, source), allow_pickle=False)


_SAFETENSORS = {
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32",
    "int16": "I16", "int8": "I8", "uint64": "U64", "uint32": "U32", "uint16": "U16", "uint8": "U8", "bool": "BOOL",
}  # fmt: skip


def _write_safetensors(file: IO[bytes], tensors: Mapping[str, FileTensor], source: Path) -> None:
    if "__metadata__" in tensors:
        raise InputError("__metadata__ cannot be a name in a .safetensors file")
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}} | {
        name: {"dtype": _known_dtype(name, tensor, source), "shape": list(tensor.shape), "data_offsets": [0, 0]}
        for name, tensor in tensors.items()
    }
    place = 0
    order = sorted(tensors, key=lambda name: -_item_size(tensors[name]))  # so that each lies aligned
    for name in order:
        header[name]["data_offsets"] = [place, place := place + tensors[name].nbytes]
    text = _encoded(json.dumps(header, separators=(",", ":"), ensure_ascii=False))
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for name in order:
        file.write(tensors[name].row_bytes(name, source))


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        name = text[max(0, error.start - 20) : error.end + 20]
        raise InputError(f"{name!r} cannot be a name in a .safetensors file: it is no text") from None


def _item_size(tensor: FileTensor) -> int:
    return tensor.nbytes // max(1, tensor.numel())


def _known_dtype(name: str, tensor: FileTensor, source: Path) -> str:
    if tensor.problem:
        tensor.read(name, source)
    if tensor.dtype not in _SAFETENSORS:
        raise InputError(f"{name} is {tensor.dtype}, which a .safetensors file does not have", hint="write a .npz file")
    return _SAFETENSORS[tensor.dtype]


def _write_checkpoint(file: IO[bytes], tensors: Mapping[str, FileTensor], source: Path) -> None:
    from nnbuild.formats.checkpoints.saving import write_checkpoint

    write_checkpoint(file, tensors, source)


_WRITERS: dict[str, Write] = {
    ".npz": _write_npz,
    ".safetensors": _write_safetensors,
    **dict.fromkeys((".pth", ".pt", ".ckpt", ".bin"), _write_checkpoint),
}
