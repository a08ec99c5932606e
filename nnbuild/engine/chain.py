"""Chains: stages that follow each other take one strip of rows from beginning to end before the next strip.

An image of 4096x4096 makes 4.3 GB in each of VGG's first two layers; in strips only what comes after the pool is kept.
The rows at the seams are computed twice. Source: Alwani, Chen, Ferdman and Milder, Fused-layer CNN accelerators, 2016.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import prod
from typing import Any

from nnbuild.engine import choice, elementwise
from nnbuild.engine.fusion import Stage
from nnbuild.engine.layout import windowed
from nnbuild.engine.step import Memory, Phase, Step, copied
from nnbuild.graph.graph import Value
from nnbuild.lazy import np
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.window import Slide

#: Bytes of input and output from which on a stage is taken into a chain, and what they may take in a strip.
_LARGE, _AT_ONCE = 256 << 20, 128 << 20

#: How much more may be computed because of the seams.
_MOST_WORK = 1.3

_ONE_BY_ONE = ("affine", "elementwise")

#: First and last row, that one excluded.
Rows = tuple[int, int]


@dataclass
class Chain(Stage):
    """Stages as one: `links` in order, `height` rows of the last one's output at a time."""

    links: list[Stage] = field(default_factory=list)
    height: int = 0

    @classmethod
    def of(cls, links: list[Stage]) -> Chain | None:
        """The chain, None where its strips would be too large or too much is computed twice."""
        length = links[-1].output.shape[2]
        for height in (1 << power for power in range(length.bit_length() - 1, -1, -1)):
            rows = _rows(links, *_inner(length, height))
            sizes = [
                (stop - start) * _of_a_row(value.nbytes, value)
                for (start, stop), value in zip(rows, _values(links), strict=True)
            ]
            if max(map(sum, pairwise(sizes))) <= _AT_ONCE:
                nodes = [node for link in links for node in link.nodes]
                made = cls(nodes, "chain", {"input": _source(links[0])}, links[-1].output, links=links, height=height)
                return made if made.work() <= _MOST_WORK else None
        return None

    def parts(self) -> list[Rows]:
        """The strips of the output."""
        length = self.output.shape[2]
        return [(start, min(start + self.height, length)) for start in range(0, length, self.height)]

    def work(self) -> float:
        """What is computed as a multiple of what whole images take."""
        costs = [
            _of_a_row(sum(node.macs or 0 for node in link.nodes) + link.output.numel(), link.output)
            for link in self.links
        ]
        whole = sum(cost * link.output.shape[2] for cost, link in zip(costs, self.links, strict=True))
        rows = [_rows(self.links, *part)[1:] for part in self.parts()]
        return (
            sum(cost * (stop - start) for part in rows for cost, (start, stop) in zip(costs, part, strict=True)) / whole
        )


def chained(stages: list[Stage], results: Sequence[Any]) -> list[Stage]:
    """The stages with those on large images joined to chains. Params: results, what the model returns."""
    uses = Counter(value for stage in stages for value in stage.reads)
    uses.update(value for value in results if isinstance(value, Value))
    found: list[Stage] = []
    rest = list(stages)
    while rest:
        longest = 0
        while longest < len(rest) and _is_link(rest[longest]) and _follows(rest, longest, uses):
            longest += 1
        chain = _best(rest[:longest])
        found.append(chain or rest[0])
        del rest[: len(chain.links) if chain else 1]
    return found


def _best(links: list[Stage]) -> Chain | None:
    """The chain of the first links that leaves the least behind."""
    chains = (Chain.of(links[:count]) for count in range(len(links), 1, -1))
    return min((chain for chain in chains if chain), key=lambda chain: chain.output.nbytes, default=None)


def _is_link(stage: Stage) -> bool:
    source, output = stage.reads[0], stage.output
    if output.ndim < 4 or source.ndim != output.ndim or source.nbytes + output.nbytes <= _LARGE:
        return False
    if any(finish.kind == "add" for finish in stage.finishes) or stage.output.dtype not in ("float32", "float64"):
        return False
    if stage.kind in _ONE_BY_ONE:
        return True
    if not windowed(stage) or stage.kind.startswith(("adaptive", "conv_transpose")):
        return False
    first, last = stage.slides[0], output.shape[2] - 1
    begins_inside = first.before < first.extent and last * first.stride - first.before < source.shape[2]
    averages_padding = stage.kind.startswith("avg") and any(slide.before or slide.ceil for slide in stage.slides)
    return begins_inside and not averages_padding


def _follows(stages: list[Stage], index: int, uses: Counter[Value]) -> bool:
    source = _source(stages[index])
    return index == 0 or (source is stages[index - 1].output and uses[source] == 1)


def _source(stage: Stage) -> Value:
    return stage.args["input"]


def _values(links: list[Stage]) -> list[Value]:
    """The input and what each link makes."""
    return [_source(links[0]), *(link.output for link in links)]


def _of_a_row(amount: int, value: Value) -> int:
    return -(-amount // value.shape[2])


def _inner(length: int, height: int) -> Rows:
    """A strip in the middle, with seams at both ends."""
    start = (length - height) // 2
    return start, start + height


def _slide(link: Stage) -> Slide:
    return Slide(1) if link.kind in _ONE_BY_ONE else link.slides[0]


def _rows(links: list[Stage], start: int, stop: int) -> list[Rows]:
    """The rows of each value, the input first, that these rows of the last one need."""
    rows = [(start, stop)]
    for link in reversed(links):
        slide, (first, last) = _slide(link), rows[0]
        begin = first * slide.stride - slide.before
        end = (last - 1) * slide.stride - slide.before + slide.extent
        rows.insert(0, (max(0, begin), min(_source(link).shape[2], end)))
    return rows


def _narrowed(link: Stage, source: Value, taken: Rows, made: Rows) -> Stage:
    """The link on a strip. Params: source, the strip; taken, its rows; made, those of the output."""
    shape = link.output.shape
    output = Value(link.output.with_shape((*shape[:2], made[1] - made[0], *shape[3:])), link.output.name)
    window = None
    if link.kind not in _ONE_BY_ONE:
        slide = link.slides[0]
        before = taken[0] - (made[0] * slide.stride - slide.before)
        after = (made[1] - 1) * slide.stride - slide.before + slide.extent - taken[1]
        window = (slide._replace(before=before, after=max(0, after), ceil=False), *link.slides[1:])
    return replace(link, args={**link.args, "input": source}, output=output, window=window)


class _Strip:
    """The steps for strips of one shape. `values` are its input and what each link makes of it."""

    def __init__(self, links: list[Stage], rows: list[Rows], threads: int) -> None:
        shape = _source(links[0]).shape
        height = rows[0][1] - rows[0][0]
        self.values = [Value(links[0].output.with_shape((*shape[:2], height, *shape[3:])), "strip")]
        self.steps = []
        for link, taken, made in zip(links, rows, rows[1:], strict=False):
            narrow = _narrowed(link, self.values[-1], taken, made)
            make = elementwise.elementwise if link.kind in _ONE_BY_ONE else choice.windowed
            self.steps.append(make(narrow, threads))
            self.values.append(narrow.output)

    def room(self, odd: int) -> int:
        """Elements of the largest of every second value."""
        return max(value.numel() for value in self.values[odd::2])

    def bind(self, rooms: list[np.ndarray], memory: Memory) -> tuple[np.ndarray, list[Phase], np.ndarray]:
        """Where the input is to be put, the phases, and where the result then is. Params: rooms, taken in turn."""
        arrays = {}
        for index, value in enumerate(self.values):
            shape = (value.shape[0], *value.shape[2:], value.shape[1])
            arrays[value] = rooms[index % 2][: prod(shape)].reshape(shape)
        strip = Memory(arrays, set(self.values), memory.scratch, memory.shared)
        phases = [phase for step in self.steps for phase in step.bind(strip.fresh())]
        return arrays[self.values[0]], phases, arrays[self.values[-1]]


def chain(stage: Chain, threads: int) -> Step:
    """The step: the strips one after the other, each link of a strip by all threads."""
    parts = [_rows(stage.links, *part) for part in stage.parts()]
    keys = [_shape_of(stage.links, rows) for rows in parts]
    kinds = {key: _Strip(stage.links, rows, threads) for key, rows in zip(keys, parts, strict=True)}
    for link in stage.links:
        link.weight = None  # each kind has it in its own form
    rooms = [
        Value(TensorSpec((max(kind.room(odd) for kind in kinds.values()),), stage.output.dtype), "strips")
        for odd in (0, 1)
    ]

    def bind(memory: Memory) -> list[Phase]:
        source, target = memory.image(stage.args["input"]), memory.image(stage.output)
        bound = {key: kind.bind([memory.arrays[room] for room in rooms], memory) for key, kind in kinds.items()}
        phases = []
        for key, rows in zip(keys, parts, strict=True):
            inner, steps, result = bound[key]
            phases.append(copied(inner, source[:, slice(*rows[0])], threads))
            phases += [*steps, copied(target[:, slice(*rows[-1])], result, threads)]
        return phases

    algorithms = ", ".join(step.algorithm for step in kinds[keys[0]].steps)
    prepared = sum(step.prepared for kind in kinds.values() for step in kind.steps)
    name = f"{len(parts)} strips: {algorithms}"
    return Step(stage.nodes, name, stage.output, stage.reads, bind, prepared=prepared, outputs=(stage.output, *rooms))


def _shape_of(links: list[Stage], rows: list[Rows]) -> Any:
    """What two strips have in common that run by the same steps: heights, and padding at either end."""
    heights = [stop - start for start, stop in rows]
    begins = [
        taken[0] - made[0] * _slide(link).stride for link, taken, made in zip(links, rows, rows[1:], strict=False)
    ]
    return (*heights, *begins)
