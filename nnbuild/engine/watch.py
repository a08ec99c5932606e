"""What is noticed of a model that changes after it was planned.

Noticed: a module, parameter or buffer put in, replaced or taken out; an option or a mode set; a hook; weights loaded;
`parameter.data` set; values changed in place, if one of sixteen evenly spread over the array changes, the first and
the last among them. Not noticed: other single values changed in place; `Compiled.refresh()` takes those in.
"""

from __future__ import annotations

from typing import Any

from nnbuild.lazy import np
from nnbuild.nn.module import Module
from nnbuild.ops.op import array_of

_MEMBERS = ("_parameters", "_buffers", "_modules")
_HOOKS = ("_forward_hooks", "_forward_pre_hooks")
_LOOKED_AT = 16


class Watch:
    """A model as it was. `eager` says that it must run by itself: it is training, or hooks wait to be called."""

    def __init__(self, model: Module) -> None:
        self.modules: list[tuple[dict[str, Any], dict[str, Any], tuple[Any, ...], tuple[int, ...]]] = []
        self.tensors: list[Any] = []
        self.eager = False
        for module in model.modules():
            state = module.__dict__
            members = tuple(state[name] for name in _MEMBERS)
            self.modules.append((state, dict(state), members, _identities(members)))
            self.tensors += [tensor for name in _MEMBERS[:2] for tensor in state[name].values() if tensor is not None]
            hooked = any(state[name] for name in _HOOKS)
            self.eager = self.eager or module.training or hooked
        self.hooks = [state[name] for state, *_ in self.modules for name in _HOOKS]
        self.hooked = any(self.hooks)
        self.look()

    def look(self) -> None:
        """Take the present values as those that were planned for."""
        self.known = [tensor for tensor in self.tensors if getattr(tensor, "is_materialized", True)]
        self.lazy = [tensor for tensor in self.tensors if not getattr(tensor, "is_materialized", True)]
        self.arrays = [array_of(tensor) for tensor in self.known]
        self.looks = [look for array in self.arrays for look in _spread(array)]
        self.values = b"".join([look.tobytes() for look in self.looks])

    def holds(self) -> bool:
        """Whether the model is as it was."""
        if any(self.hooks) != self.hooked:
            return False
        try:
            for state, before, members, identities in self.modules:
                if state != before or _identities(members) != identities:
                    return False
        except ValueError:  # an attribute is another array now
            return False
        if any(tensor.is_materialized for tensor in self.lazy):
            return False
        for tensor, array in zip(self.known, self.arrays, strict=True):
            if tensor is not array and tensor._array is not array:
                return False
        return self.values == b"".join([look.tobytes() for look in self.looks])


def _identities(members: tuple[Any, ...]) -> tuple[int, ...]:
    parameters, buffers, modules = members
    return (*map(id, parameters.values()), *map(id, buffers.values()), *map(id, modules.values()))


def _spread(array: np.ndarray) -> list[np.ndarray]:
    """Views of a few elements evenly over the array, and of the last; of the corners, where it has gaps."""
    if not array.flags.c_contiguous:
        return [array[tuple(slice(None, None, max(1, size - 1)) for size in array.shape)]]
    flat = array.reshape(-1)
    return [flat[:: max(1, flat.size // _LOOKED_AT)], flat[-1:]]
