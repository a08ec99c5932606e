"""What is noticed of a model that changes after it was planned.

Noticed: a module, parameter or buffer put in, replaced or taken out; an option or a mode set; a hook; weights loaded;
`parameter.data` set; values changed in place: any in an array of up to 512, as biases and the statistics of a
normalisation mostly are, and in a larger one if one of some sixteen changes that are spread evenly over it, the last
among them. Not noticed: other single values changed in place; `Compiled.refresh()` takes those in.
"""

from __future__ import annotations

import operator

from nnbuild.lazy import np
from nnbuild.nn.module import Module
from nnbuild.ops.nests import array_of

_MEMBERS = ("_parameters", "_buffers", "_modules")
_HOOKS = ("_forward_hooks", "_forward_pre_hooks")
_LOOKED_AT, _WHOLE = 16, 512


class Watch:
    """A model as it was. `eager` says that it must run by itself: it is training, or hooks wait to be called.

    `holds` runs before each run of a plan: it loops in C (LeNet, 16 modules: 5 us; in Python it took 30).
    """

    def __init__(self, model: Module) -> None:
        states = [module.__dict__ for module in model.modules()]
        members = [state[name] for state in states for name in _MEMBERS]
        self.empty = [member for member in members if not member]
        self.present = [*states, *(member for member in members if member)]
        self.before = [dict(member) for member in self.present]
        self.hooks = [state[name] for state in states for name in _HOOKS]
        self.hooked = any(self.hooks)
        self.eager = self.hooked or any(state["training"] for state in states)
        self.tensors = [
            tensor for state in states for name in _MEMBERS[:2] for tensor in state[name].values() if tensor is not None
        ]
        self.look()

    def look(self) -> None:
        """Take the present values as those that were planned for."""
        stored = [tensor for tensor in self.tensors if hasattr(tensor, "is_materialized")]
        self.stored = stored
        self.arrays = [tensor.data if tensor.is_materialized else None for tensor in stored]
        arrays = [array_of(tensor) for tensor in self.tensors if getattr(tensor, "is_materialized", True)]
        self.looks = [_spread(array) for array in arrays]
        self.values = self._values()

    def _values(self) -> bytes:
        return b"".join(map(np.ndarray.tobytes, self.looks))

    def holds(self) -> bool:
        """Whether the model is as it was."""
        try:
            if any(self.empty) or not all(map(operator.eq, self.present, self.before)):
                return False
        except ValueError:  # an attribute is another array now, which has no one answer to ==
            return False
        same = map(operator.is_, map(_ARRAY, self.stored), self.arrays)
        return any(self.hooks) == self.hooked and all(same) and self.values == self._values()


_ARRAY = operator.attrgetter("_array")


def _spread(array: np.ndarray) -> np.ndarray:
    """A small array, or a view of a few elements evenly over it, the last among them; the corners of one with gaps."""
    if array.size <= _WHOLE:
        return array
    if not array.flags.c_contiguous:
        return array[tuple(slice(None, None, max(1, size - 1)) for size in array.shape)]
    return array.reshape(-1)[:: -max(1, array.size // _LOOKED_AT)]
