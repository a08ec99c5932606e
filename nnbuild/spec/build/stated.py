"""What a spec states beside its layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nnbuild.errors import InputError

#: The name of the axis of samples.
BATCH = "N"


class Input(NamedTuple):
    """An input of a network.

    Params: shape, sizes, with "N" where the batch stands and the names of the free axes; dtype, a NumPy dtype name;
    free, the sizes of the free axes where none are given.
    """

    name: str
    shape: tuple[int | str, ...]
    dtype: str = "float32"
    free: Mapping[str, int] = {}

    def sized(self, batch: int = 1, sizes: Mapping[str, int] = {}) -> tuple[int, ...]:
        """The shape with a number for the batch, and for the free axes their defaults or these sizes."""
        return sized(self.shape, {BATCH: batch, **self.free, **sizes})

    def axes(self, shape: Sequence[int]) -> Iterator[tuple[str, int]]:
        """The named axes of an array of this shape with their sizes; none where the number of axes differs."""
        if len(shape) == len(self.shape):
            yield from ((axis, size) for axis, size in zip(self.shape, shape, strict=True) if isinstance(axis, str))

    def __str__(self) -> str:
        """The shape as a spec has it: (N, T=20, 32)."""
        return f"({self.sizes}{',' if len(self.shape) == 1 else ''})"

    @property
    def sizes(self) -> str:
        """The sizes as a spec has them: N, T=20, 32."""
        defaults = {str(axis): f"{axis}={size}" for axis, size in self.free.items()}
        return ", ".join(defaults.get(str(axis), str(axis)) for axis in self.shape)


def sized(shape: tuple[int | str, ...], sizes: Mapping[str, int]) -> tuple[int, ...]:
    """A shape with numbers for its named axes."""
    return tuple(sizes[axis] if isinstance(axis, str) else axis for axis in shape)


def agreed(inputs: Sequence[Input], shapes: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """The sizes of the named axes of these shapes, by the inputs' names. Raises InputError where they disagree.

    The batch is left to the network, which may repeat a single sample.
    """
    found: dict[str, tuple[int, str]] = {}
    for input in inputs:
        shape = shapes.get(input.name)
        for axis, size in input.axes(shape) if shape is not None else ():
            place = f"{input.name} {tuple(shape or ())}"
            first, where = found.setdefault(axis, (size, place))
            if first != size and axis != BATCH:
                both = (
                    f"{where} has {first} and {place} has {size}"
                    if where != place
                    else f"{place} has both {first} and {size}"
                )
                raise InputError(f"the inputs disagree about the axis {axis}: {both}")
    return {axis: size for axis, (size, _) in found.items()}


class Spec(NamedTuple):
    """What a spec says beside its layers.

    Params: name; variant, the chosen one; file; bundled, whether it came with the program; inputs; params and choose,
    by name; customised, whether params differ from the file's or the variant's; weights, example, labels, files beside
    the spec; holds_weights, whether the file has them in itself; preprocess, steps for images by name; expect, facts
    that `check` holds the network to; paper, description; foreign, whether the file is of another program, so that
    nothing in it is stated for this one; remarks, what was passed over in it.
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
    holds_weights: bool = False
    example: dict[str, Path] = {}
    preprocess: dict[str, Any] = {}
    labels: tuple[str, ...] | Path | None = None
    expect: dict[str, Any] = {}
    paper: str | None = None
    description: str | None = None
    foreign: bool = False
    remarks: tuple[str, ...] = ()
