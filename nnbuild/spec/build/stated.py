"""What a spec states beside its layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple


class Input(NamedTuple):
    """An input of a network. Params: shape, sizes, with "N" where the batch stands; dtype, a NumPy dtype name."""

    name: str
    shape: tuple[int | str, ...]
    dtype: str = "float32"

    def sized(self, batch: int = 1) -> tuple[int, ...]:
        """The shape with a number for the batch."""
        return tuple(batch if isinstance(size, str) else size for size in self.shape)


class Spec(NamedTuple):
    """What a spec says beside its layers.

    Params: name; variant, the chosen one; file; bundled, whether it came with the program; inputs; params and choose,
    by name; customised, whether params differ from the file's or the variant's; weights, example, labels, files beside
    the spec; preprocess, steps for images by name; expect, facts that `check` holds the network to; paper, description.
    """

    name: str
    file: Path
    variant: str | None = None
    bundled: bool = False
    inputs: tuple[Input, ...] = ()
    params: dict[str, Any] = {}
    choose: dict[str, Any] = {}
    customised: bool = False
    weights: Path | None = None
    example: dict[str, Path] = {}
    preprocess: dict[str, Any] = {}
    labels: tuple[str, ...] | Path | None = None
    expect: dict[str, Any] = {}
    paper: str | None = None
    description: str | None = None
