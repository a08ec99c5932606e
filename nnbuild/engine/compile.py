"""compile: a model as a function that plans once for each shape of inputs and then runs fast."""

from __future__ import annotations

import operator
import threading
from collections import OrderedDict
from typing import Any

from nnbuild.engine.batches import batch_part, runs_in_parts
from nnbuild.engine.plan import Plan
from nnbuild.engine.threads import most_threads, usable_cores
from nnbuild.engine.watch import Watch
from nnbuild.errors import DataError, NnbuildError, OptionError
from nnbuild.graph.trace import trace
from nnbuild.lazy import np
from nnbuild.nn.module import Module
from nnbuild.ops.nests import map_tensors, spec_of, tensors_in

#: Plans that are kept, each with its memory: the last used shapes.
_KEPT = 4


class Compiled:
    """A model that runs by plans. Call it as the model.

    In training mode, with hooks anywhere, where sizes hang on the data, and for inputs that are not float32 or float64
    arrays the model itself runs.
    A change of the model is noticed and planned for: see `nnbuild.engine.watch`. Runs from several threads take turns.
    """

    def __init__(self, model: Module, threads: int | None = None) -> None:
        self.model = model
        self.threads = _checked_threads(threads) or usable_cores()
        self._plans: OrderedDict[Any, Plan | int | None] = OrderedDict()
        self._lock = threading.Lock()
        self._watch: Watch | None = None

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        alone = len(inputs) == 1 and not options and isinstance(inputs[0], np.ndarray)
        arrays = inputs if alone else tensors_in((inputs, options))
        if not arrays or not all(
            isinstance(array, np.ndarray) and array.size and array.dtype != object for array in arrays
        ):
            return self.model(*inputs, **options)
        try:
            plan = self.plan(*inputs, **options)
            if plan is not None:
                return plan.run(arrays) if isinstance(plan, Plan) else self._in_parts(plan, inputs, options)
        except NnbuildError as error:
            if error.mark is None:
                self.model(*inputs, **options)  # fails too, and knows the line
            raise
        return self.model(*inputs, **options)

    def _in_parts(self, count: int, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """The result for a large batch, so many images at a time."""
        batch = tensors_in((inputs, options))[0].shape[0]
        results: list[np.ndarray] = []
        for start in range(0, batch, count):
            first = min(start, batch - count)  # the last part overlaps the one before: one plan serves all
            some = slice(first, first + count)
            args, named = map_tensors(operator.itemgetter(some), (inputs, options))
            part = self(*args, **named)
            found = tensors_in(part)
            results = results or [np.empty((batch, *array.shape[1:]), array.dtype) for array in found]
            for result, array in zip(results, found, strict=True):
                result[some] = array
        whole = iter(results)
        return map_tensors(lambda array: next(whole), part)

    def plan(self, *inputs: Any, **options: Any) -> Plan | int | None:
        """The plan for inputs of these shapes, arrays or TensorSpecs; None where the model runs eagerly.

        A number where the batch is large: it is run so many images at a time, by the plan for those.
        """
        with self._lock:
            if self._watch is None or not self._watch.holds():
                self._plans.clear()
                self._watch = Watch(self.model)
            if self._watch.eager:
                return None
            key = _key(inputs, options)
            if key not in self._plans:
                self._plans[key] = self._planned(inputs, options)
                self._watch.look()  # weights drawn only now are no change
                if len(self._plans) > _KEPT:
                    self._plans.popitem(last=False)
            self._plans.move_to_end(key)
            return self._plans[key]

    def _planned(self, inputs: tuple[Any, ...], options: dict[str, Any]) -> Plan | int | None:
        """As `plan` says; tensors without elements, and shapes that only data decides, are left to the ops."""
        try:
            graph = trace(self.model, *inputs, **options)
        except DataError:
            return None
        if not all(value.numel() for node in graph.nodes for value in (*node.inputs, *node.outputs)):
            return None
        count = batch_part(graph)
        whole = count is None or not runs_in_parts(self.model, graph, count, inputs, options)
        return Plan(graph, self.threads) if whole or count is None else count

    def refresh(self) -> None:
        """Forget all plans: after a change that is not noticed by itself."""
        with self._lock:
            self._plans.clear()
            self._watch = None


def _checked_threads(threads: int | None) -> int | None:
    if threads is not None and not 1 <= threads <= most_threads():
        raise OptionError(
            f"threads are 1 to {most_threads()}, 4 for each core that the process may use; got {threads}",
            option="threads",
        )
    return threads


def _key(inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    if not options and all(isinstance(array, np.ndarray) for array in inputs):
        return tuple((array.shape, array.dtype.char) for array in inputs)
    specs = [(spec.shape, spec.dtype) for spec in map(spec_of, tensors_in((inputs, options)))]
    return str(specs), _shape_of((inputs, options))


def _shape_of(value: Any) -> str:
    """The nesting of the arguments and what is not a tensor, as text."""
    return repr(map_tensors(lambda tensor: None, value))


def compile(model: Module, *inputs: Any, threads: int | None = None, **options: Any) -> Compiled:
    """A fast function for model(*inputs, **options).

    Params: inputs, arrays or TensorSpecs to plan for at once; other shapes are planned for when they come; threads,
    how many to use, the cores that the process may use unless said.
    """
    compiled = Compiled(model, threads)
    if inputs or options:
        compiled.plan(*inputs, **options)
    return compiled
