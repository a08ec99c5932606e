"""A file of weights: tensors by name, from a checkpoint of PyTorch, a .safetensors or a .npz; its bytes say which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nnbuild.errors import InputError, WeightError
from nnbuild.formats.mapping import MappedFile, mapped
from nnbuild.formats.tensors import FileTensor

if TYPE_CHECKING:
    from nnbuild.formats.array_source import ArraySource


class WeightsFile(NamedTuple):
    """What a file of weights holds. Params: kind, which format; tensors, by name, their values still in the file."""

    path: Path
    kind: str
    tensors: dict[str, FileTensor]

    def part(self, key: str) -> dict[str, FileTensor]:
        """The tensors whose names begin with the key, by the rest. Raises: WeightError where there are none."""
        found = behind(self.tensors, f"{key.rstrip('.')}.")
        if not found:
            parts = ", ".join(beginnings(self.tensors)) or "none"
            raise WeightError(f"{self.path} has no part {key!r}", hint=f"there are {parts}")
        return found


def behind(tensors: Mapping[str, FileTensor], prefix: str) -> dict[str, FileTensor]:
    """The tensors whose names begin so, by the rest of these."""
    return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def beginnings(names: Iterable[str]) -> list[str]:
    """The first parts of dotted names, each once."""
    return list(dict.fromkeys(name.partition(".")[0] for name in names if "." in name))


#: How files begin that hold no weights, or none that are read.
_OTHERS = {
    b"\x93NUMPY": "is one array without names",
    b"\x89HDF\r\n\x1a\n": "is an HDF5 file, as Keras writes them",
    b"version https://git-lfs": "is a pointer of Git LFS, not the file itself: fetch it with `git lfs pull`",
    b"<!DOCTYPE": "is a web page, not the file itself",
    b"<!doctype": "is a web page, not the file itself",
    b"<html": "is a web page, not the file itself",
    b"\x1f\x8b": "is compressed: unpack it with gunzip",
    b"GGUF": "is a GGUF file",
}

_KINDS = "a checkpoint of PyTorch (.pth, .pt, .ckpt, .bin), a .safetensors or a .npz file"


def open_weights(path: Path) -> WeightsFile:
    """The tensors of a file, which reads no more of it than their headers.

    Raises: WeightError for a file that cannot be read or holds anything else.
    """
    try:
        return _opened(mapped(path))
    except InputError as error:
        raise WeightError(f"the weights file {error.message}", hint=error.hint) from None


def _opened(file: MappedFile) -> WeightsFile:
    path, start = file.path, bytes(file.data[:32])
    if start.startswith(b"PK"):
        return _zipped(file)
    if start[:1] == b"\x80":
        from nnbuild.formats.checkpoints.stream import read_stream

        return _checkpoint(path, "stream", read_stream(file))
    if bytes(file.data[257:262]) == b"ustar":
        from nnbuild.formats.checkpoints.tar import read_tar

        return _checkpoint(path, "tar", read_tar(file))
    other = next((words for magic, words in _OTHERS.items() if start.startswith(magic)), None)
    if other is None and path.suffix == ".onnx":
        other = "is an ONNX network"
    if other:
        raise InputError(f"{path} {other}", hint=f"weights are read from {_KINDS}")
    if path.suffix == ".safetensors" or start[8:9] == b"{":
        from nnbuild.formats.safetensors import open_safetensors

        return WeightsFile(path, "safetensors", _tensors(open_safetensors(path)))
    what = "is empty" if not start else "is cut short or no file of weights"
    raise InputError(f"{path} {what}", hint=f"weights are read from {_KINDS}")


def _zipped(file: MappedFile) -> WeightsFile:
    from nnbuild.formats.archive import open_archive
    from nnbuild.formats.checkpoints.archive import is_checkpoint, read_archive

    archive = open_archive(file.path)
    if is_checkpoint(archive):
        return _checkpoint(file.path, "zip", read_archive(file, archive))
    from nnbuild.formats.npy import open_npz

    return WeightsFile(file.path, "npz", _tensors(open_npz(file.path)))


def _checkpoint(path: Path, form: str, tensors: dict[str, FileTensor]) -> WeightsFile:
    if not tensors:
        raise InputError(f"{path} is a checkpoint of PyTorch without tensors")
    return WeightsFile(path, f"PyTorch checkpoint ({form})", tensors)


def _tensors(sources: Mapping[str, ArraySource]) -> dict[str, FileTensor]:
    return {name: FileTensor.stored(source) for name, source in sources.items()}
