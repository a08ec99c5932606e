"""How a node's window moves: its attributes as numbers, padding worked out where it is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from nnbuild import ops
from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.node import OnnxNode
from nnbuild.ops.window import Slide


class Windows(NamedTuple):
    """The window of each axis. Params: as ONNX's attributes; before, after, the padding at either end."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    ceil: bool = False

    @property
    def symmetric(self) -> bool:
        """Whether both ends of each axis are padded alike."""
        return self.before == self.after

    @property
    def pooling(self) -> bool:
        """Whether the pooling ops take it: padding alike, and at most half of the window."""
        halves = (pad <= size // 2 for pad, size in zip(self.before, self.kernel, strict=True))
        return self.symmetric and all(halves)

    def slides(self) -> list[Slide]:
        """The windows in the ops' words."""
        parts = zip(self.kernel, self.strides, self.before, self.after, self.dilations, strict=True)
        return [Slide(*part, self.ceil) for part in parts]

    def sizes(self, sizes: Sequence[int]) -> list[int]:
        """The output's sizes."""
        return [slide.size(size) for slide, size in zip(self.slides(), sizes, strict=True)]

    def reached(self, sizes: Sequence[int]) -> list[int]:
        """The padding at the end that the last window reaches, that of rounding up included."""
        return [
            max(slide.after, (out - 1) * slide.stride + slide.extent - slide.before - size)
            for slide, size, out in zip(self.slides(), sizes, self.sizes(sizes), strict=True)
        ]


def _listed(node: OnnxNode, name: str, count: int, default: int) -> tuple[int, ...]:
    values = node.get(name)
    if not values:
        return (default,) * count
    if len(values) != count:
        raise SpecError(f"{node.op} wants {count} numbers for {name} and gets {values}")
    return tuple(values)


def windows_of(node: OnnxNode, sizes: Sequence[int], kernel: Sequence[int] | None = None) -> Windows:
    """The windows over axes of these sizes. Params: kernel, the weight's, where there is one."""
    count = len(sizes)
    shape = _listed(node, "kernel_shape", count, 1) if kernel is None else tuple(kernel)
    strides, dilations = _listed(node, "strides", count, 1), _listed(node, "dilations", count, 1)
    if min(*strides, *dilations, *shape) < 1:
        raise SpecError(f"{node.op} wants windows, strides and dilations of at least 1")
    ceil = bool(node.get("ceil_mode", 0))
    named = node.get("auto_pad", "NOTSET")
    if named == "NOTSET":
        pads = _listed(node, "pads", 2 * count, 0)
        return Windows(shape, strides, dilations, pads[:count], pads[count:], ceil)
    if named == "VALID":
        return Windows(shape, strides, dilations, (0,) * count, (0,) * count, ceil)
    totals = [
        max(0, (-(-size // step) - 1) * step + (width - 1) * spread + 1 - size)
        for size, step, width, spread in zip(sizes, strides, shape, dilations, strict=True)
    ]
    less, more = tuple(total // 2 for total in totals), tuple(total - total // 2 for total in totals)
    if named not in ("SAME_UPPER", "SAME_LOWER"):
        raise SpecError(f"{node.op} has no auto_pad {named!r}")
    ends = (less, more) if named == "SAME_UPPER" else (more, less)
    return Windows(shape, strides, dilations, *ends, False)


def padded(input: Any, before: Sequence[int], after: Sequence[int], value: Any = 0) -> Any:
    """The input with its last axes padded; below 0 it is cut."""
    if not any((*before, *after)):
        return input
    ends = [end for pair in zip(reversed(before), reversed(after), strict=True) for end in pair]
    return ops.pad(input, tuple(ends), "constant", value)
