"""Chains: stages that follow each other take one strip of rows from beginning to end before the next strip.

An image of 4096x4096 makes 4.3 GB in each of VGG's first two layers; in strips only what comes after the pool is kept.
The rows at the seams are computed twice. Source: Alwani, Chen, Ferdman and Milder, Fused-layer CNN accelerators, 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from nnbuild.engine.forms.form import Form
from nnbuild.engine.rewrite.stage import Kind, Stage
from nnbuild.graph.graph import Value
from nnbuild.ops.window import Slide

#: What input and output of a stage may take in a strip.
_AT_ONCE = 128 << 20

#: How much more may be computed because of the seams.
_MOST_WORK = 1.3

#: First and last row, that one excluded.
Rows = tuple[int, int]


class Link(NamedTuple):
    """A stage of a chain, the forms that fit it, and how its output's axes of space move over its input's."""

    stage: Stage
    forms: Sequence[Form]
    slides: tuple[Slide, ...]


@dataclass(eq=False)
class StripChain(Stage):
    """Stages as one: `links` in order, `height` rows of the last one's output at a time."""

    links: list[Link] = field(default_factory=list)
    height: int = 0

    @classmethod
    def of(cls, links: list[Link]) -> StripChain | None:
        """The chain, None where its strips would be too large or too much is computed twice."""
        first, last = links[0].stage, links[-1].stage
        length = last.output.shape[2]
        for height in (1 << power for power in range(length.bit_length() - 1, -1, -1)):
            rows = rows_under(links, *_inner(length, height))
            sizes = [
                (stop - start) * _of_a_row(value.nbytes, value)
                for (start, stop), value in zip(rows, _values(links), strict=True)
            ]
            if max(map(sum, pairwise(sizes))) <= _AT_ONCE:
                nodes = [node for link in links for node in link.stage.nodes]
                made = cls(nodes, Kind.CHAIN, {"input": first.input}, last.output, links=links, height=height)
                return made if made.work() <= _MOST_WORK else None
        return None

    def parts(self) -> list[Rows]:
        """The strips of the output."""
        length = self.output.shape[2]
        return [(start, min(start + self.height, length)) for start in range(0, length, self.height)]

    def work(self) -> float:
        """What is computed as a multiple of what whole images take."""
        stages = [link.stage for link in self.links]
        costs = [
            _of_a_row(sum(node.macs or 0 for node in stage.nodes) + stage.output.numel(), stage.output)
            for stage in stages
        ]
        whole = sum(cost * stage.output.shape[2] for cost, stage in zip(costs, stages, strict=True))
        rows = [rows_under(self.links, *part)[1:] for part in self.parts()]
        return (
            sum(cost * (stop - start) for part in rows for cost, (start, stop) in zip(costs, part, strict=True)) / whole
        )


def rows_under(links: list[Link], start: int, stop: int) -> list[Rows]:
    """The rows of each value, the input first, that these rows of the last one need."""
    rows = [(start, stop)]
    for link in reversed(links):
        slide, (first, last) = link.slides[0], rows[0]
        begin = first * slide.stride - slide.before
        end = (last - 1) * slide.stride - slide.before + slide.extent
        rows.insert(0, (max(0, begin), min(link.stage.input.shape[2], end)))
    return rows


def _values(links: list[Link]) -> list[Value]:
    """The input and what each link makes."""
    return [links[0].stage.input, *(link.stage.output for link in links)]


def _of_a_row(amount: int, value: Value) -> int:
    return -(-amount // value.shape[2])


def _inner(length: int, height: int) -> Rows:
    """A strip in the middle, with seams at both ends."""
    start = (length - height) // 2
    return start, start + height
