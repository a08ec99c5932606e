"""The average of each whole plane."""

from __future__ import annotations

from functools import partial
from math import prod

from nnbuild.engine.forms.form import Form
from nnbuild.engine.forms.pooling import ALONE
from nnbuild.engine.layout import Layout
from nnbuild.engine.memory import Memory
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.engine.step import Phase, Step, even_parts
from nnbuild.lazy import np
from nnbuild.ops.adaptive_pooling import adaptive_avg_pool


class WholeAverage(Form):
    """The pixels summed up, divided between threads by channels."""

    def fits(self, stage: Stage) -> bool:
        """Whether one number is made of each plane of a batch of images."""
        if stage.kind is not adaptive_avg_pool or not stage.is_float or stage.input.ndim != stage.args["axes"] + 2:
            return False
        return all(size == 1 for size in stage.output.shape[2:])

    def needs_channels_last(self, stage: Stage) -> bool:
        """Always."""
        return True

    def step(self, stage: Stage, layout: Layout, threads: int) -> Step:
        """The step."""
        source, output = stage.input, stage.output
        share = np.array(1 / prod(source.shape[2:]), output.dtype)

        def bind(memory: Memory) -> list[Phase]:
            before = memory.image(source)
            before = before.reshape(before.shape[0], -1, before.shape[-1])
            after = memory.image(output).reshape(before.shape[0], -1)
            split = threads if source.numel() >= ALONE else 1
            phase: Phase = []
            for start, stop in even_parts(after.shape[1], split):
                total = after[:, start:stop]
                summing = partial(np.add.reduce, before[:, :, start:stop], 1, None, total)
                phase.append([summing, partial(np.multiply, total, share, total)])
            return [phase]

        return Step(stage.nodes, "sum of pixels", output, [source], bind)
