"""What a trace goes on with behind an op whose sizes do not fit, and how far its sizes are guessed.

A guessed size must not make a mistake of its own. So every tensor that is made of guessed ones is looked at again with
those sizes larger: the axes of the result that change are guessed as well, and the others are certain.
"""

from __future__ import annotations

from typing import Any

from nnbuild.errors import NnbuildError
from nnbuild.graph.graph import Value
from nnbuild.ops.nests import map_tensors, spec_of, tensors_in
from nnbuild.ops.op import Op
from nnbuild.ops.spec import TensorSpec

_MORE = 1009  # further than any stride of a window, so that no rounding hides the change


class Guesses:
    """The tensors of one trace with guessed sizes: their axes."""

    def __init__(self) -> None:
        self._axes: dict[Value, frozenset[int]] = {}

    def __bool__(self) -> bool:
        return bool(self._axes)

    def of(self, tensor: Any) -> frozenset[int]:
        """The axes of the tensor whose sizes are guessed."""
        return self._axes.get(tensor, frozenset()) if isinstance(tensor, Value) else frozenset()

    def any_in(self, nest: Any) -> bool:
        """Whether a tensor of the nest has a guessed size."""
        return any(map(self.of, tensors_in(nest)))

    def stand_in(self, tensor: TensorSpec) -> Value:
        """A tensor for what could not be had: as large as this one, of which the batch alone is certain."""
        return self.note(Value(TensorSpec(tensor.shape, tensor.dtype), ""), range(1, tensor.ndim))

    def note(self, value: Value, axes: Any) -> Value:
        """Remember that these axes of the value are guessed."""
        self._axes[value] = frozenset(axes)
        return value

    def pass_on(self, op: Op, arguments: dict[str, Any], outputs: list[Value]) -> None:
        """Remember which axes of an op's outputs follow from guessed ones of its arguments."""
        if not self._axes or not self.any_in(arguments):
            return
        try:
            larger = tensors_in(op.answer("shape", map_tensors(self._larger, arguments)))
        except NnbuildError:
            larger = []
        if [other.ndim for other in larger] != [output.ndim for output in outputs]:
            for output in outputs:
                self.note(output, range(output.ndim))
            return
        for output, other in zip(outputs, larger, strict=True):
            self.note(output, [axis for axis in range(output.ndim) if other.shape[axis] != output.shape[axis]])

    def _larger(self, tensor: Any) -> TensorSpec:
        spec, guessed = spec_of(tensor), self.of(tensor)
        return TensorSpec(tuple(size + _MORE * (axis in guessed) for axis, size in enumerate(spec.shape)), spec.dtype)
