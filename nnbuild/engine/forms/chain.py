"""A chain of stages, strip by strip: see `nnbuild.engine.sliding.strip_chain`."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

from nnbuild.engine.forms.form import Form
from nnbuild.engine.layout import Layout
from nnbuild.engine.memory import Memory
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.engine.sliding.strip_chain import Link, Rows, StripChain, rows_under
from nnbuild.engine.step import Phase, Step, copied
from nnbuild.graph.graph import Value
from nnbuild.lazy import np
from nnbuild.ops.spec import TensorSpec


class InStrips(Form):
    """The strips one after the other, each link of a strip by all threads."""

    def fits(self, stage: Stage) -> bool:
        """Whether this is a chain."""
        return isinstance(stage, StripChain)

    def needs_channels_last(self, stage: Stage) -> bool:
        """Always."""
        return True

    def step(self, stage: Stage, layout: Layout, threads: int) -> Step:
        """The step."""
        assert isinstance(stage, StripChain)
        parts = [rows_under(stage.links, *part) for part in stage.parts()]
        keys = [_shape_of(stage.links, rows) for rows in parts]
        kinds = {key: _Strip(stage.links, rows, threads) for key, rows in zip(keys, parts, strict=True)}
        for link in stage.links:
            link.stage.weight = None  # each kind has it in its own form
        rooms = [
            Value(TensorSpec((max(kind.room(odd) for kind in kinds.values()),), stage.output.dtype), "strips")
            for odd in (0, 1)
        ]

        def bind(memory: Memory) -> list[Phase]:
            source, target = memory.image(stage.input), memory.image(stage.output)
            bound = {key: kind.bind([memory.arrays[room] for room in rooms], memory) for key, kind in kinds.items()}
            phases = []
            for key, rows in zip(keys, parts, strict=True):
                inner, steps, result = bound[key]
                phases.append(copied(inner, source[:, slice(*rows[0])], threads))
                phases += [*steps, copied(target[:, slice(*rows[-1])], result, threads)]
            return phases

        name = f"{len(parts)} strips: {', '.join(step.algorithm for step in kinds[keys[0]].steps)}"
        prepared = sum(step.prepared for kind in kinds.values() for step in kind.steps)
        outputs = (stage.output, *rooms)
        return Step(stage.nodes, name, stage.output, stage.reads, bind, prepared=prepared, outputs=outputs)


class _Strip:
    """The steps for strips of one shape. `values` are its input and what each link makes of it."""

    def __init__(self, links: list[Link], rows: list[Rows], threads: int) -> None:
        first = links[0].stage
        shape = first.input.shape
        height = rows[0][1] - rows[0][0]
        self.values = [Value(first.output.with_shape((*shape[:2], height, *shape[3:])), "strip")]
        self.steps = []
        layout = Layout(last=set(self.values))
        for link, taken, made in zip(links, rows, rows[1:], strict=False):
            narrow = _narrowed(link, self.values[-1], taken, made)
            layout.last.add(narrow.output)
            form = min(link.forms, key=lambda form: form.cost(narrow))
            self.steps.append(form.step(narrow, layout, threads))
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


def _narrowed(link: Link, source: Value, taken: Rows, made: Rows) -> Stage:
    """The link on a strip. Params: source, the strip; taken, its rows; made, those of the output."""
    stage, slide = link.stage, link.slides[0]
    shape = stage.output.shape
    output = Value(stage.output.with_shape((*shape[:2], made[1] - made[0], *shape[3:])), stage.output.name)
    before = taken[0] - (made[0] * slide.stride - slide.before)
    after = (made[1] - 1) * slide.stride - slide.before + slide.extent - taken[1]
    window = (slide._replace(before=before, after=max(0, after), ceil=False), *link.slides[1:])
    return replace(stage, args={**stage.args, "input": source}, output=output, window=window)


def _shape_of(links: list[Link], rows: list[Rows]) -> Any:
    """What two strips have in common that run by the same steps: heights, and padding at either end."""
    heights = [stop - start for start, stop in rows]
    begins = [
        taken[0] - made[0] * link.slides[0].stride for link, taken, made in zip(links, rows, rows[1:], strict=False)
    ]
    return (*heights, *begins)
