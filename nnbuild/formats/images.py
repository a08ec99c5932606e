"""Images as inputs: read with Pillow, then taken through the steps of the spec's `preprocess:`.

Pillow is given the bytes of a file of known kind, never its path: then it can open no other file, starts no program,
and maps nothing that may shrink.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnbuild.errors import InputError
from nnbuild.formats.image_kinds import NAMES, RESAMPLING, excess, kind_of, tiff_excess, webp_size
from nnbuild.formats.opening import read_whole, unreadable
from nnbuild.formats.pixels import seen

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")

#: Bytes of a file, pixels of a side, pixels of an image, and of what `preprocess:` makes of it. Decoding takes up to 10
#: bytes a pixel, the steps 19.
MAX_BYTES, MAX_SIDE, MAX_PIXELS, MAX_INPUT_PIXELS = 1 << 26, 1 << 16, 1 << 25, 1 << 24

#: The decoder of WebP takes 16 bytes a pixel.
_MAX_WEBP_PIXELS = 3 << 23

#: How often Pillow may ask for bytes of a file, and how many seconds it may take over what stands before the pixels.
_MAX_READS, _MAX_SECONDS = 200_000, 3.0


def is_image(path: Path) -> bool:
    """Whether the file's ending is that of an image."""
    return path.suffix.lower() in SUFFIXES


class Picture(NamedTuple):
    """An image as an input. Params: planes, (C, H, W) in float32; notes, what its owner may not expect."""

    planes: np.ndarray
    notes: list[str]


def read_image(path: Path, steps: Mapping[str, Any]) -> Picture:
    """The image, taken through these steps; of several in one file the first.

    Params: steps, in this order: grayscale; resize, the shorter side or [height, width], with its interpolation,
    bilinear unless said; crop, from the centre, a size or [height, width]; scale, what pixels of 0 to 255 are
    multiplied by; mean and std, taken off and divided by, one or one a channel. Raises: InputError.
    Source: torchvision's transforms of the same names, on Pillow's images.
    """
    image, notes = _opened(path, bool(steps.get("grayscale")))
    if "resize" in steps:
        method = RESAMPLING[steps.get("interpolation", "bilinear")]
        image = image.resize(_resized(path, image.size, steps["resize"]), resample=method)
    if "crop" in steps:
        image = image.crop(_centre(path, image.size, steps["crop"]))
    _limit_made(path, image.size, MAX_INPUT_PIXELS)
    pixels = np.asarray(image)
    planes = np.array(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1), np.float32, order="C")
    planes *= np.float32(steps.get("scale", 1))
    for name, change in (("mean", np.subtract), ("std", np.divide)):
        if name in steps:
            change(planes, _each_channel(name, steps[name], len(planes)), out=planes)
    return Picture(planes, notes)


class _Metered(BytesIO):
    """A file in memory for Pillow, whose readers go through it in loops that a hostile file can make endless."""

    def __init__(self, path: Path, data: bytes) -> None:
        super().__init__(data)
        self.path = path
        self.reads = 0
        self.deadline: float | None = time.monotonic() + _MAX_SECONDS

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        if self.reads > _MAX_READS or (self.deadline is not None and time.monotonic() > self.deadline):
            raise _not_read(self.path, "it has far more parts than an image of its size needs")
        return super().read(size)


def _opened(path: Path, grayscale: bool) -> tuple[Any, list[str]]:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise InputError(
            f"{path} is an image, and Pillow, which reads images, is not installed",
            hint="pip install 'nnbuild[images]', or give a .npy file",
        ) from None
    try:
        data = read_whole(path, MAX_BYTES)
    except OSError as error:
        raise unreadable(path, error) from None
    kind = kind_of(data)
    if kind is None:
        raise _not_read(path, f"it is none of {NAMES}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow, about what is odd in the file
        try:
            return _decoded(Image, path, kind, data, "L" if grayscale else "RGB")
        except InputError as error:
            raise error if str(path) in error.message else _not_read(path, error.message) from None
        except MemoryError:
            raise _not_read(path, "there is not enough memory") from None
        except Image.DecompressionBombError:
            raise _too_large(path, MAX_PIXELS) from None
        except UnidentifiedImageError:
            raise _not_read(path, f"it begins as {kind} and is damaged") from None
        except Exception as error:  # a reader of a damaged file raises whatever it stumbles over
            raise _not_read(path, (str(error).splitlines() or [type(error).__name__])[0][:200]) from None


def _decoded(pillow: Any, path: Path, kind: str, data: bytes, mode: str) -> tuple[Any, list[str]]:
    """The pixels, after all that the file states of their number has been looked at."""
    problem = tiff_excess(data) if kind == "TIFF" else None
    if problem:
        raise _not_read(path, problem)
    if kind == "WEBP":
        _limit_stated(path, webp_size(data), _MAX_WEBP_PIXELS)
    file = _Metered(path, data)
    image = pillow.open(file, formats=(kind,))
    file.deadline = None
    _limit_stated(path, image.size)
    problem = excess(kind, data, image.size[0] * image.size[1])
    if problem:
        raise _not_read(path, problem)
    image, notes = seen(image, kind, mode)
    _limit_stated(path, image.size)
    return image, notes


def _not_read(path: Path, reason: str) -> InputError:
    return InputError(f"{path} cannot be read as an image: {reason}")


def _limit_stated(path: Path, size: tuple[int, int], limit: int = MAX_PIXELS) -> None:
    if size[0] * size[1] > limit or max(size) > MAX_SIDE:
        raise _too_large(path, limit)


def _too_large(path: Path, limit: int) -> InputError:
    return InputError(
        f"{path} is too large: images of {limit:,} pixels are read at most, and of {MAX_SIDE:,} a side",
        hint="make it smaller first",
    )


def _limit_made(path: Path, size: tuple[int, int], limit: int) -> None:
    width, height = size
    if width * height > limit:
        raise InputError(
            f"preprocess: makes {height:,}x{width:,} of {path}, and {limit:,} pixels are taken at most",
            hint="let it resize or crop to less",
        )


def _resized(path: Path, size: tuple[int, int], wanted: Any) -> tuple[int, int]:
    """Width and height. One number is the shorter side, the longer follows."""
    width, height = size
    if isinstance(wanted, int):
        shorter = min(width, height)
        new = max(1, width * wanted // shorter), max(1, height * wanted // shorter)
    else:
        new = wanted[1], wanted[0]
    _limit_made(path, new, MAX_INPUT_PIXELS)
    _limit_made(path, (new[0], height), MAX_PIXELS)  # Pillow resizes the rows, then the columns
    return new


def _centre(path: Path, size: tuple[int, int], wanted: Any) -> tuple[int, int, int, int]:
    height, width = (wanted, wanted) if isinstance(wanted, int) else wanted
    if width > size[0] or height > size[1]:
        raise InputError(
            f"{path} is {size[1]}x{size[0]} and cannot be cropped to {height}x{width}", hint="resize first"
        )
    left, top = round((size[0] - width) / 2), round((size[1] - height) / 2)
    return left, top, left + width, top + height


def _each_channel(name: str, value: Any, channels: int) -> np.ndarray:
    values = np.atleast_1d(np.asarray(value, np.float32))
    if values.size not in (1, channels):
        raise InputError(f"preprocess: {name} has {values.size} numbers, and the image {channels} channels")
    return values.reshape(-1, 1, 1)
