"""Rewrites: the nodes of a graph as stages, each a node with what is folded into it.

Constants are computed, what changes nothing is left out, a batch normalisation goes into the weights of the convolution
or linear map before it, and activations and sums into the stage whose result they work on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import prod
from typing import Any

from nnbuild.engine.finish import Finish, activation
from nnbuild.graph.graph import Graph, Node, Value
from nnbuild.lazy import np
from nnbuild.ops.op import array_of, is_tensor, map_tensors, tensors_in
from nnbuild.ops.window import Slide

_CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
_TRANSPOSED = ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
_WEIGHTED = (*_CONVOLUTIONS, *_TRANSPOSED, "linear")
_FLOATS = ("float32", "float64")
#: Stages that run their finishes on each strip of their result.
_FINISHING = (*_WEIGHTED, "affine", "elementwise")
_SAME = ("contiguous", "detach", "clone")


@dataclass
class Stage:
    """A node with what is folded into it. `kind` is the op's name, or "affine", "elementwise"."""

    nodes: list[Node]
    kind: str
    args: dict[str, Any]
    output: Value
    weight: np.ndarray | None = None  # (O, C/groups, *kernel), of a transposed convolution too
    before: list[Finish] = field(default_factory=list)  # done to the input
    finishes: list[Finish] = field(default_factory=list)  # done to the result
    folded: bool = False  # whether the weight is a copy already
    lean: bool = False  # whether its weight may not be kept in a larger form
    window: tuple[Slide, ...] | None = None  # in place of the node's own, for a strip of its rows

    @property
    def slides(self) -> tuple[Slide, ...]:
        """How its window moves over each axis."""
        return self.nodes[0].ask("window") if self.window is None else self.window

    @property
    def input(self) -> Value:
        """The first Value that the stage reads."""
        return self.reads[0]

    @property
    def reads(self) -> list[Value]:
        """Every Value that the stage reads."""
        own = [tensor for tensor in tensors_in(tuple(self.args.values())) if isinstance(tensor, Value)]
        return own + [finish.value for finish in self.finishes if finish.value is not None]


class Rewriter:
    """Makes the stages of a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.same: dict[Value, Value] = {}
        self.constants: dict[Value, np.ndarray] = {}
        self.stages: list[Stage] = []
        self.makers: dict[Value, Stage] = {}
        self.uses = Counter(value for node in graph.nodes for value in node.inputs)
        self.uses.update(graph.outputs)

    def run(self) -> list[Stage]:
        """All stages in order."""
        for node in self.graph.nodes:
            if not node.inputs or all(value in self.constants for value in node.inputs):
                self._fold(node)
            else:
                self._take(node)
        for stage in list(self.stages):
            if stage.kind in _CONVOLUTIONS and stage.weight is not None and stage.args["groups"] == 1:
                self._take_in(stage)
        return self.stages

    def _take_in(self, stage: Stage) -> None:
        """Let a convolution do to each strip of its input what the stage before it does to the whole."""
        before = self._alone(stage.args["input"], ("affine", "elementwise"))
        axes = len(stage.slides)
        if before is None or stage.output.dtype not in _FLOATS or before.output.ndim != axes + 2:
            return
        if any(finish.kind == "add" for finish in before.finishes) or not isinstance(before.args["input"], Value):
            return
        stage.before = before.finishes
        stage.args["input"] = before.args["input"]
        stage.nodes = [*stage.nodes[:1], *before.nodes, *stage.nodes[1:]]
        self.stages.remove(before)
        self._scale_later(stage)

    def _scale_later(self, stage: Stage) -> None:
        """relu(s*x + t) = s * relu(x + t/s) for s > 0, and the weight can hold s: one pass over the input less."""
        kinds = [finish.kind for finish in stage.before]
        if kinds != ["scale", "bias", "relu"] or stage.weight is None:
            return
        scale, shift = (finish.vector for finish in stage.before[:2])
        if scale.min() > 1e-3 * scale.max():
            stage.weight = stage.weight * scale.reshape(1, -1, *(1,) * (stage.weight.ndim - 2))
            stage.before = [Finish("bias", shift / scale), *stage.before[2:]]

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

    def _take(self, node: Node) -> None:
        args = self.settled(node.arguments)
        name, output = node.op.name, node.output
        if self._leave_out(name, args, node):
            return
        if (
            output.dtype in _FLOATS
            and not node.returns_many
            and (self._into_weights(name, args, node) or self._into_finish(name, args, node))
        ):
            return
        stage = Stage([node], name, args, output)
        if name in _WEIGHTED and is_tensor(args["weight"]) and not isinstance(args["weight"], Value):
            stage.weight = _outputs_first(name, array_of(args["weight"]), args)
            bias = args["bias"]
            if bias is not None and not isinstance(bias, Value):
                stage.finishes.append(Finish("bias", array_of(bias)))
        elif name == "batch_norm" and (factors := _factors(args)) is not None and output.dtype in _FLOATS:
            stage = Stage([node], "affine", {"input": args["input"]}, output)
            stage.finishes = [Finish("scale", factors[0]), Finish("bias", factors[1])]
        elif output.dtype in _FLOATS and not node.returns_many and (found := self._as_finish(name, args)) is not None:
            source, finish = found
            stage = Stage([node], "elementwise", {"input": source}, output, finishes=[finish])
        self._add(stage)

    def _add(self, stage: Stage) -> None:
        self.stages.append(stage)
        for value in stage.nodes[-1].outputs:
            self.makers[value] = stage

    def _leave_out(self, name: str, args: dict[str, Any], node: Node) -> bool:
        source: Any = args.get("input")
        if name in ("cat", "concat", "concatenate") and len(args["tensors"]) == 1:
            source = args["tensors"][0]
        elif name.startswith("adaptive_avg_pool"):
            if source.shape != node.output.shape:
                return False
        elif name not in _SAME:
            return False
        if not isinstance(source, Value) or source.dtype != node.output.dtype or source.shape != node.output.shape:
            return False
        self.same[node.output] = source
        self.uses[source] += self.uses[node.output] - 1
        return True

    def _alone(self, value: Any, kinds: tuple[str, ...]) -> Stage | None:
        """The stage that makes this value, if nothing else reads the value."""
        stage = self.makers.get(value) if isinstance(value, Value) and self.uses[value] == 1 else None
        return stage if stage is not None and stage.kind in kinds else None

    def _into_weights(self, name: str, args: dict[str, Any], node: Node) -> bool:
        if name != "batch_norm":
            return False
        stage = self._alone(args["input"], _WEIGHTED)
        factors = _factors(args)
        if stage is None or factors is None or stage.weight is None:
            return False
        if stage.kind == "linear" and node.output.ndim != 2:
            return False
        if any(finish.kind != "bias" for finish in stage.finishes):
            return False
        scale, shift = factors
        for finish in stage.finishes:
            shift = shift + finish.vector * scale
        stage.finishes = [Finish("bias", shift)]
        if _outweighs(stage.weight, node.output):
            stage.finishes.insert(0, Finish("scale", scale))
        else:
            stage.weight = stage.weight * scale.reshape(-1, *(1,) * (stage.weight.ndim - 1))
            stage.folded = True
        self._grow(stage, node)
        return True

    def _into_finish(self, name: str, args: dict[str, Any], node: Node) -> bool:
        found = self._as_finish(name, args)
        if found is None:
            return False
        candidates: list[tuple[Any, Finish]] = [(found[0], found[1])]
        if found[1].kind == "add":
            candidates.append((found[1].value, Finish("add", value=found[0])))
        stages = [(stage, finish) for value, finish in candidates if (stage := self._alone(value, _FINISHING))]
        if not stages:
            return False
        stage, finish = max(stages, key=lambda pair: self.stages.index(pair[0]))
        if finish.value is not None and not self._known_before(finish.value, stage):
            return False
        if stage.weight is None and stage.kind in _WEIGHTED:
            return False
        stage.finishes.append(finish)
        self._grow(stage, node)
        return True

    def _known_before(self, value: Value, stage: Stage) -> bool:
        maker = self.makers.get(value)
        return value is not stage.output and (maker is None or self.stages.index(maker) < self.stages.index(stage))

    def _grow(self, stage: Stage, node: Node) -> None:
        stage.nodes.append(node)
        stage.output = node.output
        self.makers[node.output] = stage

    def _as_finish(self, name: str, args: dict[str, Any]) -> tuple[Value, Finish] | None:
        """What an element-wise op does to its first tensor, as a Finish."""
        source = args.get("input")
        if not isinstance(source, Value) or source.dtype not in _FLOATS:
            return None
        if name == "add" and args.get("alpha", 1) == 1:
            other = args["other"]
            if isinstance(other, Value) and other.shape == source.shape and other.dtype == source.dtype:
                return source, Finish("add", value=other)
            return None
        finish = activation(name, args)
        return None if finish is None else (source, finish)


def _outweighs(weight: np.ndarray, output: Value) -> bool:
    """Whether a pass over the result costs less than a scaled copy of a weight that needs no other preparation."""
    return prod(weight.shape[2:]) == 1 and weight.size > 4 * output.numel()


def _plain(value: Value) -> Any:
    from nnbuild.ops.spec import TensorSpec

    return TensorSpec(value.shape, value.dtype)


def _outputs_first(name: str, weight: np.ndarray, args: dict[str, Any]) -> np.ndarray:
    """A weight with its output channels on the first axis: a transposed convolution's is (C, O/groups, *kernel)."""
    if name not in _TRANSPOSED:
        return weight
    groups, (inside, outside, *kernel) = args["groups"], weight.shape
    return weight.reshape(groups, -1, outside, *kernel).swapaxes(1, 2).reshape(-1, inside // groups, *kernel)


def _factors(args: dict[str, Any]) -> tuple[np.ndarray, np.ndarray] | None:
    """A batch normalisation outside training as a factor and a summand a channel."""
    tensors = [args[name] for name in ("running_mean", "running_var", "weight", "bias")]
    if args["training"] or any(isinstance(tensor, Value) for tensor in tensors):
        return None
    mean, var, weight, bias = (None if tensor is None else array_of(tensor) for tensor in tensors)
    if mean is None or var is None:
        return None
    dtype = args["input"].dtype
    scale = 1 / np.sqrt(var.astype(np.float64) + args["eps"])
    scale = scale if weight is None else scale * weight
    shift = -mean * scale
    return scale.astype(dtype), (shift if bias is None else shift + bias).astype(dtype)
