"""A convolution as its forms see it: sizes, weight, finishes, and where the parts of its output lie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Any

from nnbuild.engine.memory import Memory, Scratch
from nnbuild.engine.rewrite.finish import Finish, Others, finished
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.engine.sliding.strips import Part
from nnbuild.engine.step import Call
from nnbuild.graph.graph import Value
from nnbuild.lazy import np
from nnbuild.ops.convolution import conv, conv_transpose
from nnbuild.ops.window import Slide, Spread

_FAMILIES = (conv, conv_transpose)


@dataclass
class Convolution:
    """A convolution of (N, *sizes, C) to (N, *outputs, O)."""

    stage: Stage
    input: Value
    output: Value
    weight: np.ndarray  # (O, C/groups, *kernel)
    groups: int
    slides: tuple[Slide, ...]  # of a transposed convolution Spreads
    count: int
    sizes: tuple[int, ...]
    outputs: tuple[int, ...]
    finishes: list[Finish]
    dtype: Any

    @classmethod
    def of(cls, stage: Stage) -> Convolution | None:
        """The stage's convolution, None where it is none, or has no known weight. Of stride 1, a transposed one too."""
        if stage.kind not in _FAMILIES or stage.weight is None:
            return None
        source: Value = stage.args["input"]
        found = cls(
            stage, source, stage.output, stage.weight, stage.args["groups"], stage.slides, source.shape[0],
            source.shape[2:], stage.output.shape[2:], stage.finishes, np.dtype(source.dtype),
        )  # fmt: skip
        return found.turned() or found if found.is_transposed else found

    @property
    def is_transposed(self) -> bool:
        """Whether the input's elements are spread."""
        return isinstance(self.slides[0], Spread)

    @property
    def is_depthwise(self) -> bool:
        """Whether each channel has its own kernel and makes one channel."""
        return self.groups == self.channels == self.made > 1

    @property
    def channels(self) -> int:
        """Input channels."""
        channels: int = self.weight.shape[1] * self.groups
        return channels

    @property
    def made(self) -> int:
        """Output channels."""
        made: int = self.weight.shape[0]
        return made

    @property
    def kernel(self) -> tuple[int, ...]:
        """Taps along each axis."""
        return self.weight.shape[2:]

    @property
    def pixels(self) -> int:
        """Positions of the output in the whole batch."""
        return self.count * prod(self.outputs)

    @property
    def macs(self) -> int:
        """Multiply-adds, each element of the output being made of a whole kernel."""
        return self.pixels * prod(self.weight.shape)

    def turned(self) -> Convolution | None:
        """A transposed one as an ordinary one with the kernel turned round: None where strides spread the input.

        None too where that would read mostly padding.
        """
        spreads: tuple[Any, ...] = self.slides
        if any(spread.stride > 1 or spread.before >= spread.extent for spread in spreads):
            return None
        if prod(self.outputs) > 4 * prod(self.sizes):
            return None
        slides = tuple(
            Slide(spread.kernel, 1, spread.extent - 1 - spread.before, spread.extent - 1 - spread.after + spread.extra,
                  spread.dilation)
            for spread in spreads
        )  # fmt: skip
        return replace(self, weight=np.flip(self.weight, tuple(range(2, self.weight.ndim))), slides=slides)

    def forget(self) -> None:
        """Let go of the weight, which the step has in its own form now."""
        self.weight = np.broadcast_to(np.zeros((), self.dtype), self.weight.shape)
        self.stage.weight = None

    def reads(self) -> list[Value]:
        """The input and what the finishes add."""
        return self.stage.reads

    @property
    def before(self) -> list[Finish]:
        """What is done to the input first."""
        return self.stage.before

    def parts(self, memory: Memory, part: Part) -> tuple[np.ndarray, Others]:
        """The strip's part of the output, and a function that gives the same part of another Value."""

        def other(value: Value) -> np.ndarray:
            return memory.image(value)[part.images, part.rows]

        return memory.image(self.output)[part.images, part.rows], other

    def room(self, target: np.ndarray, scratch: Scratch) -> np.ndarray:
        """Where to put a product that is to be finished: the target, or scratch if its rows are short and apart.

        Finishing 64 of the 128 channels of a `cat` in place took 1.5 ns an element, on scratch 0.8 (one core).
        """
        if target.flags.c_contiguous or self.made >= 512 or len(self.finishes) < 2:
            return target
        return scratch.take(target.shape, self.dtype)

    def finish(
        self, memory: Memory, part: Part, source: np.ndarray, scratch: Scratch, channels: slice = slice(None)
    ) -> list[Call]:
        """Calls that take a strip's result, shaped as the output, to its place."""
        target, other = self.parts(memory, part)
        target = target[..., channels]

        def others(value: Value) -> np.ndarray:
            return other(value)[..., channels]

        if source.__array_interface__["data"] == target.__array_interface__["data"]:
            return finished(self.finishes, target, target, scratch, others, channels)
        first = finished(self.finishes[:-1], source, source, scratch, others, channels)
        return first + finished(self.finishes[-1:], source, target, scratch, others, channels)
