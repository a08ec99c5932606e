"""Plan: a graph for one shape of inputs as a list of steps bound to memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from nnbuild.engine.arrangement import arranged
from nnbuild.engine.blame import blaming
from nnbuild.engine.chains import chained
from nnbuild.engine.choice import economise, ranked
from nnbuild.engine.explain import StepRow, explained
from nnbuild.engine.forms.form import Form
from nnbuild.engine.lifetimes import Lifetimes
from nnbuild.engine.memory import Memory, Scratch, channels_last
from nnbuild.engine.placement import placed
from nnbuild.engine.rewrite.rewriter import Rewriter
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.engine.step import Phase, Step, copied
from nnbuild.engine.threads import blas_on_one_thread, pool
from nnbuild.errors import PYTHONS_WORDS, NnbuildError
from nnbuild.graph.graph import Graph, Value
from nnbuild.lazy import np
from nnbuild.ops.nests import map_tensors

#: Inputs and outputs of more bytes are read and written where they are, at the price of binding their steps each run:
#: AlexNet's first step for 16 images takes 8 ms to bind, their copy 2.
_INPUT_COPIED_UP_TO, _OUTPUT_COPIED_UP_TO = 1 << 26, 1 << 21

#: Bytes that weights in forms of their own may take, besides half of the largest input and output of a stage.
_PREPARED = 56 << 20

#: Elements of an input from which on several threads copy it.
_COPIED_TOGETHER = 1 << 17

#: Runs whose times a step's median is of.
_TIMED_RUNS = 5


class Plan:
    """The steps for a graph. `run` takes the input arrays and gives what the model's forward returned.

    Params: graph; threads, how many run side by side.
    """

    def __init__(self, graph: Graph, threads: int) -> None:
        self.graph = graph
        self.threads = threads
        self.rewriter = Rewriter(graph)
        stages = self.rewriter.run()
        self.results = [self.rewriter.settled(value) for value in graph.outputs]
        economise(stages, _PREPARED + _largest_pair(stages) // 2)
        stages = chained(stages, self.results)
        self.fixed = self._fixed()
        alone = self.results[0] if self.results == [graph.result] else None
        self.alone = isinstance(alone, Value) and alone not in self.fixed  # one tensor, copied from the plan's memory
        forms = [ranked(stage) for stage in stages]
        chosen = [(stage, able[0]) for stage, able in zip(stages, forms, strict=True)]
        self.layout = arranged(chosen, graph.inputs, self.fixed)
        self.steps = [self._step(stage, able) for stage, able in zip(stages, forms, strict=True)]
        lifetimes = Lifetimes(self.steps, self.layout, graph.inputs, self.results, self.fixed)
        lifetimes.overwrite()
        self.spans = lifetimes.spans()
        self.bytes = placed(list(self.spans.values()))
        self._bind()

    def _fixed(self) -> set[Value]:
        """Large inputs and outputs, which are not copied."""
        computed = [value for value in self.results if isinstance(value, Value)]
        inputs = {value for value in self.graph.inputs if value.nbytes > _INPUT_COPIED_UP_TO}
        return inputs | {value for value in computed if value.nbytes > _OUTPUT_COPIED_UP_TO}

    def _step(self, stage: Stage, forms: Sequence[Form]) -> Step:
        """The step by the first of the forms that accepts how the values lie."""
        form = next(form for form in forms if form.accepts(stage, self.layout))
        with blaming(stage.nodes):
            step = form.step(stage, self.layout, self.threads)
        step.macs = sum(node.macs or 0 for node in stage.nodes)
        return step

    # Memory

    def _arrays(self, fixed: dict[Value, np.ndarray]) -> dict[Value, np.ndarray]:
        """The array of every value. Params: fixed, those that are not in the plan's memory."""
        own = dict(fixed)
        for root, span in self.spans.items():
            part = self.block[span.offset : span.offset + span.size].view(root.dtype)
            own[root] = part.reshape(self.layout.physical(root))
        return self.layout.arrays(own, (value for step in self.steps for value in step.values))

    def _scratch_sizes(self) -> list[int]:
        """Bytes of scratch that each thread needs, and of the shared one: found by binding all steps."""
        stand_ins = {value: np.empty(self.layout.physical(value), value.dtype) for value in self.fixed}
        scratch = [Scratch() for _ in range(self.threads + 1)]
        memory = Memory(self._arrays(stand_ins), self.layout.last, scratch[:-1], scratch[-1])
        for step in self.steps:
            with blaming(step.nodes):
                step.bind(memory.fresh())
        return [each.most for each in scratch]

    def _bind(self) -> None:
        """Allocate the memory and bind all steps whose arrays stay the same."""
        self.block = np.empty(self.bytes, np.uint8)
        *self.scratch, self.shared = map(Scratch, self._scratch_sizes())
        self.memory = Memory(self._arrays({}), self.layout.last, self.scratch, self.shared)
        self.bound: list[list[Phase] | None] = [
            None if self._is_loose(step) else step.bind(self.memory.fresh()) for step in self.steps
        ]
        self.program = _joined([phase for phases in self.bound if phases for phase in phases])

    def _is_loose(self, step: Step) -> bool:
        return any(self.layout.root(value) in self.fixed for value in step.values)

    # Explaining

    def explain(self, *inputs: np.ndarray) -> list[StepRow]:
        """The steps as rows; with inputs, timed."""
        return explained(self.steps, self._buffer, self._times(inputs) if inputs else None)

    def _buffer(self, value: Value) -> str:
        root = self.layout.root(value)
        place = "" if root is value else "part of " if value in self.layout.inside else "over "
        if root in self.fixed:
            return f"{place}fresh"
        span = self.spans[root]
        return f"{place}{span.offset}:{span.offset + span.size}"

    def _times(self, inputs: Sequence[np.ndarray]) -> list[float]:
        """Seconds of each step, medians of some runs."""
        runs: list[list[float]] = [[] for _ in range(_TIMED_RUNS)]
        for run in runs:
            self.run(inputs, run)
        return [float(seconds) for seconds in np.median(runs, 0)]

    # Running

    def run(self, inputs: Sequence[np.ndarray], times: list[float] | None = None) -> Any:
        """The outputs for these arrays. Params: times, filled with the seconds of each step."""
        threads = pool()
        with threads.lock, np.errstate(all="ignore"), blas_on_one_thread():
            memory = self._filled(inputs)
            if times is None and not self.fixed:
                try:
                    threads.run(self.program)
                except (NnbuildError, *PYTHONS_WORDS):
                    self._run_steps(self._filled(inputs), [])  # fails again, and says where
                    raise
            else:
                self._run_steps(memory, [] if times is None else times)
            return self._results(memory)

    def _run_steps(self, memory: Memory, times: list[float]) -> None:
        """Run one step after the other. Params: times, which takes the seconds of each."""
        for step, bound in zip(self.steps, self.bound, strict=True):
            begin = time.perf_counter()
            with blaming(step.nodes):
                pool().run(step.bind(memory.fresh()) if bound is None else bound)
            times.append(time.perf_counter() - begin)

    def _filled(self, inputs: Sequence[np.ndarray]) -> Memory:
        """The memory with the inputs in it, copied or as they are."""
        fixed: dict[Value, np.ndarray] = {}
        for value, array in zip(self.graph.inputs, inputs, strict=True):
            seen = channels_last(array) if value in self.layout.last else array
            if value in self.fixed:
                fixed[value] = seen
            elif seen.size > _COPIED_TOGETHER:
                pool().run([copied(self.memory.arrays[value], seen, self.threads)])
            else:
                np.copyto(self.memory.arrays[value], seen)
        if not self.fixed:
            return self.memory
        for value in self.fixed.difference(fixed):
            fixed[value] = np.empty(self.layout.physical(value), value.dtype)
        return Memory(self._arrays(fixed), self.layout.last, self.scratch, self.shared)

    def _results(self, memory: Memory) -> Any:
        """What forward returns: copies of the plan's memory, and large outputs as they are."""
        if self.alone:
            return memory.logical(self.results[0]).copy(order="C")
        handed = set(self.graph.inputs)

        def result(value: Any) -> np.ndarray:
            settled = self.rewriter.settled(value)
            if not isinstance(settled, Value):
                return np.array(settled)
            array = memory.logical(settled)
            if settled not in self.fixed or settled in handed:
                return array.copy(order="C")
            handed.add(settled)
            return array

        return map_tensors(result, self.graph.result)


def _largest_pair(stages: list[Stage]) -> int:
    return max((sum(value.nbytes for value in (*stage.reads, stage.output)) for stage in stages), default=0)


def _joined(phases: list[Phase]) -> list[Phase]:
    """The phases with those of one thread that follow each other as one."""
    joined: list[Phase] = []
    for phase in phases:
        if joined and len(phase) == len(joined[-1]) == 1:
            joined[-1] = [joined[-1][0] + phase[0]]
        elif phase:
            joined.append(phase)
    return joined
