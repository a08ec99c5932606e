"""Images that strangers made: other formats behind an image's name, and more work than their size tells."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nnbuild.errors import InputError
from nnbuild.formats import images
from nnbuild.formats.images import read_image

Image = pytest.importorskip("PIL.Image")

DATA = Path(__file__).parent / "data"
TEXT = zlib.compress(bytes(900_000))
PNG = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_head(width: int, height: int) -> bytes:
    return PNG + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))


def bmp(width: int, height: int, bits: int, compression: int, data: bytes) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(data), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(data), 0, 0, 54) + head + data


def gif(width: int, height: int, rest: bytes) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + rest


def tiff(*entries: tuple[int, int, int, int]) -> bytes:
    directory = b"".join(struct.pack("<HHLL", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<LH", 8, len(entries)) + directory + bytes(4)


def saved(size: tuple[int, int], kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size).save(file, kind, **options)
    return file.getvalue()


def webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 12 + len(body)) + b"WEBP" + kind + struct.pack("<I", len(body)) + body


def many_scans() -> bytes:
    """A progressive JPEG that goes over its pixels again and again."""
    data = saved((2000, 2000), "JPEG", progressive=True)
    return data[:-2] + data[data.rindex(b"\xff\xda") : -2] * 1200 + data[-2:]


TOO_LARGE = "is too large: images of"
CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "PostScript": ((DATA / "evil.png").read_bytes, "it is none of PNG, JPEG, BMP, GIF, WebP, TIFF"),
    "DDS": ((DATA / "dds.png").read_bytes, "it is none of"),
    "BLP": ((DATA / "blp.png").read_bytes, "it is none of"),
    "AVIF": ((DATA / "avif.png").read_bytes, "it is none of"),
    "PPM": (lambda: b"P6 4 4 255\n" + bytes(48), "it is none of"),
    "SVG": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it is none of"),
    "large PNG": (lambda: png_head(13_000, 13_000) + chunk(b"IDAT", b""), TOO_LARGE),
    "long PNG": (lambda: png_head(1 << 25, 1) + chunk(b"IDAT", b""), TOO_LARGE),
    "large GIF": (lambda: gif(65535, 65535, b"," + struct.pack("<HHHHB", 0, 0, 9, 9, 0) + b"\x08\x01\0\0;"), TOO_LARGE),
    "large frame of a GIF": (
        lambda: gif(4, 4, b"," + struct.pack("<HHHHB", 60000, 60000, 5000, 5000, 0) + b"\x08\x01\0\0;"),
        TOO_LARGE,
    ),
    "large BMP": (lambda: bmp(2**31 - 1, 2**31 - 1, 24, 0, b""), TOO_LARGE),
    "large TIFF": (
        lambda: tiff((256, 4, 1, 60_000), (257, 4, 1, 60_000), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8)),
        TOO_LARGE,
    ),
    "large JPEG": (lambda: saved((16, 16), "JPEG").replace(b"\0\x10\0\x10\3", b"\xff\xff\xff\xff\3"), TOO_LARGE),
    "large canvas of a WebP": (lambda: webp(b"VP8X", b"\2\0\0\0" + b"\xff\x3f\0" * 2), TOO_LARGE),
    "large lossless WebP": (lambda: webp(b"VP8L", b"\x2f\xff\xff\xff\x0f" + bytes(20)), TOO_LARGE),
    "large lossy WebP": (lambda: webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f"), TOO_LARGE),
    "chunks before a PNG": (lambda: png_head(4, 4) + chunk(b"abCd", b"") * 1000, "it has far more parts"),
    "parts of a PNG": (lambda: png_head(2000, 2000) + chunk(b"IDAT", b"\x78") * 100_000, "cannot be read as an image"),
    "comments in a GIF": (lambda: gif(4, 4, b"\x21\xfe\x01A\0" * 1000), "it has far more parts"),
    "text in a PNG": (
        lambda: png_head(4, 4) + chunk(b"zTXt", b"k\0\0" + TEXT) * 80,
        "cannot be read as an image",
    ),
    "scans of a JPEG": (many_scans, r"it has 1,210 passes over 4,000,000 pixels"),
    "strips of a TIFF": (lambda: tiff((273, 4, 12_000_000, 8)), "its entry 273 has 12,000,000 values"),
    "far directory of a TIFF": (lambda: b"II*\0\xff\xff\xff\xff", "it is cut short"),
    "tile of a TIFF": (
        lambda: tiff(
            (256, 4, 1, 10), (257, 4, 1, 10), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1), (277, 3, 1, 1),
            (322, 4, 1, 65520), (323, 4, 1, 65520), (324, 4, 1, 8), (325, 4, 1, 60),
        ),
        "cannot be read as an image",
    ),
    "runs of a BMP": (lambda: bmp(5792, 5792, 8, 1, bytes(1024) + b"\1\7\0\0" * 10), "it is compressed and has"),
    "cut PNG": (lambda: saved((40, 40), "PNG")[:60], "cannot be read as an image"),
    "empty": (lambda: b"", "it is none of"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(images, "_MAX_READS", 1000)
    make, message = CASES[name]
    path = tmp_path / "a.png"
    path.write_bytes(make())
    with pytest.raises(InputError, match=message):
        read_image(path, {"resize": [8, 8]})


def test_no_program_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ghostscript is what Pillow would start for PostScript."""
    calls, fake = tmp_path / "calls.txt", tmp_path / "gs"
    fake.write_text(f"#!/bin/sh\necho called >> {calls}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(InputError, match="it is none of"):
        read_image(DATA / "evil.png", {"resize": [8, 8]})
    assert not calls.exists()


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(saved((4, 4), "PNG"))
    os.truncate(path, images.MAX_BYTES + 1)
    with pytest.raises(InputError, match=r"it has 67,108,865 bytes, and 67,108,864 are read at most"):
        read_image(path, {"resize": 8})


@pytest.mark.parametrize(
    ("size", "steps"),
    [
        ((2, 60_000), {"resize": 65_536}),
        ((4, 60_000), {"resize": [2, 65_536]}),
        ((10, 10), {"resize": [65_536, 65_536]}),
    ],
)
def test_sizes_that_preprocess_makes(tmp_path: Path, size: tuple[int, int], steps: dict[str, object]) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(saved(size, "PNG"))
    with pytest.raises(InputError, match=r"preprocess: makes [\d,]+x[\d,]+ of .*pixels are taken at most"):
        read_image(path, steps)


def test_without_a_step_the_image_itself_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_INPUT_PIXELS", 1000)
    path = tmp_path / "a.png"
    path.write_bytes(saved((50, 40), "PNG"))
    with pytest.raises(InputError, match=r"preprocess: makes 40x50 of .* \(let it resize or crop to less\)"):
        read_image(path, {"scale": 1})
    assert read_image(path, {"crop": 8}).planes.shape == (3, 8, 8)


def test_the_first_of_several_frames_is_taken(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), (shade, 0, 0)) for shade in (10, 200, 90)]
    for kind in ("GIF", "WEBP", "TIFF", "PNG"):
        path = tmp_path / f"a.{kind.lower()}"
        frames[0].save(
            path, kind, save_all=True, append_images=frames[1:], **{"lossless": True} if kind == "WEBP" else {}
        )
        picture = read_image(path, {"scale": 1})
        np.testing.assert_array_equal(picture.planes[:, 0, 0], [10, 0, 0])
        assert picture.notes == ["has several frames: the first is taken"]
