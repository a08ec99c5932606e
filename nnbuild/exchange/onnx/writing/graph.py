"""The graph that is written: nodes, tensors and their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.dtypes import NUMBERS
from nnbuild.exchange.onnx.package import package
from nnbuild.exchange.onnx.writing.sizes import Length, Size, Traces
from nnbuild.graph.graph import Node, Value
from nnbuild.lazy import np
from nnbuild.nn.parameter import StoredTensor
from nnbuild.ops.nests import is_tensor


class GraphWriter:
    """Collects nodes and tensors.

    Params: traces; keys, the names of the network's tensors by their identity; opset.
    `nodes`, messages; `stored`, the network's tensors by name; `constants`, arrays by name, of which `weights` stand
    for tensors of the network; `folded`, what is known of the network's own values without its inputs.
    """

    def __init__(self, traces: Traces, keys: dict[int, str], opset: int) -> None:
        self.traces = traces
        self.keys = keys
        self.opset = opset
        self.nodes: list[Any] = []
        self.stored: dict[str, Any] = {}
        self.constants: dict[str, np.ndarray] = {}
        self.weights: set[str] = set()
        self.folded: dict[int, np.ndarray] = {}
        self.names: dict[int, str] = {}
        self.named: dict[int, str] = {}  # arrays that stand for the network's own tensors
        self._known: dict[Any, str] = {}
        self._taken: set[str] = set(keys.values())
        self._path = ""
        self._fallback = ""
        self._node: Node | None = None
        self._axes: dict[str, str] = {}

    # Names

    def unused(self, name: str) -> str:
        """The name, with a number behind where it is taken."""
        found, count = name, 1
        while found in self._taken:
            found, count = f"{name}_{count}", count + 1
        self._taken.add(found)
        return found

    def start(self, node: Node) -> None:
        """What is emitted from here on belongs to this node."""
        self._node = node
        self._path = node.path

    def _node_name(self, operator: str) -> str:
        if not self._path:
            return self.unused(f"/{operator}")
        return self.unused(self._path) if self._path not in self._taken else self.unused(f"{self._path}/{operator}")

    # Tensors

    def name_of(self, tensor: Any) -> str:
        """The name of a tensor of the trace or the network, or of a new constant."""
        if isinstance(tensor, Value):
            if id(tensor) in self.folded:
                return self.constant(self.folded[id(tensor)])
            if id(tensor) not in self.names:
                raise SpecError(f"the tensor {tensor!r} is made by no step that is written")
            return self.names[id(tensor)]
        if isinstance(tensor, StoredTensor):
            name = self.keys.get(id(tensor))
            if name is None:
                return self.constant(tensor.data)
            self.stored[name] = tensor
            return name
        if id(tensor) in self.named:
            self.constants[self.named[id(tensor)]] = tensor
            self.weights.add(self.named[id(tensor)])
            return self.named[id(tensor)]
        return self.constant(np.asarray(tensor))

    def constant(self, array: np.ndarray) -> str:
        """The name of an initializer that holds the array; equal ones are one."""
        array = np.asarray(array, order="C")
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = self.unused(f"{self._path}/constant")
            self.constants[self._known[key]] = array
        return self._known[key]

    def keep(self, name: str, array: np.ndarray) -> str:
        """The name of a weight that is put together of the network's."""
        own = self.unused(name)
        self.constants[own] = array
        self.weights.add(own)
        return own

    def number(self, value: float, dtype: str) -> str:
        """A constant of one number."""
        return self.constant(np.asarray(value, dtype))

    def operand(self, value: Any, dtype: str) -> str:
        """A tensor or a number in this dtype."""
        if not is_tensor(value):
            return self.number(value, dtype)
        if id(value) in self.folded:
            return self.constant(self.folded[id(value)].astype(dtype))
        name = self.name_of(value)
        return name if str(value.dtype) == dtype else self.cast(name, dtype)

    def cast(self, name: str, dtype: str) -> str:
        """The tensor of this name in another dtype."""
        return str(self.emit("Cast", name, to=NUMBERS[dtype]))

    # Nodes

    def emit(self, operator: str, *inputs: str | None, outputs: int = 1, **attributes: Any) -> Any:
        """Add a node; the name of its output, or a list of them."""
        given = [name or "" for name in inputs]
        while given and not given[-1]:
            given.pop()
        label = self._node_name(operator)
        made = [self.unused(f"{label}_output" + (f"_{place}" if outputs > 1 else "")) for place in range(outputs)]
        settled = {name: value for name, value in attributes.items() if value is not None}
        self.nodes.append(package().helper.make_node(operator, given, made, label, **settled))
        return made if outputs > 1 else made[0]

    def filled(self, value: float, dtype: str, shape: str) -> str:
        """A tensor of one number. Params: shape, the name of its sizes."""
        fill = package().numpy_helper.from_array(np.array([value], dtype))
        return str(self.emit("ConstantOfShape", shape, value=fill))

    # Sizes

    def length(self, size: Length) -> str:
        """A size as a tensor of one element."""
        if isinstance(size, int):
            return self.constant(np.array([size], np.int64))
        terms = self.traces.terms(size)
        if terms is None:
            return self._measured(size)
        factors, rest = terms
        total: str | None = None
        for name, factor in factors.items():
            part = self._axis(name)
            if factor != 1:
                part = self.emit("Mul", part, self.constant(np.array([factor], np.int64)))
            total = part if total is None else self.emit("Add", total, part)
        assert total is not None
        return self.emit("Add", total, self.constant(np.array([rest], np.int64))) if rest else total

    def _axis(self, name: str) -> str:
        """A free axis of the inputs, measured where it comes in."""
        if name not in self._axes:
            axis = next(axis for axis in self.traces.axes if axis.name == name)
            value = self.traces.graphs[0].inputs[axis.input]
            self._axes[name] = self.measure(self.names[id(value)], axis.axis)
        return self._axes[name]

    def _measured(self, size: Size) -> str:
        """A size that is no sum of the inputs' axes: that of an axis of one of the node's tensors."""
        for value in self._node.inputs if self._node is not None else ():
            shape = self.traces.shape(value)
            if size in shape:
                return self.measure(self.name_of(value), shape.index(size))
        raise SpecError(
            "a size hangs on the free axes in a way that ONNX's shapes cannot say", hint="leave them out of --dynamic"
        )

    def measure(self, name: str, axis: int) -> str:
        """The size of an axis of a tensor, as a tensor of one element."""
        if self.opset >= 15:
            return str(self.emit("Shape", name, start=axis, end=axis + 1))
        return str(self.emit("Gather", self.emit("Shape", name), self.constant(np.array([axis], np.int64)), axis=0))

    def lengths(self, sizes: Sequence[Length]) -> str:
        """Sizes as a tensor of one axis."""
        if all(isinstance(size, int) for size in sizes):
            return self.constant(np.array(sizes, np.int64))
        parts = [self.length(size) for size in sizes]
        return parts[0] if len(parts) == 1 else self.emit("Concat", *parts, axis=0)

    def reshape(self, name: str, before: Sequence[Length], after: Sequence[Length]) -> str:
        """A tensor in another shape; sizes that follow from the input are left to ONNX."""
        if tuple(before) == tuple(after):
            return name
        wanted: list[Length] = []
        for place, size in enumerate(after):
            same = isinstance(size, Size) and place < len(before) and before[place] == size
            wanted.append(0 if same else size)
        open_places = [place for place, size in enumerate(wanted) if isinstance(size, Size)]
        zero = any(size == 0 for size in after)
        if len(open_places) == 1 and not zero:
            wanted[open_places[0]] = -1
        return str(self.emit("Reshape", name, self.lengths(wanted if not zero else list(after))))
