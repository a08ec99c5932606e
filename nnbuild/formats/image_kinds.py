"""What an image file says of itself before it is decoded: its kind, and what decoding it would cost."""

from __future__ import annotations

import struct

#: The formats that are read, by Pillow's names, with what a file of each begins with.
_BEGINNINGS = (
    ("PNG", b"\x89PNG\r\n\x1a\n"),
    ("JPEG", b"\xff\xd8\xff"),
    ("GIF", b"GIF87a"),
    ("GIF", b"GIF89a"),
    ("BMP", b"BM"),
    ("TIFF", b"II*\0"),
    ("TIFF", b"MM\0*"),
    ("TIFF", b"II+\0"),
    ("TIFF", b"MM\0+"),
)

#: Pillow's numbers of the ways to resize an image.
RESAMPLING = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}

#: The names of the formats, for people.
NAMES = "PNG, JPEG, BMP, GIF, WebP, TIFF"

#: Values of one entry in a TIFF: more strips or tiles than this make a list that takes longer than the pixels.
_MAX_TIFF_VALUES = 65_536

#: Passes over a progressive JPEG that are always decoded, and pixels of all passes together above that.
_USUAL_SCANS, _MAX_SCANNED = 16, 1 << 29

#: The compression of a BMP that Pillow undoes in Python, byte by byte.
_RUN_LENGTHS, _MAX_RUN_LENGTH_PIXELS = (b"\1\0\0\0", b"\2\0\0\0"), 1 << 21

#: The types in a TIFF whose values become numbers one by one.
_TIFF_NUMBERS = frozenset((3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 16, 17, 18))


def kind_of(data: bytes) -> str | None:
    """The format by the file's first bytes, whatever its name; None for one that is not read."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for kind, beginning in _BEGINNINGS if data.startswith(beginning)), None)


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height of a WebP's canvas, which its decoder allocates on being opened; 0 where they are not told."""
    kind, body = data[12:16], data[20:30]
    if len(body) < 10:
        return 0, 0
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


def excess(kind: str, data: bytes, pixels: int) -> str | None:
    """Why decoding would take far longer than pixels of this number should, None if it does not."""
    if kind == "JPEG":
        scans = data.count(b"\xff\xda")
        if scans > _USUAL_SCANS and scans * pixels > _MAX_SCANNED:
            return f"it has {scans:,} passes over {pixels:,} pixels"
    if kind == "BMP" and data[30:34] in _RUN_LENGTHS and pixels > _MAX_RUN_LENGTH_PIXELS:
        return f"it is compressed and has {pixels:,} pixels, and {_MAX_RUN_LENGTH_PIXELS:,} of such are read at most"
    return None


def tiff_excess(data: bytes) -> str | None:
    """Why reading the first directory of a TIFF would make lists without end, None if it does not."""
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\0", b"\0+")
    head, count, entry = ("Q", "Q", "HHQ8x") if big else ("L", "H", "HHL4x")
    try:
        (start,) = struct.unpack_from(order + head, data, 8 if big else 4)
        (entries,) = struct.unpack_from(order + count, data, start)
        if entries > _MAX_TIFF_VALUES:
            return f"its directory has {entries:,} entries"
        directory = data[start + struct.calcsize(order + count) :][: entries * struct.calcsize(order + entry)]
        for tag, kind, values in struct.iter_unpack(order + entry, directory):
            if kind in _TIFF_NUMBERS and values > _MAX_TIFF_VALUES:
                return f"its entry {tag} has {values:,} values"
    except struct.error:
        return "it is cut short"
    return None
