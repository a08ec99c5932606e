"""Running a network on inputs of any number: in batches, each result handed on and forgotten, so memory stays flat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from nnbuild import engine
from nnbuild.engine import compile
from nnbuild.engine.batches import batch_part
from nnbuild.engine.explain import StepRow
from nnbuild.errors import DataError, InputError, NnbuildError, ShapeError, suggestion
from nnbuild.formats.memory import available_memory, in_gigabytes
from nnbuild.graph.graph import Graph
from nnbuild.graph.liveness import peak_bytes
from nnbuild.graph.names import layer_names, result_names
from nnbuild.graph.samples import Samples
from nnbuild.graph.trace import trace
from nnbuild.nn.module import Module
from nnbuild.ops.nests import array_of, tensors_in
from nnbuild.ops.spec import TensorSpec
from nnbuild.runs.agreement import Agreement
from nnbuild.runs.inputs import Inputs
from nnbuild.words import listed

#: Takes a result's name and one batch of it.
Receiver = Callable[[str, np.ndarray], None]


class Inference:
    """How a run will go: the graph of one batch, how many samples a batch has, what will come out.

    Params: model; inputs; batch, samples at a time at most; save, paths of layers whose outputs are wanted too;
    threads, how many to use, the cores unless said.
    Raises: ShapeError, InputError before anything is computed.
    """

    def __init__(
        self, model: Module, inputs: Inputs, batch: int, save: Sequence[str] = (), threads: int | None = None
    ) -> None:
        self.model = model
        self.forward = compile(model, threads=threads)
        self.inputs = inputs
        self.batch = min(batch, inputs.samples)
        self.by_data: str | None = None  # why nothing is known of the run before it: what hangs on the data
        self.together: str | None = None  # why all samples run at once although there are more than `batch`
        try:
            self.graph = self._traced(self.batch)
        except DataError as error:
            self.by_data = str(error.message)
            self.batch, self.graph = inputs.samples, error.graph
        self._apart: Samples | None = None
        if not self.whole:
            self._divide()
        self.names = result_names(self.graph.result)
        self.save: list[str] = []
        self.save_layers(save)

    @property
    def whole(self) -> bool:
        """Whether all samples run at once."""
        return self.batch >= self.inputs.samples

    @property
    def samples(self) -> int:
        """The number of samples."""
        return self.inputs.samples

    def _divide(self) -> None:
        """Prove that batches of this size, and the last one of another, give what all samples give at once."""
        everything = self._traced(self.samples)
        self._apart = Samples(self.graph, everything)
        self.together = self._apart.why_together()
        if self.samples % self.batch and not self.together:
            self.together = self._why_not_less(self.samples % self.batch)
        if self.together:
            self.batch, self.graph = self.samples, everything

    def _why_not_less(self, count: int) -> str | None:
        """Why a batch of fewer samples may not be run apart."""
        try:
            return Samples(self.graph, self._traced(count)).why_together()
        except NnbuildError:
            return f"the network does not take {count}"

    def _traced(self, batch: int) -> Graph:
        shapes = [(batch, *source.shape[1:]) if self.inputs.batched else source.shape for source in self.inputs.sources]
        try:
            return trace(
                self.model,
                *(
                    TensorSpec(shape, str(source.dtype))
                    for shape, source in zip(shapes, self.inputs.sources, strict=True)
                ),
            )
        except ShapeError as error:
            given = ", ".join(
                f"{name} {source.shape} from {source.path}"
                for name, source in zip(self.inputs.names, self.inputs.sources, strict=True)
            )
            error.notes.append(f"the network's input is {given}")
            raise

    def save_layers(self, paths: Sequence[str]) -> None:
        """Want the outputs of these layers too: each must exist, run, and come batch by batch. Raises InputError."""
        known = {path: module for path, module in self.model.named_modules() if path}
        calls = {id(call.module): call for call in self.graph.calls()}
        for path in paths:
            if path not in known:
                raise InputError(
                    f"the network has no layer {path!r}",
                    hint=suggestion(path, known) or f"there are {listed(known, 8)}",
                )
            call = calls.get(id(known[path]))
            if call is None:
                raise InputError(f"the layer {path} does not run, so there is nothing to save")
            self._refuse_together(path, call.outputs)
        self.save = list(paths)

    def _refuse_together(self, path: str, outputs: list[Any]) -> None:
        reason = None if self.whole or self._apart is None else self._apart.why_together(outputs)
        if reason:
            raise InputError(
                f"the output of {path} has no batch axis in front: {reason}",
                hint=f"run all at once: --batch {self.samples}",
            )

    def check_memory(self) -> None:
        """Raises InputError if weights and activations need more memory than there is."""
        tensors = [*self.model.parameters(), *self.model.buffers()]
        weights = sum(map(_held, tensors))
        needed, free = weights + self._activations(), available_memory()
        if needed > free:
            raise InputError(
                f"the network needs at least {in_gigabytes(needed)} of memory, {in_gigabytes(weights)} of it for "
                f"{sum(tensor.numel() for tensor in tensors):,} weights, and {in_gigabytes(free)} are free",
                hint="a smaller --batch or network; `nnbuild summary` works at any size; --force tries all the same",
            )

    def _activations(self) -> int:
        """Bytes that live at once while a batch runs: of all its samples, or of as many as the engine takes at once."""
        count = None if self.save or self.by_data else batch_part(self.graph)
        if count is not None:
            part = self._traced(count)
            if Samples(self.graph, part).why_together() is None:
                ends = [*self.graph.inputs, *self.graph.outputs]
                return sum(value.nbytes for value in ends) + peak_bytes(part)
        return peak_bytes(self.graph)

    def run(self, receive: Receiver, advance: Callable[[int], None], warn: Callable[[str], None]) -> None:
        """Run all batches. Params: receive, gets every output and saved layer; advance, the samples done; warn."""
        warned = False
        agreement = Agreement(self.samples)

        def handed(name: str, array: np.ndarray) -> None:
            agreement.add(name, array)
            receive(name, array)

        for start in range(0, self.samples, self.batch):
            stop = min(start + self.batch, self.samples)
            arrays = self._batch(start, stop)
            if not warned:
                warned = _warn_of_nan(self.inputs.names, arrays, start, warn)
            agreement.begin(start, stop)
            result = self._forward(arrays, handed)
            self.names = self.names or result_names(result)
            for name, tensor in zip(result_names(result), tensors_in(result), strict=True):
                handed(name, array_of(tensor))
            agreement.end()
            advance(stop - start)

    def explain(self, timed: bool) -> list[StepRow]:
        """The steps of the first batch's run; none where the model itself runs. Params: timed, run them some times."""
        if self.save:
            return []
        arrays = self._batch(0, self.batch)
        plan = self.forward.plan(*arrays)
        if isinstance(plan, int):  # a large batch: the plan of its parts
            arrays = [array[:plan] for array in arrays]
            plan = self.forward.plan(*arrays)
        return plan.explain(*(arrays if timed else ())) if isinstance(plan, engine.Plan) else []

    def _batch(self, start: int, stop: int) -> list[np.ndarray]:
        if not self.inputs.batched:
            return [source.whole() for source in self.inputs.sources]
        return [source.part(start, stop) for source in self.inputs.sources]

    def _forward(self, arrays: list[np.ndarray], receive: Receiver) -> Any:
        """The network's result; what saved layers give is handed on meanwhile."""
        taken = set(self.names)
        with ExitStack() as hooks:
            for path in self.save:
                hooks.enter_context(self._saving(path, receive, taken))
            return self.forward(*arrays)

    def _saving(self, path: str, receive: Receiver, taken: set[str]) -> Any:
        """A hook that hands on what the layer gives, at once: a later layer may overwrite it in place."""
        calls = 0

        def hook(module: Module, args: Any, output: Any) -> None:
            nonlocal calls
            calls += 1
            names = layer_names(path if calls == 1 else f"{path}@{calls}", output, taken)  # @: it is called again
            taken.update(names)
            for name, tensor in zip(names, tensors_in(output), strict=True):
                receive(name, array_of(tensor))

        return self.model.get_submodule(path).register_forward_hook(hook)


def _held(tensor: Any) -> int:
    """The bytes that a parameter or buffer keeps: of a part of a larger array those of all of it."""
    base = tensor.data.base if tensor.is_materialized else None
    size: int = tensor.nbytes
    return max(size, base.nbytes) if isinstance(base, np.ndarray) else size


def _warn_of_nan(names: list[str], arrays: list[np.ndarray], start: int, warn: Callable[[str], None]) -> bool:
    for name, array in zip(names, arrays, strict=True):
        if array.dtype.kind in "fc" and not np.isfinite(array).all():
            sample = start + int(np.argmin(np.isfinite(array).reshape(len(array), -1).all(axis=1))) if array.ndim else 0
            kind = "NaN" if np.isnan(array).any() else "infinity"
            warn(f"warning: the input {name} holds {kind}, first in sample {sample}")
            return True
    return False
