"""Windows: how a kernel moves along one axis, and the size that comes out. The only place with these formulas.

Source: the size formulas of https://docs.pytorch.org/docs/stable/nn.html (Conv2d, ConvTranspose2d, MaxPool2d,
MaxUnpool2d).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from nnbuild.errors import OptionError, ShapeError


def each(value: Any, axes: int, option: str, *, alone: bool = True) -> tuple[int, ...]:
    """The value for each axis: a number stands for all of them, and a tuple of one too if `alone` says so."""
    sizes = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(sizes) == 1 and axes > 1 and alone:
        sizes *= axes
    if len(sizes) != axes or not all(isinstance(size, int) for size in sizes):
        raise OptionError(f"{option} wants one whole number or {axes}, not {value!r}", option=option)
    return sizes


def _sum(first: int, second: int) -> str:
    return f"2*{first}" if first == second else f"{first} + {second}"


class Slide(NamedTuple):
    """A window that slides over one axis, as convolution and pooling do.

    Params: kernel, stride, dilation in elements; before, after: padding at either end; ceil, round up.
    """

    kernel: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    ceil: bool = False

    @property
    def extent(self) -> int:
        """Elements from the first tap to the last."""
        return self.dilation * (self.kernel - 1) + 1

    def size(self, length: int) -> int:
        """The output's size for this input size; below 1 where the window does not fit."""
        room = length + self.before + self.after - self.extent
        if not self.ceil:
            return room // self.stride + 1
        steps = -(-room // self.stride) + 1
        starts_beyond_the_input = (steps - 1) * self.stride >= length + self.before
        return steps - 1 if starts_beyond_the_input else steps

    def formula(self, length: int) -> str:
        """The size formula with the numbers put in."""
        rounding = "ceil" if self.ceil else "floor"
        padded = f"{length} + {_sum(self.before, self.after)}"
        text = f"{rounding}(({padded} - {self.dilation}*({self.kernel}-1) - 1)/{self.stride} + 1)"
        plain = -(-(length + self.before + self.after - self.extent) // self.stride) + 1
        if self.ceil and plain != self.size(length):
            return f"{text} - 1 = {self.size(length)}, since the last window would start in the padding"
        return f"{text} = {self.size(length)}"


class Spread(NamedTuple):
    """A window that is laid down once for each input element, as transposed convolution and unpooling do.

    Params: as Slide's; extra, elements added at the end (output_padding).
    """

    kernel: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    extra: int = 0

    @property
    def extent(self) -> int:
        """Elements from the first tap to the last."""
        return self.dilation * (self.kernel - 1) + 1

    def size(self, length: int) -> int:
        """The output's size for this input size."""
        return (length - 1) * self.stride - self.before - self.after + self.extent + self.extra

    def formula(self, length: int) -> str:
        """The size formula with the numbers put in."""
        padding = f"2*{self.before}" if self.before == self.after else f"{self.before} - {self.after}"
        return (
            f"({length} - 1)*{self.stride} - {padding} + {self.dilation}*({self.kernel}-1) + {self.extra} + 1"
            f" = {self.size(length)}"
        )


def same_padding(kernel: Sequence[int], dilation: Sequence[int]) -> list[tuple[int, int]]:
    """The padding before and after each axis with which a window of stride 1 keeps the size."""
    totals = [spread * (size - 1) for size, spread in zip(kernel, dilation, strict=True)]
    return [(total // 2, total - total // 2) for total in totals]


Windows = Sequence[Slide | Spread]

#: The size formulas in letters: simplified (no dilation, no output_padding), and complete.
FORMULAS = {
    Slide: (
        "floor((H + 2*padding - kernel)/stride) + 1",
        "floor((H + 2*padding - dilation*(kernel - 1) - 1)/stride + 1)",
    ),
    Spread: (
        "(H - 1)*stride - 2*padding + kernel",
        "(H - 1)*stride - 2*padding + dilation*(kernel - 1) + output_padding + 1",
    ),
}


def output_sizes(windows: Windows, sizes: tuple[int, ...], least: int = 1) -> tuple[int, ...]:
    """The sizes after the windows. Raises ShapeError where one does not fit into its axis, or leaves less of it."""
    result = tuple(window.size(size) for window, size in zip(windows, sizes, strict=True))
    for window, size, out in zip(windows, sizes, result, strict=True):
        if out < least:
            padded = size + window.before + window.after
            raise ShapeError(
                f"has a window of {window.extent} and its input only {padded} elements of an axis"
                if isinstance(window, Slide)
                else f"leaves {out} elements of an axis",
                notes=[window.formula(size)],
                hint="a smaller kernel or dilation, more padding, or a larger input",
                option="kernel_size",
            )
    return result


def spatial_formula(windows: Windows, sizes: tuple[int, ...]) -> list[str]:
    """One line an axis, 'H: floor(...) = 55'; axes that agree share a line."""
    letters = "DHW"[-len(sizes) :] if len(sizes) > 1 else "L"
    lines: dict[str, str] = {}
    for letter, window, size in zip(letters, windows, sizes, strict=True):
        text = window.formula(size)
        lines[text] = f"{lines[text]}, {letter}" if text in lines else letter
    return [f"{axes} = {text}" for text, axes in lines.items()]


def formula_of_windows(input: Any, window: Windows) -> list[str]:
    """The formula facet of an op that slides over its input's last axes."""
    return spatial_formula(window, input.shape[-len(window) :])
