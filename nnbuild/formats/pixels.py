"""A decoded image as people see it: upright, in eight bits, in gray or colour, on white where it is transparent."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnbuild.errors import InputError

_HIGH, _DEEP = ("I;16", "I;16B", "I;16L", "I;16N"), ("I", "F")


def seen(image: Any, kind: str, mode: str) -> tuple[Any, list[str]]:
    """The first frame of an image in Pillow's mode L or RGB, and what was done that its owner may not expect.

    Params: kind, Pillow's name of the file's format. Raises InputError for pixels that no rule brings to eight bits.
    """
    from PIL import Image, ImageOps

    notes: list[str] = []
    if getattr(image, "is_animated", False):
        notes.append("has several frames: the first is taken")
    orientation = image.getexif().get(0x0112, 1)
    image.load()  # which turns a TIFF
    if orientation in range(2, 9):
        image = ImageOps.exif_transpose(image)
        notes.append(f"is turned upright, as its EXIF orientation {orientation} says")
    if image.mode in _HIGH or (image.mode == "I" and kind == "PNG"):
        image = Image.fromarray(_eight_bits(np.asarray(image)))
    if image.mode in _DEEP:
        name = {"I": "whole numbers of 32 bits", "F": "fractions"}[image.mode]
        raise InputError(f"its pixels are {name}, whose range is not known: give it as a .npy file")
    if _is_transparent(image):
        image = _on_white(Image, image)
        notes.append("is transparent in places: they are taken as white")
    return (image if image.mode == mode else image.convert(mode)), notes


def _eight_bits(pixels: np.ndarray) -> np.ndarray:
    """Pixels of 0 to 65,535 as those of 0 to 255 that are nearest."""
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _is_transparent(image: Any) -> bool:
    """Whether a pixel lets something through."""
    if image.mode not in ("RGBA", "LA", "PA", "La", "RGBa") and "transparency" not in image.info:
        return False
    if "transparency" in image.info and image.mode not in ("P", "L", "RGB", "1"):
        return False
    low, _ = image.convert("RGBA").getchannel("A").getextrema()
    return bool(low < 255)


def _on_white(pillow: Any, image: Any) -> Any:
    layer = image.convert("RGBA")
    return pillow.alpha_composite(pillow.new("RGBA", layer.size, "white"), layer)
