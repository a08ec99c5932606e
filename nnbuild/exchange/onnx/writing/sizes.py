"""Sizes that hang on the inputs' axes: the same number of several traces, as a sum of multiples of those axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nnbuild.errors import SpecError
from nnbuild.graph.graph import Graph
from nnbuild.lazy import np
from nnbuild.ops.nests import is_array, is_tensor, like

#: By how much each axis is larger in the trace that tells what hangs on it; then in the one that proves it.
_FURTHER, _PROOF = 1, 3


class Axis(NamedTuple):
    """A free axis of the inputs. Params: name; size, in the first trace; input, which, and axis of it."""

    name: str
    size: int
    input: int
    axis: int


class Size:
    """A number that is not the same in all traces. Params: values, one a trace."""

    def __init__(self, values: tuple[int, ...]) -> None:
        self.values = values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Size) and other.values == self.values

    def __hash__(self) -> int:
        return hash(self.values)

    def __repr__(self) -> str:
        return f"Size{self.values}"


#: A size in a shape that is to be written.
Length = int | Size


class Traces:
    """Graphs of one network: of the axes' sizes, of each axis larger alone, and of all larger, as a proof."""

    def __init__(self, graphs: Sequence[Graph], axes: Sequence[Axis]) -> None:
        self.graphs = list(graphs)
        self.axes = list(axes)
        first = self.graphs[0]
        for graph in self.graphs[1:]:
            if [node.op for node in graph.nodes] != [node.op for node in first.nodes]:
                names = ", ".join(axis.name for axis in axes)
                raise SpecError(
                    f"the steps of the network hang on the sizes of {names}", hint="leave the axis out of --dynamic"
                )
        self.shapes: dict[int, tuple[Length, ...]] = {}
        for values in zip(*(graph.inputs for graph in self.graphs), strict=True):
            self._note(values)
        for nodes in zip(*(graph.nodes for graph in self.graphs), strict=True):
            for values in zip(*(node.outputs for node in nodes), strict=True):
                self._note(values)

    def _note(self, values: Sequence[Any]) -> None:
        self.shapes[id(values[0])] = merged([tuple(value.shape) for value in values])

    @staticmethod
    def sizes(axes: Sequence[Axis]) -> list[dict[str, int]]:
        """The sizes of the axes in each trace that is wanted."""
        base = {axis.name: axis.size for axis in axes}
        larger = [base | {axis.name: axis.size + _FURTHER} for axis in axes]
        return [base, *larger, {name: size + _PROOF for name, size in base.items()}] if axes else [base]

    def shape(self, tensor: Any) -> tuple[Length, ...]:
        """The shape of a tensor, as far as it hangs on nothing in numbers."""
        return self.shapes.get(id(tensor), tuple(tensor.shape))

    def arguments(self, index: int) -> dict[str, Any]:
        """The arguments of a node, tensors of the first trace in their places, Sizes where the traces differ."""
        found: dict[str, Any] = merged([graph.nodes[index].arguments for graph in self.graphs])
        return found

    def terms(self, size: Size) -> tuple[dict[str, int], int] | None:
        """A size as multiples of axes and a rest; None where it is no such sum."""
        first, *others, proof = size.values
        factors: dict[str, int] = {}
        for axis, value in zip(self.axes, others, strict=True):
            if (value - first) % _FURTHER:
                return None
            if value != first:
                factors[axis.name] = (value - first) // _FURTHER
        rest = first - sum(factors.get(axis.name, 0) * axis.size for axis in self.axes)
        wanted = rest + sum(factors.get(axis.name, 0) * (axis.size + _PROOF) for axis in self.axes)
        return (factors, rest) if wanted == proof else None


def merged(values: Sequence[Any]) -> Any:
    """Several arguments that differ in numbers only as one, with Sizes there."""
    first = values[0]
    if is_array(first):
        if any(value.shape != first.shape or not np.array_equal(value, first, equal_nan=True) for value in values[1:]):
            raise SpecError("a constant of the network hangs on the sizes of its inputs", hint="state them as numbers")
        return first
    if isinstance(first, bool | str | float | type(None)) or is_tensor(first):
        return first
    if isinstance(first, int):
        return first if all(value == first for value in values) else Size(tuple(values))
    if isinstance(first, slice):
        return slice(*(merged([getattr(value, end) for value in values]) for end in ("start", "stop", "step")))
    if isinstance(first, Mapping):
        return {key: merged([value[key] for value in values]) for key in first}
    if isinstance(first, list | tuple):
        return like(first, [merged(items) for items in zip(*values, strict=True)])
    return first
