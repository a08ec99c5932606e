"""Linear maps: the weight as it is stored, read once, divided between threads by outputs."""

from __future__ import annotations

from functools import partial

from nnbuild.engine.forms.form import Form
from nnbuild.engine.layout import Layout
from nnbuild.engine.memory import Memory, Scratch
from nnbuild.engine.rewrite.finish import finished
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.engine.step import Call, Phase, Step, copy, even_parts
from nnbuild.graph.graph import Value
from nnbuild.lazy import np
from nnbuild.ops.products import linear

#: Elements of the result that are finished together.
_AT_ONCE = 1 << 15


class Dense(Form):
    """A product of the rows of the input with the weight."""

    def fits(self, stage: Stage) -> bool:
        """Whether this is a linear map whose weight is known."""
        return stage.kind is linear and stage.weight is not None

    def prepared(self, stage: Stage) -> int:
        """Those of a weight that a normalisation went into."""
        return stage.weight.nbytes if stage.folded and stage.weight is not None else 0

    def accepts(self, stage: Stage, layout: Layout) -> bool:
        """Whether the elements of a row lie side by side."""
        return layout.last.isdisjoint((stage.input, stage.output))

    def step(self, stage: Stage, layout: Layout, threads: int) -> Step:
        """The step."""
        weight, source = stage.weight, stage.input
        assert weight is not None
        made = weight.shape[0]
        # A product of less than this is done before another thread has heard of it.
        parts = even_parts(made, threads if source.numel() * made > 1 << 22 else 1)

        def bind(memory: Memory) -> list[Phase]:
            pixels = memory.arrays[source].reshape(-1, weight.shape[1])
            target = memory.arrays[stage.output].reshape(-1, made)
            others = {
                value: memory.arrays[value].reshape(-1, made)
                for value in stage.reads
                if value.shape == stage.output.shape
            }
            phase: Phase = []
            for thread, (start, stop) in enumerate(parts):
                scratch = memory.scratch[thread]
                scratch.clear()
                calls = _product(pixels, weight[start:stop], target[:, start:stop], scratch)
                phase.append(calls + _finishing(stage, target, others, slice(start, stop), scratch))
            return [phase]

        kind = "product" if source.numel() > weight.shape[1] else "matrix x vector"
        return Step(stage.nodes, kind, stage.output, stage.reads, bind, prepared=self.prepared(stage))


def _finishing(
    stage: Stage, target: np.ndarray, others: dict[Value, np.ndarray], some: slice, scratch: Scratch
) -> list[Call]:
    """Calls that finish some columns of the target, as many rows at a time as stay in cache."""
    calls: list[Call] = []
    for begin, end in even_parts(len(target), -(-len(target) * (some.stop - some.start) // _AT_ONCE)):
        strip = (slice(begin, end), some)
        scratch.clear()

        def other(value: Value, strip: tuple[slice, slice] = strip) -> np.ndarray:
            return others[value][strip]

        calls += finished(stage.finishes, target[strip], target[strip], scratch, other, some)
    return calls


def _product(pixels: np.ndarray, weight: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    """Calls for target = pixels @ weight.T.

    A few rows by a large weight are faster the other way round: 16 by 9216 -> 4096 in 23 ms, not 35 (one core).
    """
    if len(pixels) == 1 or weight.nbytes < 1 << 20 or len(pixels) > 64:
        return [partial(np.matmul, pixels, weight.T, target)]
    upright = scratch.take(pixels.T.shape, pixels.dtype)
    product = scratch.take(target.T.shape, target.dtype)
    return [copy(upright, pixels.T), partial(np.matmul, weight, upright, product), copy(target, product.T)]
