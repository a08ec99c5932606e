"""Plan: a graph for one shape of inputs as a list of steps bound to memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from nnbuild.engine import choice, dense, elementwise, plain
from nnbuild.engine.chain import Chain, chain, chained
from nnbuild.engine.explain import Row, explain
from nnbuild.engine.fusion import Rewriter, Stage
from nnbuild.engine.layout import Layout, is_channel_cat, is_view_op, windowed
from nnbuild.engine.memory import Span, placed
from nnbuild.engine.step import Memory, Phase, Scratch, Step, channels_last, copied
from nnbuild.engine.threads import blas_on_one_thread, pool
from nnbuild.graph.graph import Graph, Value
from nnbuild.lazy import np
from nnbuild.ops.op import map_tensors

#: Inputs and outputs of more bytes are read and written where they are, at the price of binding their steps each run:
#: AlexNet's first step for 16 images takes 8 ms to bind, their copy 2.
_INPUT_COPIED_UP_TO, _OUTPUT_COPIED_UP_TO = 1 << 26, 1 << 21

#: Bytes that weights in forms of their own may take, besides half of the largest input and output of a stage.
_PREPARED = 56 << 20

#: Elements of an input from which on several threads copy it.
_COPIED_TOGETHER = 1 << 17


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
        choice.economise(stages, _PREPARED + _largest_pair(stages) // 2)
        self.stages = chained(stages, self.results)
        self.fixed = self._fixed()
        self.layout = Layout(graph, self.stages, self.fixed)
        self.steps = [self._step(stage) for stage in self.stages]
        self._overwrite()
        self.spans = self._spans()
        self.bytes = placed(list(self.spans.values()))
        self._bind()

    def _fixed(self) -> set[Value]:
        """Large inputs and outputs, which are not copied."""
        computed = [value for value in self.results if isinstance(value, Value)]
        inputs = {value for value in self.graph.inputs if value.nbytes > _INPUT_COPIED_UP_TO}
        return inputs | {value for value in computed if value.nbytes > _OUTPUT_COPIED_UP_TO}

    # Choosing

    def _step(self, stage: Stage) -> Step:
        step = self._fast(stage)
        if step is None:
            step = plain.plain(stage, self.threads)
        step.macs = sum(node.macs or 0 for node in stage.nodes)
        return step

    def _fast(self, stage: Stage) -> Step | None:
        if stage.output.dtype not in ("float32", "float64"):
            return None
        if stage.kind in ("affine", "elementwise"):
            return elementwise.elementwise(stage, self.threads)
        if stage.kind == "linear" and dense.fits(stage) and not {stage.input, stage.output} & self.layout.last:
            return dense.linear(stage, self.threads)
        if is_channel_cat(stage) and stage.output in self.layout.last:
            return plain.joined(stage, self.layout)
        if is_view_op(stage):
            return plain.reshaped(stage, self.layout)
        if isinstance(stage, Chain):
            return chain(stage, self.threads)
        if windowed(stage):
            return choice.windowed(stage, self.threads)
        return None

    # Memory

    def _last_reads(self) -> dict[Value, int]:
        """The last step that reads the memory of each root; outputs are read after all."""
        reads: dict[Value, int] = {}
        for index, step in enumerate(self.steps):
            for value in (*step.reads, *step.outputs):
                reads[self.layout.root(value)] = index
        for value in self.results:
            if isinstance(value, Value):
                reads[self.layout.root(value)] = len(self.steps)
        return reads

    def _overwrite(self) -> None:
        """Let element-wise steps write over an input that nobody reads again."""
        layout = self.layout
        last = self._last_reads()
        for index, step in enumerate(self.steps):
            for value in step.inplace:
                root, output = layout.root(value), step.output
                if last[root] != index or root in self.fixed or output in self.fixed or output in layout.inside:
                    continue
                if root is value and (value in layout.last) == (output in layout.last) and value.dtype == output.dtype:
                    layout.views[output] = value
                    last[root] = last[output]
                    break

    def _spans(self) -> dict[Value, Span]:
        spans: dict[Value, Span] = {}
        last = self._last_reads()
        for value in self.graph.inputs:
            if value not in self.fixed:
                spans[value] = Span(value.nbytes, -1, last.get(value, -1))
        for index, step in enumerate(self.steps):
            for value in step.outputs:
                root = self.layout.root(value)
                if root not in spans and root not in self.fixed:
                    spans[root] = Span(root.nbytes, index, last[root])
        return spans

    def _arrays(self, block: np.ndarray, fixed: dict[Value, np.ndarray]) -> dict[Value, np.ndarray]:
        """The array of every value: a root's own, a view's or a part's in its root's."""
        arrays = dict(fixed)
        for root, span in self.spans.items():
            part = block[span.offset : span.offset + span.size].view(root.dtype)
            arrays[root] = part.reshape(self.layout.physical(root))

        def find(value: Value) -> np.ndarray | None:
            if value not in arrays:
                if value in self.layout.views:
                    source = find(self.layout.views[value])
                    if source is not None:
                        arrays[value] = source.reshape(self.layout.physical(value))
                elif value in self.layout.inside:
                    whole, offset = self.layout.inside[value]
                    source = find(whole)
                    if source is not None:
                        arrays[value] = source[..., offset : offset + value.shape[1]]
            return arrays.get(value)

        for step in self.steps:
            for value in (*step.reads, *step.outputs):
                find(value)
        return arrays

    def _scratch_sizes(self) -> list[int]:
        """Bytes of scratch that each thread needs, and of the shared one: found by binding all steps."""
        stand_ins = {value: np.empty(self.layout.physical(value), value.dtype) for value in self.fixed}
        scratch = [Scratch() for _ in range(self.threads + 1)]
        memory = Memory(self._arrays(self.block, stand_ins), self.layout.last, scratch[:-1], scratch[-1])
        for step in self.steps:
            step.bind(memory.fresh())
        return [each.most for each in scratch]

    def _bind(self) -> None:
        """Allocate the memory and bind all steps whose arrays stay the same."""
        self.block = np.empty(self.bytes, np.uint8)
        *self.scratch, self.shared = map(Scratch, self._scratch_sizes())
        self.memory = Memory(self._arrays(self.block, {}), self.layout.last, self.scratch, self.shared)
        self.bound: list[list[Phase] | None] = [
            None if self._is_loose(step) else step.bind(self.memory.fresh()) for step in self.steps
        ]
        self.program = _joined([phase for phases in self.bound if phases for phase in phases])

    def _is_loose(self, step: Step) -> bool:
        return any(self.layout.root(value) in self.fixed for value in (*step.reads, *step.outputs))

    def explain(self, *inputs: np.ndarray) -> list[Row]:
        """The steps as rows; with inputs, timed."""
        return explain(self, inputs or None)

    # Running

    def run(self, inputs: Sequence[np.ndarray], times: list[float] | None = None) -> Any:
        """The outputs for these arrays. Params: times, filled with the seconds of each step."""
        threads = pool()
        with threads.lock, np.errstate(all="ignore"), blas_on_one_thread():
            memory = self._filled(inputs)
            if times is None and not self.fixed:
                threads.run(self.program)
                return self._results(memory)
            for step, bound in zip(self.steps, self.bound, strict=True):
                begin = time.perf_counter()
                threads.run(step.bind(memory.fresh()) if bound is None else bound)
                if times is not None:
                    times.append(time.perf_counter() - begin)
            return self._results(memory)

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
        return Memory(self._arrays(self.block, fixed), self.layout.last, self.scratch, self.shared)

    def _results(self, memory: Memory) -> Any:
        """What forward returns: copies of the plan's memory, and large outputs as they are."""
        if self.results == [self.graph.result] and self.results[0] not in self.fixed:
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
