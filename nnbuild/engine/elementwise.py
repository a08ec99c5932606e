"""Element-wise stages: all their operations on a strip before the next strip."""

from __future__ import annotations

from typing import Any

from nnbuild.engine.finish import finished
from nnbuild.engine.fusion import Stage
from nnbuild.engine.step import Memory, Phase, Step, dealt, even_parts, owners
from nnbuild.graph.graph import Value
from nnbuild.lazy import np

#: Elements of a strip: with its target 256 KB.
_AT_ONCE = 1 << 15


def elementwise(stage: Stage, threads: int) -> Step:
    """The step; over its input where that is not read again."""
    source, output = stage.args["input"], stage.output

    # Handing work to another thread costs 40 us, a pass over so many elements takes 70.
    threads = threads if output.numel() > 8 * _AT_ONCE else 1

    def bind(memory: Memory) -> list[Phase]:
        before, after = memory.like(source, output), memory.arrays[output]
        others = {
            finish.value: memory.like(finish.value, output) for finish in stage.finishes if finish.value is not None
        }
        axis = next((axis for axis, size in enumerate(after.shape[:-1]) if size > 1), 0)
        channels = after.ndim > 1 or any(finish.vector is not None for finish in stage.finishes)
        length = after.shape[axis] if channels and after.ndim > 1 else 1
        parts = even_parts(length, max(1, -(-after.size // _AT_ONCE)))
        lists = []
        for (start, stop), thread in zip(parts, owners(len(parts), threads), strict=True):
            scratch = memory.scratch[thread]
            scratch.clear()
            some: Any = (*(slice(None),) * axis, slice(start, stop)) if length > 1 else ...

            def other(value: Value, some: Any = some) -> np.ndarray:
                return others[value][some]

            inner, target = before[some], after[some]
            in_place = before is after or inner.__array_interface__["data"] == target.__array_interface__["data"]
            lists.append(finished(stage.finishes, target if in_place else inner, target, scratch, other))
        return [dealt(lists, threads)]

    added = any(finish.value is source for finish in stage.finishes)
    return Step(stage.nodes, "in strips", output, stage.reads, bind, inplace=[] if added else [source])
