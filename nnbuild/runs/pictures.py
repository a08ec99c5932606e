"""Images as a network's input: through the spec's `preprocess:`, or as they are where they are the input's own size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnbuild.errors import InputError
from nnbuild.formats.array_source import ArraySource
from nnbuild.formats.images import read_image
from nnbuild.spec.build.stated import Input, Spec


class Pictures:
    """Some images as one array (N, C, H, W), each read when its batch is.

    Params: input, what the network states of it, if it does; steps, of the spec. Raises: InputError for the
    first image.
    """

    def __init__(self, paths: Sequence[Path], input: Input | None, spec: Spec) -> None:
        self.paths = paths
        self.notes: dict[str, list[Path]] = {}
        self._input = input
        self._steps = spec.preprocess or _as_they_are(input, paths[0])
        self._stated = bool(spec.preprocess)
        self._first: np.ndarray | None = self._read(paths[0])
        self.shape = self._first.shape

    def source(self) -> ArraySource:
        """The images as an array that is read in parts."""
        return ArraySource(self.paths[0], (len(self.paths), *self.shape), np.dtype(np.float32), self._part)

    def _part(self, start: int, stop: int) -> np.ndarray:
        planes = [self._planes(place) for place in range(start, min(stop, len(self.paths)))]
        return np.stack(planes) if planes else np.empty((0, *self.shape), np.float32)

    def _planes(self, place: int) -> np.ndarray:
        if place == 0 and self._first is not None:
            planes, self._first = self._first, None
            return planes
        planes = self._read(self.paths[place])
        if planes.shape != self.shape:
            raise InputError(
                f"{self.paths[place]} becomes {planes.shape} and {self.paths[0]} {self.shape}, and they run together",
                hint="let preprocess: crop them to one size",
            )
        return planes

    def _read(self, path: Path) -> np.ndarray:
        picture = read_image(path, self._steps)
        for note in picture.notes:
            self.notes.setdefault(note, []).append(path)
        if not self._stated:
            self._refuse_other_size(path, picture.planes.shape)
            self.notes.setdefault("is taken as it is, its pixels times 1/255", []).append(path)
        return picture.planes

    def _refuse_other_size(self, path: Path, shape: tuple[int, ...]) -> None:
        """Without `preprocess:` an image is the size that the network states."""
        if self._input is None:
            return
        wanted = zip(self._input.shape[2:], shape[1:], strict=True)
        if all(isinstance(want, str) or want == size for want, size in wanted):
            return
        height, width = self._input.sized()[2:]
        raise InputError(
            f"{path} is {shape[1]}x{shape[2]}, the input is {height}x{width}, and the spec does not say how images "
            "become inputs",
            hint=f"write in the spec `preprocess: {{resize: [{height}, {width}], scale: 1 / 255}}`, with the mean and "
            "std that the network was trained with",
        )


def _as_they_are(input: Input | None, path: Path) -> dict[str, Any]:
    """Steps for images where the spec states none. Raises InputError where the input is none of images."""
    shape = input.shape if input is not None else ("N", 3, "H", "W")
    if len(shape) != 4 or shape[1] not in (1, 3):
        raise InputError(
            f"{path} is an image, and the input {input} is none: (N, 1 or 3, H, W)", hint="give it a .npy file"
        )
    return {"grayscale": shape[1] == 1, "scale": 1 / 255}
