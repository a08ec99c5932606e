"""Images as inputs: read with Pillow, then taken through the steps of the spec's `preprocess:`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnbuild.errors import InputError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")


def is_image(path: Path) -> bool:
    """Whether the file's ending is that of an image."""
    return path.suffix.lower() in SUFFIXES


def read_image(path: Path, steps: Mapping[str, Any]) -> np.ndarray:
    """The image as (1, C, H, W) in float32.

    Params: steps, in this order: grayscale; resize, the shorter side or [height, width]; crop, from the centre, a size
    or [height, width]; scale, what pixels of 0 to 255 are multiplied by; mean and std, taken off and divided by, one
    or one a channel. Raises: InputError.
    """
    if not steps:
        raise InputError(
            f"{path} is an image, and the spec does not say how images become inputs",
            hint="write `preprocess: {resize: 256, crop: 224, scale: 1/255, mean: ..., std: ...}`, or give a .npy file",
        )
    image = _opened(path, bool(steps.get("grayscale")))
    if "resize" in steps:
        image = image.resize(_resized(image.size, steps["resize"]), resample=2)  # bilinear
    if "crop" in steps:
        image = image.crop(_centre(path, image.size, steps["crop"]))
    pixels = np.asarray(image, np.float32)
    planes = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    planes = planes * np.float32(steps.get("scale", 1))
    for name, change in (("mean", np.subtract), ("std", np.divide)):
        if name in steps:
            planes = change(planes, _each_channel(name, steps[name], len(planes)))
    return np.ascontiguousarray(planes[None], np.float32)


def _opened(path: Path, grayscale: bool) -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise InputError(
            f"{path} is an image, and Pillow, which reads images, is not installed",
            hint="pip install 'nnbuild[images]', or give a .npy file",
        ) from None
    try:
        with Image.open(path) as image:
            return image.convert("L" if grayscale else "RGB")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(f"{path} cannot be read as an image: {error}") from None


def _resized(size: tuple[int, int], wanted: Any) -> tuple[int, int]:
    """Width and height. One number is the shorter side, the longer follows."""
    if not isinstance(wanted, int):
        height, width = wanted
        return width, height
    width, height = size
    shorter = min(width, height)
    return max(1, width * wanted // shorter), max(1, height * wanted // shorter)


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
