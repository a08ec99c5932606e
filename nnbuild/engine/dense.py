"""Linear maps: the weight as it is stored, read once, divided between threads by outputs."""

from __future__ import annotations

from functools import partial

from nnbuild.engine.finish import finished
from nnbuild.engine.fusion import Stage
from nnbuild.engine.step import Call, Memory, Phase, Scratch, Step, copy, even_parts
from nnbuild.graph.graph import Value
from nnbuild.lazy import np

#: Elements of the result that are finished together.
_AT_ONCE = 1 << 15


def fits(stage: Stage) -> bool:
    """Whether the weight is known and makes more than single numbers."""
    return stage.weight is not None and stage.weight.ndim == 2 and not isinstance(stage.args["bias"], Value)


def linear(stage: Stage, threads: int) -> Step:
    """The step."""
    weight = stage.weight
    assert weight is not None
    made = weight.shape[0]
    source = stage.args["input"]
    work = source.numel() * made
    # A product of less than this is done before another thread has heard of it.
    parts = even_parts(made, threads if work > 1 << 22 else 1)

    def bind(memory: Memory) -> list[Phase]:
        pixels = memory.arrays[source].reshape(-1, weight.shape[1])
        target = memory.arrays[stage.output].reshape(-1, made)
        others = {
            value: memory.arrays[value].reshape(-1, made) for value in stage.reads if value.shape == stage.output.shape
        }
        phase: Phase = []
        for thread, (start, stop) in enumerate(parts):
            some = slice(start, stop)
            scratch = memory.scratch[thread]
            scratch.clear()
            calls = _product(pixels, weight[some], target[:, some], scratch)
            for begin, end in even_parts(len(target), -(-len(target) * (stop - start) // _AT_ONCE)):
                strip = (slice(begin, end), some)
                scratch.clear()

                def other(value: Value, strip: tuple[slice, slice] = strip) -> np.ndarray:
                    return others[value][strip]

                calls += finished(stage.finishes, target[strip], target[strip], scratch, other, some)
            phase.append(calls)
        return [phase]

    kind = "product" if source.numel() > weight.shape[1] else "matrix x vector"
    return Step(stage.nodes, kind, stage.output, stage.reads, bind, prepared=weight.nbytes if stage.folded else 0)


def _product(pixels: np.ndarray, weight: np.ndarray, target: np.ndarray, scratch: Scratch) -> list[Call]:
    """Calls for target = pixels @ weight.T.

    A few rows by a large weight are faster the other way round: 16 by 9216 -> 4096 in 23 ms, not 35 (one core).
    """
    if len(pixels) == 1 or weight.nbytes < 1 << 20 or len(pixels) > 64:
        return [partial(np.matmul, pixels, weight.T, target)]
    upright = scratch.take(pixels.T.shape, pixels.dtype)
    product = scratch.take(target.T.shape, target.dtype)
    return [copy(upright, pixels.T), partial(np.matmul, weight, upright, product), copy(target, product.T)]
