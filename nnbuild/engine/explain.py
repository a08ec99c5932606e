"""What a plan does, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nnbuild.engine.step import Step
from nnbuild.graph.graph import Value


@dataclass(frozen=True)
class StepRow:
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


def explained(
    steps: Sequence[Step], buffer: Callable[[Value], str], times: Sequence[float] | None = None
) -> list[StepRow]:
    """The steps as rows. Params: buffer, says where a value lies; times, seconds of each step."""
    measured: Sequence[float | None] = times or [None] * len(steps)
    rows = zip(steps, measured, strict=True)
    return [_row(index, step, buffer(step.output), seconds) for index, (step, seconds) in enumerate(rows)]


def _row(index: int, step: Step, buffer: str, seconds: float | None) -> StepRow:
    return StepRow(
        index,
        step.nodes[0].path,
        tuple(node.op.name for node in step.nodes),
        step.algorithm,
        tuple(value.shape for value in step.reads),
        step.output.shape,
        buffer,
        step.prepared,
        seconds and 1e3 * seconds,
        2e-9 * step.macs / seconds if seconds and step.macs else None,
    )
