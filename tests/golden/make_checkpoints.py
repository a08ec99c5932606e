"""Write checkpoints/: small files in every format of torch.save, and what torch.load gives for them (values.npz).

python -m tests.golden.make_checkpoints      where torch is installed
"""

from __future__ import annotations

import collections
import io
import pickle
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

FOLDER = Path(__file__).parent / "checkpoints"

#: Dtypes that every format has.
DTYPES = (
    torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.bfloat16,
    torch.float32, torch.float64, torch.complex64, torch.complex128,
)  # fmt: skip


class Net(nn.Module):
    """A network with a shared parameter, buffers that are kept and not, and a shared layer."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
        self.head = nn.Linear(2, 3, bias=False)
        self.head.weight = self.body[0].weight
        self.again = self.body
        self.register_buffer("kept", torch.arange(3))
        self.register_buffer("left", torch.ones(2), persistent=False)
        self.register_parameter("none", None)
        self.activation = nn.functional.relu
        self.options = {"width": 3, "size": torch.Size([1, 2])}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One of its ways."""
        return self.head(self.body(x))


class Scripted(nn.Module):
    """A network with tensors that are no part of its state: an attribute, and the list that an LSTM keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, 2), nn.BatchNorm1d(2)])
        self.lstm = nn.LSTM(2, 1)
        self.register_buffer("late", torch.ones(2))
        self.scale = nn.Parameter(torch.ones(1))
        self.attribute = torch.ones(7)
        self.again = self.layers[0]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One of its ways."""
        for layer in self.layers:
            x = layer(x)
        return self.lstm(x * self.scale)[0]


def kinds() -> dict[str, Any]:
    """Tensors of every kind, and what else a checkpoint holds beside them."""
    base = torch.arange(24.0).reshape(4, 6)
    return {
        "base": base,
        "transposed": base.t(),
        "slice": base[1:3, ::2],
        "row": base[2],
        "expanded": torch.ones(3, 1).expand(3, 5),
        "empty": torch.empty(0, 3),
        "scalar": torch.tensor(3),
        "parameter": nn.Parameter(torch.tensor([0.5, -1])),
        **{f"dtypes.{dtype}": torch.tensor([0, 1, 1]).to(dtype) for dtype in DTYPES},
        "conjugate": torch.tensor([1 + 2j]).conj(),
        "array": np.arange(6).reshape(2, 3)[:, ::2],
        "fortran": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        "nested": collections.OrderedDict(x=[torch.ones(1), {"y": torch.zeros(2)}], z=(torch.tensor([2]),)),
        "epoch": 90,
        "best": np.float32(0.5),
        "counts": collections.Counter("aab"),
        "default": collections.defaultdict(list, a=[1]),
        "set": {1, 2},
        "size": torch.Size([1, 2]),
        "device": torch.device("cpu"),
        "dtype": torch.float16,
        "generator": np.random.default_rng(0),
        "text": "words",
        "bytes": b"\x00\xff",
    }


def flat(value: Any, name: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """The tensors and arrays in a nest by dotted name."""
    if isinstance(value, nn.Module):
        value = value.state_dict()
    if isinstance(value, dict):
        parts: Any = value.items()
    elif isinstance(value, (list, tuple)):
        parts = enumerate(value)
    else:
        if isinstance(value, torch.Tensor):
            value = value.detach().float() if value.dtype is torch.bfloat16 else value.detach().resolve_conj()
            yield name, value.numpy()
        elif isinstance(value, np.ndarray):
            yield name, value
        return
    for key, part in parts:
        yield from flat(part, f"{name}.{key}" if name else str(key))


def write_big_endian(path: Path) -> None:
    """A file as a machine with the other order of bytes writes it."""
    tensors = {str(dtype): torch.tensor([1, 2, 3]).to(dtype) for dtype in DTYPES if dtype is not torch.bool}
    data = io.BytesIO()
    torch.save(tensors, data)
    with zipfile.ZipFile(data) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            place = name.rpartition("/data/")[2]
            if place.isdecimal():
                tensor = list(tensors.values())[int(place)]
                wide = np.dtype("u2") if tensor.dtype is torch.bfloat16 else tensor.numpy().dtype
                content = np.frombuffer(content, wide).byteswap().tobytes()
            new.writestr(name, b"big" if name.endswith("byteorder") else content)


def write_script(path: Path) -> None:
    """A TorchScript archive, without the places of its source."""
    data = io.BytesIO()
    torch.jit.save(torch.jit.script(Scripted()), data)
    with zipfile.ZipFile(data) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            if not name.endswith(".debug_pkl"):
                new.writestr(name, old.read(name))


def write_tar(path: Path) -> None:
    """A file in the format of the first versions, which no PyTorch of today writes."""

    def dumped(value: Any) -> bytes:
        return pickle.dumps(value, 2)

    class Pickler(pickle.Pickler):
        def persistent_id(self, value: Any) -> Any:
            return str(value.key) if isinstance(value, Kept) else None

    class Kept:
        def __init__(self, key: int) -> None:
            self.key = key

    values = np.arange(6, dtype=np.float32)
    counts = np.array([7, 8], np.int64)
    storages = dumped(2)
    for key, kind, data in ((10, torch.FloatStorage, values), (11, torch.LongStorage, counts)):
        storages += dumped((key, "cpu", kind)) + struct.pack("<q", len(data)) + data.tobytes()
    storages += dumped([(12, 10, 2, 4)])
    tensors = dumped(3)
    for key, storage, kind, shape, stride, offset in (
        (20, 10, torch.FloatTensor, (3, 2), (1, 3), 0),
        (21, 11, torch.LongTensor, (2,), (1,), 0),
        (22, 12, torch.FloatTensor, (2, 2), (2, 1), 0),
    ):
        numbers = (*shape, *stride, offset)
        tensors += dumped((key, storage, kind)) + struct.pack("<i4x", len(shape))
        tensors += struct.pack(f"<{len(numbers)}q", *numbers)
    data = io.BytesIO()
    Pickler(data, 2).dump({"weight": Kept(20), "count": Kept(21), "view": Kept(22)})
    with tarfile.open(path, "w:", format=tarfile.PAX_FORMAT) as archive:
        for name, content in (("storages", storages), ("tensors", tensors), ("pickle", data.getvalue())):
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))


def write_all() -> None:
    """All files."""
    FOLDER.mkdir(exist_ok=True)
    torch.manual_seed(0)
    net = Net()
    torch.save(kinds(), FOLDER / "kinds.pt")
    torch.save(kinds(), FOLDER / "protocol_4.pt", pickle_protocol=4)
    torch.save(kinds(), FOLDER / "stream.pt", _use_new_zipfile_serialization=False)
    torch.save(kinds(), FOLDER / "unmarked.pt", _disable_byteorder_record=True)
    torch.save({"unsigned": torch.tensor([1, 65535], dtype=torch.uint16)}, FOLDER / "unsigned.pt")
    torch.save(net, FOLDER / "module.pt")
    torch.serialization.get_source_lines_and_file = lambda kind: ([f"class {kind.__name__}: ...\n"], "net.py")
    torch.save(net, FOLDER / "module_stream.pt", _use_new_zipfile_serialization=False)
    write_script(FOLDER / "script.pt")
    write_big_endian(FOLDER / "big_endian.pt")
    write_tar(FOLDER / "tar.pt")


def values() -> dict[str, np.ndarray]:
    """What torch.load gives for the files, by file and name."""
    found = {}
    for path in sorted(FOLDER.glob("*.pt")):
        loaded = torch.jit.load(path) if path.stem == "script" else torch.load(path, weights_only=False)
        state = loaded.state_dict() if path.stem == "script" else loaded
        found.update({f"{path.stem}/{name}": value for name, value in flat(state)})
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    write_all()
    np.savez_compressed(FOLDER / "values.npz", **values())
