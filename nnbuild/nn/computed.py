"""Tensors of a module that are computed of its others: a weight that is normalised before every use.

Such a tensor is no Parameter. Whoever asks the module for it gets what ops make of the parameters at that moment; in a
trace these ops are recorded like all others.
"""

from __future__ import annotations

from typing import Any, ClassVar

#: The child below which a parametrised module keeps what its tensors are computed of.
PARAMETRIZATIONS = "parametrizations"


class Computed:
    """How one tensor of a module comes about; the module keeps it in `_computed` by the tensor's name."""

    #: What stands before the class in the printed module.
    prefix: ClassVar[str] = ""

    def value(self, module: Any) -> Any:
        """The tensor."""
        raise NotImplementedError

    def assign(self, module: Any, value: Any) -> None:
        """Set the tensors that it is computed of, so that it becomes this value."""
        raise NotImplementedError


def compute(module: Any, name: str, how: Computed) -> None:
    """From now on the module's tensor of this name is computed."""
    module.__dict__.setdefault("_computed", {})[name] = how


def forget(module: Any, name: str) -> None:
    """The tensor is no longer computed, and the module has none of this name."""
    del module.__dict__["_computed"][name]
