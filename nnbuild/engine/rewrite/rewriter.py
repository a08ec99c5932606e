"""Rewriter: the stages of a graph.

Constants are computed, what changes nothing is left out, a batch normalisation goes into the weights of the convolution
or linear map before it, and activations and sums into the stage whose result they work on.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from nnbuild.engine.blame import blaming
from nnbuild.engine.op_facts import same_as
from nnbuild.engine.rewrite.activation import as_activation
from nnbuild.engine.rewrite.before import take_in
from nnbuild.engine.rewrite.finish import Add, Bias, Finish, Scale
from nnbuild.engine.rewrite.normalization import factors, into_weight
from nnbuild.engine.rewrite.stage import FLOATS, Kind, Stage
from nnbuild.engine.rewrite.weight import WEIGHTED, give_weight
from nnbuild.graph.graph import Graph, Node, Value
from nnbuild.lazy import np
from nnbuild.ops.arithmetic import add
from nnbuild.ops.convolution import conv
from nnbuild.ops.nests import map_tensors
from nnbuild.ops.normalization import batch_norm
from nnbuild.ops.op import Op
from nnbuild.ops.products import linear
from nnbuild.ops.spec import TensorSpec

#: Stages that run their finishes on each strip of their result.
_FINISHING = (*WEIGHTED, Kind.ELEMENTWISE)


class Rewriter:
    """Makes the stages of a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.same: dict[Value, Value] = {}
        self.constants: dict[Value, np.ndarray] = {}
        self.stages: list[Stage] = []
        self._places: dict[int, int] = {}  # of the stages in the list, by their ids
        self.makers: dict[Value, Stage] = {}
        self.uses = Counter(value for node in graph.nodes for value in node.inputs)
        self.uses.update(value for value in graph.outputs if isinstance(value, Value))
        self.unread = self.uses.copy()

    def run(self) -> list[Stage]:
        """All stages in order."""
        for node in self.graph.nodes:
            with blaming([node]):
                if not node.inputs or all(value in self.constants for value in node.inputs):
                    self._fold(node)
                else:
                    self._take(node)
        taken: set[int] = set()
        for stage in self.stages:
            if stage.kind is conv:
                before = self._alone(stage.args["input"], (Kind.ELEMENTWISE,))
                if before is not None and take_in(stage, before):
                    taken.add(id(before))
        self.stages = [stage for stage in self.stages if id(stage) not in taken]
        return self.stages

    def settled(self, value: Any) -> Any:
        """Arguments with left-out values replaced by their sources, and constants by their arrays."""

        def replaced(tensor: Any) -> Any:
            tensor = self.latest(tensor)
            return self.constants.get(tensor, tensor) if isinstance(tensor, Value) else tensor

        return map_tensors(replaced, value)

    def latest(self, tensor: Any) -> Any:
        """The value that stands for this one."""
        while isinstance(tensor, Value) and tensor in self.same:
            tensor = self.same[tensor]
        return tensor

    def _fold(self, node: Node) -> None:
        outputs = tuple(map(_plain, node.outputs)) if node.returns_many else _plain(node.output)
        results = node.op.compute(outputs, self.settled(node.arguments))
        for value, array in zip(node.outputs, results if node.returns_many else [results], strict=True):
            self.constants[value] = array
        for value in node.inputs:
            self.unread[value] -= 1
            if not self.unread[value]:
                del self.constants[value]

    def _take(self, node: Node) -> None:
        args = self.settled(node.arguments)
        if self._leave_out(args, node):
            return
        if node.output.dtype not in FLOATS or node.returns_many:
            self._add(Stage([node], node.op.family, args, node.output))
        elif not self._into_weights(args, node) and not self._into_finish(args, node):
            self._add(_made(args, node))

    def _add(self, stage: Stage) -> None:
        self._places[id(stage)] = len(self.stages)
        self.stages.append(stage)
        for value in stage.nodes[-1].outputs:
            self.makers[value] = stage

    def _leave_out(self, args: dict[str, Any], node: Node) -> bool:
        source = same_as(node, args)
        if not isinstance(source, Value) or source.dtype != node.output.dtype or source.shape != node.output.shape:
            return False
        self.same[node.output] = source
        self.uses[source] += self.uses[node.output] - 1
        return True

    def _alone(self, value: Any, kinds: tuple[Op | Kind, ...]) -> Stage | None:
        """The stage that makes this value, if nothing else reads the value."""
        stage = self.makers.get(value) if isinstance(value, Value) and self.uses[value] == 1 else None
        return stage if stage is not None and stage.kind in kinds else None

    def _into_weights(self, args: dict[str, Any], node: Node) -> bool:
        if node.op.family is not batch_norm:
            return False
        stage = self._alone(args["input"], WEIGHTED)
        found = factors(args)
        if stage is None or found is None or stage.weight is None:
            return False
        if stage.kind is linear and node.output.ndim != 2:
            return False
        if not all(isinstance(finish, Bias) for finish in stage.finishes):
            return False
        into_weight(stage, *found, node.output)
        self._grow(stage, node)
        return True

    def _into_finish(self, args: dict[str, Any], node: Node) -> bool:
        found = _as_finish(node.op.family, args)
        if found is None:
            return False
        candidates = [found]
        if isinstance(found[1], Add):
            candidates.append((found[1].value, Add(found[0])))
        stages = [(stage, finish) for value, finish in candidates if (stage := self._alone(value, _FINISHING))]
        if not stages:
            return False
        stage, finish = max(stages, key=lambda pair: self._places[id(pair[0])])
        if finish.value is not None and not self._known_before(finish.value, stage):
            return False
        if stage.weight is None and stage.kind in WEIGHTED:
            return False
        stage.finishes.append(finish)
        self._grow(stage, node)
        return True

    def _known_before(self, value: Value, stage: Stage) -> bool:
        maker = self.makers.get(value)
        return value is not stage.output and (maker is None or self._places[id(maker)] < self._places[id(stage)])

    def _grow(self, stage: Stage, node: Node) -> None:
        stage.nodes.append(node)
        stage.output = node.output
        self.makers[node.output] = stage


def _made(args: dict[str, Any], node: Node) -> Stage:
    """The stage of a node that goes into no other."""
    op = node.op.family
    stage = Stage([node], op, args, node.output)
    if op in WEIGHTED:
        give_weight(stage)
    elif op is batch_norm and (found := factors(args)) is not None:
        stage.kind, stage.args = Kind.ELEMENTWISE, {"input": args["input"]}
        stage.finishes = [Scale(found[0]), Bias(found[1])]
    elif (finish := _as_finish(op, args)) is not None:
        stage.kind, stage.args, stage.finishes = Kind.ELEMENTWISE, {"input": finish[0]}, [finish[1]]
    return stage


def _as_finish(op: Op, args: dict[str, Any]) -> tuple[Value, Finish] | None:
    """What an element-wise op does to its first tensor, as a Finish."""
    source = args.get("input")
    if not isinstance(source, Value) or source.dtype not in FLOATS:
        return None
    if op is not add:
        finish = as_activation(op, args)
        return None if finish is None else (source, finish)
    other = args["other"]
    if args["alpha"] == 1 and isinstance(other, Value) and other.shape == source.shape and other.dtype == source.dtype:
        return source, Add(other)
    return None


def _plain(value: Value) -> TensorSpec:
    return TensorSpec(value.shape, value.dtype)
