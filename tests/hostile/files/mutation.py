"""Honest files of every kind, and what becomes of them when bytes change."""

from __future__ import annotations

import io
import json
import random
import struct
from pathlib import Path

import numpy as np

from nnbuild.formats.images import read_image
from nnbuild.formats.npy import open_arrays
from nnbuild.formats.saving import save_weights
from nnbuild.formats.tensors import FileTensor
from nnbuild.formats.weights import open_weights

#: Bytes that make a reader of sizes, counts and places stumble.
WORDS = [
    *(bytes([value]) for value in (0, 1, 0x7F, 0x80, 0xFF)),
    *(struct.pack(form, value) for form in ("<I", ">I") for value in (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)),
    *(struct.pack(form, value) for form in ("<H", ">H") for value in (0, 0x7FFF, 0x8000, 0xFFFF)),
    *(struct.pack("<Q", value) for value in (0, 2**31, 2**63 - 1, 2**63, 2**64 - 1)),
    b"-1", b"9" * 20, b"True", b"None", b"[", b"]", b"(", b")", b"{", b"}", b"'", b'"', b",", b"\n", b"e9", b"../",
]  # fmt: skip


def mutated(data: bytes, draw: random.Random, others: list[bytes]) -> bytes:
    """The file with one to five changes, most of them near its ends, where headers and directories are."""
    changed = bytearray(data)
    for _ in range(draw.randint(1, 5)):
        place = _place(len(changed), draw)
        kind = draw.randrange(8)
        if kind == 0:
            changed[place : place + 1] = bytes([draw.randrange(256)])
        elif kind == 1 and changed:
            changed[min(place, len(changed) - 1)] ^= 1 << draw.randrange(8)
        elif kind == 2:
            word = draw.choice(WORDS)
            changed[place : place + len(word)] = word
        elif kind == 3:
            changed[place:place] = draw.choice(WORDS) * draw.choice((1, 1, 1, 3, 100))
        elif kind == 4:
            del changed[place : place + draw.choice((1, 2, 4, 8, 30))]
        elif kind == 5:
            changed[place:place] = changed[place : place + draw.choice((4, 16, 64, 400))]
        elif kind == 6 and draw.random() < 0.3:
            del changed[place:]
        elif kind == 7:
            other = draw.choice(others)
            start = _place(len(other), draw)
            changed[place:place] = other[start : start + draw.choice((4, 16, 64))]
    return bytes(changed)


def _place(length: int, draw: random.Random) -> int:
    near = min(length, 200)
    where = draw.random()
    if where < 0.5:
        return draw.randrange(near + 1)
    return length - draw.randrange(near + 1) if where < 0.8 else draw.randrange(length + 1)


def safetensors(arrays: dict[str, np.ndarray]) -> bytes:
    header, data = {}, b""
    for name, array in arrays.items():
        header[name] = {
            "dtype": "F32",
            "shape": list(array.shape),
            "data_offsets": [len(data), len(data) + array.nbytes],
        }
        data += array.tobytes()
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def array_files(folder: Path) -> dict[str, bytes]:
    """Files of arrays and weights by kind, and so by ending."""
    arrays = {"a.weight": np.arange(12, dtype=np.float32).reshape(3, 4), "b": np.ones(5, np.float32)}
    files: dict[str, bytes] = {"safetensors": safetensors(arrays)}
    for kind, save in (("stored.npz", np.savez), ("deflated.npz", np.savez_compressed)):
        file = io.BytesIO()
        save(file, **arrays)
        files[kind] = file.getvalue()
    for kind, array in (("rows.npy", arrays["a.weight"]), ("columns.npy", np.asfortranarray(arrays["a.weight"]))):
        file = io.BytesIO()
        np.save(file, array)
        files[kind] = file.getvalue()
    path = folder / "made.pth"
    save_weights(path, {name: FileTensor.of(array) for name, array in arrays.items()}, path)
    files["pth"] = path.read_bytes()
    return files


def image_files() -> dict[str, bytes]:
    """Images by kind, and so by ending."""
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (12, 10, 3), np.uint8)
    image, files = Image.fromarray(pixels), {}
    for kind, form, options in (
        ("png", "PNG", {}), ("jpg", "JPEG", {}), ("progressive.jpg", "JPEG", {"progressive": True}), ("bmp", "BMP", {}),
        ("webp", "WEBP", {}), ("lossless.webp", "WEBP", {"lossless": True}), ("gif", "GIF", {}), ("tif", "TIFF", {}),
        ("lzw.tif", "TIFF", {"compression": "tiff_lzw"}), ("jpeg.tif", "TIFF", {"compression": "jpeg"}),
    ):  # fmt: skip
        file = io.BytesIO()
        image.save(file, form, **options)
        files[kind] = file.getvalue()
    file = io.BytesIO()
    image.save(file, "GIF", save_all=True, append_images=[image.rotate(90), image.rotate(180)])
    files["frames.gif"] = file.getvalue()
    file = io.BytesIO()
    image.convert("P").save(file, "PNG", transparency=3)
    files["palette.png"] = file.getvalue()
    return files


def read(path: Path) -> None:
    """Read all that a run would of a file of this ending."""
    if path.suffix == ".npy":
        open_arrays(path)[""].whole()
    elif path.suffix in (".npz", ".safetensors", ".pth"):
        for name, tensor in open_weights(path).tensors.items():
            tensor.read(name, path)
    else:
        read_image(path, {"resize": [8, 8], "scale": 1 / 255})
