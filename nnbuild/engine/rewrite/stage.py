"""Stage: a node of the graph with what is folded into it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from nnbuild.engine.rewrite.finish import Finish
from nnbuild.graph.graph import Node, Value
from nnbuild.lazy import np
from nnbuild.ops.nests import tensors_in
from nnbuild.ops.op import Op
from nnbuild.ops.window import Slide

#: The dtypes that fast forms compute in.
FLOATS = ("float32", "float64")


class Kind(Enum):
    """What a stage is that no longer is one op."""

    ELEMENTWISE = auto()  # what its finishes make of its input
    CHAIN = auto()  # several stages, see `nnbuild.engine.sliding.strip_chain`


@dataclass(eq=False)
class Stage:
    """A node with what is folded into it. `kind` is the op, a member of a family standing for all of it, or a Kind."""

    nodes: list[Node]
    kind: Op | Kind
    args: dict[str, Any]
    output: Value
    weight: np.ndarray | None = None  # (O, C/groups, *kernel), of a transposed convolution too
    before: list[Finish] = field(default_factory=list)  # done to the input
    finishes: list[Finish] = field(default_factory=list)  # done to the result
    folded: bool = False  # whether the weight is a copy already
    lean: bool = False  # whether its weight may not be kept in a larger form
    window: tuple[Slide, ...] | None = None  # the node's own, or that of a strip of its rows

    @property
    def slides(self) -> tuple[Slide, ...]:
        """How its window moves over each axis."""
        if self.window is None:
            self.window = self.nodes[0].ask("window")
            assert self.window is not None
        return self.window

    @property
    def is_float(self) -> bool:
        """Whether it makes numbers that fast forms compute."""
        return self.output.dtype in FLOATS

    @property
    def input(self) -> Value:
        """The first Value that the stage reads."""
        return self.reads[0]

    @property
    def reads(self) -> list[Value]:
        """Every Value that the stage reads."""
        own = [tensor for tensor in tensors_in(tuple(self.args.values())) if isinstance(tensor, Value)]
        return own + [finish.value for finish in self.finishes if finish.value is not None]
