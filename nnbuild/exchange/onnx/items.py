"""A graph's nodes as items in order: layers, and other nodes; constants put aside and neighbours joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.body import NodeStep
from nnbuild.exchange.onnx.file import OnnxFile
from nnbuild.exchange.onnx.layers import layer_of
from nnbuild.exchange.onnx.made import Made, linear, transposed
from nnbuild.exchange.onnx.node import OnnxNode
from nnbuild.exchange.onnx.package import package
from nnbuild.exchange.onnx.parsing import Parser
from nnbuild.exchange.onnx.paths import Path, path_of_weight, scope_of
from nnbuild.exchange.onnx.tensors import StoredTensor
from nnbuild.ops.dtypes import is_floating


class Item:
    """A layer or a node of the graph, with the names that it takes and gives.

    Params: made, the layer, if it is one; step, the node's, if it is none; own, whether nnbuild wrote the file.
    `scope` is the path of the module that it stands in, None where nothing says it.
    """

    def __init__(
        self, node: OnnxNode, made: Made | None, step: NodeStep | None, inputs: Sequence[str], own: bool
    ) -> None:
        self.node = node
        self.made = made
        self.step = step
        self.inputs = [name for name in inputs if name]
        self.outputs = list(node.outputs)
        scope = scope_of(node, own)
        self.classes = scope.classes
        self.scope: Path | None = scope.path if own else scope.path or None
        self.path: Path = ()

    @property
    def weight_path(self) -> Path | None:
        """The path that its weights' names say."""
        paths = [path_of_weight(weight.name) for weight in (self.made.weights.values() if self.made else ())]
        return next((path for path in paths if path), None)


class GraphItems:
    """The main graph. `constants`, tensors of the file and of constant nodes, by name; `items` in order."""

    def __init__(self, file: OnnxFile) -> None:
        self.file = file
        self.parser = Parser(file)
        self.own = file.proto.producer_name == "nnbuild"
        graph = file.proto.graph
        self.literals: set[str] = set()  # names of tensors that are no weights
        self.constants: dict[str, StoredTensor] = {tensor.name: tensor for tensor in file.initializers()}
        if graph.sparse_initializer:
            raise SpecError(f"{file.name} holds sparse tensors, which nnbuild has not")
        self.constants |= {tensor.name: tensor for tensor in file.without_values()}
        self.inputs = [value for value in graph.input if value.name not in self.constants]
        self.outputs = [value.name for value in graph.output]
        nodes = [self.parser.node(proto, place) for place, proto in enumerate(graph.node)]
        self._check_order(nodes)
        self.ranks = _ranks(file)
        self.uses = Counter(name for node in nodes for name in node.inputs)
        self.uses.update(self.outputs)
        self.items = list(self._items(nodes))

    def _check_order(self, nodes: Sequence[OnnxNode]) -> None:
        """Each tensor is made once, and before it is used: so there is no circle."""
        known = {*self.constants, *(value.name for value in self.inputs)}
        made = {name for node in nodes for name in node.outputs if name}
        for node in nodes:
            for name in node.inputs:
                if name and name not in known:
                    reason = "made only later, or in a circle" if name in made else "made by no node"
                    raise self.parser.refusal(node, f"its input {name!r} is {reason}")
            for name in node.outputs:
                if name and name in known:
                    raise self.parser.refusal(node, f"its output {name!r} is made twice")
                known.add(name)
        for name in self.outputs:
            if name not in known:
                raise SpecError(f"{self.file.name}: the output {name!r} is made by no node")

    def _items(self, nodes: Sequence[OnnxNode]) -> Any:
        skipped: set[int] = set()
        for place, node in enumerate(nodes):
            if place in skipped or self._put_aside(node):
                continue
            joined = self._joined(nodes, place)
            if joined is not None:
                item, other = joined
                skipped.add(other)
                yield item
                continue
            made = layer_of(node, [self._held(name) for name in node.inputs], self.ranks.get(_first(node)))
            if made is not None:
                yield Item(node, made, None, [node.inputs[at] for at in made.places], self.own)
            else:
                step = self.parser.step(node)
                yield Item(node, None, step, step.inputs, self.own)

    def _held(self, name: str) -> StoredTensor | None:
        return self.constants.get(name)

    def _put_aside(self, node: OnnxNode) -> bool:
        """Whether the node only names or turns a constant: that is done where the constant is read."""
        if node.domain:
            return False
        if node.op == "Constant" and "value" in node.attributes:
            value = node.attributes["value"]
            self.literals.add(node.outputs[0])
            self.constants[node.outputs[0]] = StoredTensor(
                node.outputs[0], tuple(value.shape), str(value.dtype), lambda: value
            )
            return True
        held = self._held(_first(node))
        if held is None:
            return False
        if held.name in self.literals:
            self.literals.add(node.outputs[0])
        if node.op == "Identity":
            self.constants[node.outputs[0]] = held
            return True
        matrix = node.op == "Transpose" and len(held.shape) == 2 and node.get("perm", [1, 0]) == [1, 0]
        if matrix and is_floating(held.dtype):
            self.constants[node.outputs[0]] = transposed(held)
        return matrix and is_floating(held.dtype)

    def _joined(self, nodes: Sequence[OnnxNode], place: int) -> tuple[Item, int] | None:
        """A product with a matrix of the file and the sum with a bias as one Linear; the place of the sum."""
        node = nodes[place]
        weight = self._held(node.inputs[1]) if node.op == "MatMul" and not node.domain else None
        if weight is None or self._held(node.inputs[0]) is not None:
            return None
        if len(weight.shape) != 2 or not is_floating(weight.dtype):
            return None
        output = node.outputs[0]
        added = _following(nodes, place, output) if self.uses[output] == 1 else None
        if added is not None:
            other = nodes[added].inputs[1 - nodes[added].inputs.index(output)]
            bias = self._held(other)
            made = linear(transposed(weight), bias) if bias is not None and len(bias.shape) == 1 else None
            if made is not None:
                item = Item(node, made, None, [node.inputs[0]], self.own)
                item.outputs = list(nodes[added].outputs)
                return item, added
        made = linear(transposed(weight), None)
        return (Item(node, made, None, [node.inputs[0]], self.own), -1) if made is not None else None


def _first(node: OnnxNode) -> str:
    return node.inputs[0] if node.inputs else ""


def _following(nodes: Sequence[OnnxNode], place: int, name: str) -> int | None:
    """The place of the sum that takes this tensor, soon after."""
    for at in range(place + 1, min(place + 4, len(nodes))):
        if name in nodes[at].inputs:
            return at if nodes[at].op == "Add" and not nodes[at].domain and nodes[at].version >= 7 else None
    return None


def _ranks(file: OnnxFile) -> dict[str, int]:
    """The number of axes of each tensor, as far as ONNX can tell."""
    onnx = package()
    try:
        inferred = onnx.shape_inference.infer_shapes(file.proto)
    except Exception:  # whatever is wrong with it is said where it is met
        inferred = file.proto
    found = {}
    for value in (*inferred.graph.value_info, *inferred.graph.input, *inferred.graph.output):
        kind = value.type.tensor_type
        if value.type.HasField("tensor_type") and kind.HasField("shape"):
            found[value.name] = len(kind.shape.dim)
    return found
