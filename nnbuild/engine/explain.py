"""What a plan does, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnbuild.lazy import np

if TYPE_CHECKING:
    from nnbuild.engine.plan import Plan


@dataclass(frozen=True)
class Row:
    """One step. Times are medians, None where nothing was measured."""

    step: int
    path: str  # of the module that the step begins in
    ops: tuple[str, ...]  # all that are done in it
    algorithm: str
    inputs: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]
    buffer: str  # bytes of the plan's memory, "fresh" for an output that is made anew, the value that it lies in
    prepared: int  # bytes of weights made for it
    milliseconds: float | None = None
    gflops: float | None = None  # 2 x multiply-adds a second, in thousand millions


def explain(plan: Plan, inputs: Sequence[np.ndarray] | None = None, repeat: int = 5) -> list[Row]:
    """The steps of a plan. Params: inputs, arrays to time it with; repeat, how often."""
    times = None
    if inputs is not None:
        runs: list[list[float]] = [[] for _ in range(repeat)]
        for run in runs:
            plan.run(inputs, run)
        times = np.median(runs, 0)
    rows = []
    for index, step in enumerate(plan.steps):
        seconds = None if times is None else float(times[index])
        rows.append(
            Row(
                index,
                step.nodes[0].path,
                tuple(node.op.name for node in step.nodes),
                step.algorithm,
                tuple(value.shape for value in step.reads),
                step.output.shape,
                _buffer(plan, index),
                step.prepared,
                seconds and 1e3 * seconds,
                2e-9 * step.macs / seconds if seconds and step.macs else None,
            )
        )
    return rows


def _buffer(plan: Plan, index: int) -> str:
    value = plan.steps[index].output
    root = plan.layout.root(value)
    place = "" if root is value else "part of " if value in plan.layout.inside else "over "
    if root in plan.fixed:
        return f"{place}fresh"
    span = plan.spans[root]
    return f"{place}{span.offset}:{span.offset + span.size}"
