"""Graph: the only description of a forward pass. Reports, receptive fields, memory, exports and the engine read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnbuild.errors import Mark
from nnbuild.lazy import np
from nnbuild.nn.module import Module
from nnbuild.nn.parameter import Parameter
from nnbuild.ops.nests import map_tensors, spec_of, tensors_in
from nnbuild.ops.op import Op
from nnbuild.ops.spec import TensorSpec


class Value(TensorSpec):
    """A tensor that flows through the graph: an input, or output `index` of the node `producer`.

    `base` is the tensor in whose memory it lies: of a view what it is a view of, of an op in place what it overwrote.
    """

    __slots__ = ("base", "index", "name", "producer")

    def __init__(self, spec: TensorSpec, name: str, producer: Node | None = None, index: int = 0) -> None:
        self.shape, self.dtype = spec.shape, spec.dtype
        self.name = name
        self.producer = producer
        self.index = index
        self.base: Value | None = None

    def known_values(self) -> np.ndarray | None:
        """The values of what ops make of numbers alone."""
        node = self.producer
        if node is None or node.parameters or node.ask("draws"):
            return None
        known = {value: value.known_values() for value in node.inputs}
        if any(values is None for values in known.values()):
            return None
        arguments = map_tensors(lambda tensor: known.get(tensor, tensor), node.arguments)
        results = node.op.compute([spec_of(value) for value in node.outputs], arguments) if node.returns_many else None
        one = node.op.compute(TensorSpec(self.shape, self.dtype), arguments) if results is None else results[self.index]
        return np.asarray(one)

    def __repr__(self) -> str:
        return f"%{self.name}: {self.dtype}{list(self.shape)}"


class Node:
    """One call of an op.

    Params: op; arguments, all of the op's by name, with Values, Parameters, Buffers and arrays in the tensors' places;
    outputs, the op's Values; call, the module call whose forward called the op, with its path and its mark in the spec.
    """

    def __init__(self, index: int, op: Op, arguments: dict[str, Any], call: Call) -> None:
        self.index = index
        self.op = op
        self.arguments = arguments
        self.call = call
        self.outputs: tuple[Value, ...] = ()
        self.returns_many = False

    @property
    def path(self) -> str:
        """The dotted name of the module whose forward called the op."""
        return self.call.path

    @property
    def inputs(self) -> list[Value]:
        """The Values among the arguments, in order."""
        return [tensor for tensor in tensors_in(self.arguments) if isinstance(tensor, Value)]

    @property
    def parameters(self) -> list[Parameter]:
        """The Parameters among the arguments."""
        return [tensor for tensor in tensors_in(self.arguments) if isinstance(tensor, Parameter)]

    @property
    def output(self) -> Value:
        """The first, and mostly the only, output."""
        return self.outputs[0]

    def ask(self, facet: str) -> Any:
        """A facet of the op for this call; None where the op does not state it."""
        return self.op.answer(facet, map_tensors(spec_of, self.arguments), self.output)

    def reaches(self, output: Value) -> dict[str, Any]:
        """What an element of this output sees of each tensor argument, in the words of `nnbuild.ops.reach`."""
        specs = map_tensors(spec_of, self.arguments)
        found: dict[str, Any] = self.op.answer("axes", specs, output, output.index)
        return found

    def called(self, by_place: bool = False) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """A call with these arguments, without what the op fixes: see `Signature.given`."""
        args, options = self.op.signature.given(self.arguments, by_place)
        return args, {name: value for name, value in options.items() if name not in self.op.fixed}

    @property
    def macs(self) -> int | None:
        """Multiply-adds, None where the op defines none."""
        macs: int | None = self.ask("macs")
        return macs

    def __repr__(self) -> str:
        return f"{', '.join(map(repr, self.outputs))} = {self.op.name}({self.inputs})"


class Call:
    """One call of a module: what it was given, what it gave, and the nodes and calls inside.

    Params: path, dotted name; module; parent, the call around it; again, whether the module was called before.
    """

    def __init__(self, path: str, module: Module, parent: Call | None, again: bool = False) -> None:
        self.path = path
        self.module = module
        self.parent = parent
        self.again = again
        self.inputs: list[TensorSpec] = []
        self.outputs: list[TensorSpec] = []
        self.nodes: list[Node] = []
        self.calls: list[Call] = []

    def all_nodes(self) -> Iterator[Node]:
        """The nodes of this call and of the calls inside."""
        yield from self.nodes
        for call in self.calls:
            yield from call.all_nodes()

    @property
    def macs(self) -> int | None:
        """Multiply-adds of all nodes inside; None if no op inside defines them."""
        counted = [macs for node in self.all_nodes() if (macs := node.macs) is not None]
        return sum(counted) if counted else None

    @property
    def mark(self) -> Mark | None:
        """The module's place in the spec."""
        return self.module.source.mark if self.module.source else None


class Graph:
    """A traced forward pass: `inputs`, then `nodes` in order, then `outputs`; `root` is the tree of module calls.

    `result` has the shape of what forward returned, with Values in the tensors' places.
    """

    def __init__(self, model: Module, inputs: list[Value], root: Call) -> None:
        self.model = model
        self.inputs = inputs
        self.root = root
        self.nodes: list[Node] = []
        self.result: Any = None

    @property
    def outputs(self) -> list[Value]:
        """The tensors that forward returned."""
        return tensors_in(self.result)

    @property
    def macs(self) -> int:
        """Multiply-adds of the whole pass, as far as they are defined."""
        return sum(node.macs or 0 for node in self.nodes)

    def calls(self) -> Iterator[Call]:
        """Every module call, the model's own first, depth first."""
        stack = [self.root]
        while stack:
            call = stack.pop()
            yield call
            stack.extend(reversed(call.calls))

    def __repr__(self) -> str:
        return "\n".join(
            [f"inputs {', '.join(map(repr, self.inputs))}", *map(repr, self.nodes), f"outputs {self.outputs}"]
        )
