"""Tracing: run a model's forward once on shapes, and keep every op call as a Graph."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from nnbuild.budget import charge, spending
from nnbuild.errors import BudgetError, NnbuildError, ShapeError
from nnbuild.graph.aliases import Aliases
from nnbuild.graph.graph import Call, Graph, Node, Value
from nnbuild.limits import MAX_GRAPH_NODES, STEPS_A_CALL, STEPS_A_NODE
from nnbuild.nn.module import Module
from nnbuild.ops.nests import map_tensors, spec_of, tensors_in
from nnbuild.ops.op import Op, recorder
from nnbuild.ops.reach import REORDERED
from nnbuild.ops.spec import TensorSpec


class Tracer:
    """The Recorder of one trace."""

    def __init__(self, model: Module, inputs: list[Value]) -> None:
        self.paths = {id(module): path for path, module in reversed(list(model.named_modules()))}
        self.graph = Graph(model, inputs, Call("", model, None))
        self.current: Call | None = None
        self.called: set[int] = set()
        self.overwritten: dict[Value, Value] = {}
        self.arrays: dict[int, tuple[Any, Any]] = {}
        self.aliases = Aliases()

    def record(self, op: Op, arguments: dict[str, Any], outputs: Any) -> Any:
        """Append a node; its outputs become Values."""
        call = self.current or self.graph.root
        self._charge(outputs)
        node = Node(len(self.graph.nodes), op, self.settled(arguments), call)
        specs = [outputs] if isinstance(outputs, TensorSpec) else list(outputs)
        node.returns_many = not isinstance(outputs, TensorSpec)
        node.outputs = tuple(
            Value(spec, str(node.index) if len(specs) == 1 else f"{node.index}.{index}", node, index)
            for index, spec in enumerate(specs)
        )
        self.graph.nodes.append(node)
        call.nodes.append(node)
        self.aliases.note(node)
        if not node.returns_many:
            return node.output
        return type(outputs)(*node.outputs) if hasattr(outputs, "_fields") else type(outputs)(node.outputs)

    def _charge(self, outputs: Any) -> None:
        if len(self.graph.nodes) >= MAX_GRAPH_NODES:
            raise BudgetError(f"a network of more than {MAX_GRAPH_NODES:,} ops", hint="repeat less")
        charge(STEPS_A_NODE if isinstance(outputs, TensorSpec) else STEPS_A_NODE + 4 * len(outputs))

    def overwrite(self, old: Any, new: Any) -> None:
        """An op worked in place: who asks for the old value from here on gets the new one."""
        given, old = old, self._latest(old)
        for tensor in (given, old):
            if isinstance(tensor, Value):
                self.overwritten[tensor] = new
            else:  # an array, which is no key; it is kept so that its id stays its own
                self.arrays[id(tensor)] = tensor, new
        if isinstance(old, Value):
            self.aliases.spoil(old, new)
            new.base = old

    def changed(self, arrays: list[Any]) -> bool:
        """Whether an op has put a value in the place of one of these arrays."""
        return bool(self.arrays) and any(id(array) in self.arrays for array in arrays)

    def settled(self, value: Any) -> Any:
        """The value with overwritten tensors replaced by what they hold now."""
        return map_tensors(self._latest, value) if self.overwritten or self.arrays else value

    def _latest(self, tensor: Any) -> Any:
        if id(tensor) in self.arrays:
            tensor = self.arrays[id(tensor)][1]
        while isinstance(tensor, Value) and tensor in self.overwritten:
            tensor = self.overwritten[tensor]
        if isinstance(tensor, Value):
            self.aliases.check(tensor)
        return tensor

    def call(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run a module's forward as a Call below the current one."""
        charge(STEPS_A_CALL)
        parent = self.current
        if parent is None:
            call = self.graph.root
        else:
            path = self.paths.get(id(module), "")
            call = Call(path, module, parent, again=id(module) in self.called)
            parent.calls.append(call)
        self.called.add(id(module))
        call.inputs = tensors_in((args, kwargs))
        self.current = call
        try:
            result = self.settled(module._checked_forward(args, kwargs))
        except ShapeError as error:
            if not error.notes and call.inputs and not call.calls:
                error.notes += _origin(call.inputs[0])
            raise
        except NnbuildError as error:
            if error.given is not None and not error.hint:
                _explain(error)
            raise
        finally:
            self.current = parent
        call.outputs = tensors_in(result)
        return result


def _origin(value: TensorSpec) -> list[str]:
    """'its input comes from features.pool2: (1, 16, 6, 6), flattened to 16*6*6 = 576'."""
    if not isinstance(value, Value):
        return []
    story = ""
    while (before := _reshaped(value)) is not None:
        kept = 0
        while kept < min(before.ndim, value.ndim) - 1 and before.shape[kept] == value.shape[kept]:
            kept += 1
        if value.ndim == kept + 1 and before.ndim > value.ndim:
            story = f", flattened to {'*'.join(map(str, before.shape[kept:]))} = {value.shape[-1]}" + story
        else:
            story = f", then reshaped to {value.shape}" + story
        value = before
    producer = value.producer
    if producer is None:
        name = "" if value.name == "input" else f" {value.name}"
        return [f"its input is the network's input{name}: {value.shape}{story}"]
    return [f"its input comes from {producer.path or producer.op.name}: {value.shape}{story}"]


def _explain(error: NnbuildError) -> None:
    """Say of several tensors in one's place who gave them: 'LSTM gives (output, (h, c))', and what to write."""
    makers = _makers(tensors_in(error.given))
    if not makers:
        error.hint = "name the tensor that goes on, in a forward"
        return
    inner, outer = makers[0], makers[-1]
    names = getattr(inner.module, "gives", "") or f"{len(inner.outputs)} tensors"
    place = f", at {inner.path}" if inner.path else ""
    error.notes.append(f"{type(inner.module).__name__} gives {names}{place}")
    first = names[1:].partition(",")[0] if names.startswith("(") else "y"
    name = outer.path.rpartition(".")[2]
    name = name if name.isidentifier() else type(outer.module).__name__.lower()
    error.hint = f"name what goes on: write a forward, e.g. {first}, _ = {name}(x)"


def _makers(tensors: list[Any]) -> list[Call]:
    """The calls that gave just these tensors, from the innermost on."""
    producer = tensors[0].producer if tensors and isinstance(tensors[0], Value) else None
    call, found = producer.call if producer else None, []
    while call is not None:
        if [id(tensor) for tensor in call.outputs] == [id(tensor) for tensor in tensors]:
            found.append(call)
        call = call.parent
    return found


def _reshaped(value: Value) -> Value | None:
    """The tensor with the same elements in the same order that this is made of."""
    node = value.producer
    if node is None or len(node.inputs) != 1 or REORDERED not in node.reaches(value).values():
        return None
    return node.inputs[0]


def trace(model: Module, *inputs: Any, **options: Any) -> Graph:
    """The Graph of `model(*inputs, **options)`.

    Inputs are TensorSpecs, arrays (only their shape and dtype are used) or nests of them; other values are passed on.
    Hooks do not run, and no weight is made. Raises ShapeError or SpecError where the forward pass does not fit; the
    error's `graph` holds the calls up to there.
    """
    return traced_by(Tracer, model, inputs, options)


def traced_by(tracer_type: type[Tracer], model: Module, inputs: tuple[Any, ...], options: dict[str, Any]) -> Graph:
    """The Graph as a recorder of this type makes it."""
    values: list[Value] = []

    def value(tensor: Any) -> Value:
        values.append(Value(spec_of(tensor), names[len(values)]))
        return values[-1]

    count = len(tensors_in((inputs, options)))
    known = getattr(model, "input_names", ())
    names = known if len(known) == count else ["input"] if count == 1 else [f"input{index}" for index in range(count)]
    args, kwargs = map_tensors(value, inputs), map_tensors(value, options)
    tracer = tracer_type(model, values)
    token = recorder.set(tracer)
    try:
        with spending(f"the trace of {type(model).__name__}") if hasattr(model, "definition") else nullcontext():
            tracer.graph.result = model(*args, **kwargs)
    except NnbuildError as error:
        error.graph = tracer.graph
        raise
    finally:
        recorder.reset(token)
    return tracer.graph
