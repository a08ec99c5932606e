"""weight_norm and spectral_norm around a layer: by themselves and behind `parametrizations.` in torch's present form,
behind `nn.utils.` in the form before.
"""

from __future__ import annotations

import inspect
from typing import Any

from nnbuild import limits
from nnbuild.errors import SpecError, suggestion
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.partials import is_layer_type

NORMS = ("weight_norm", "spectral_norm")


class AroundLayer:
    """A norm of `nn.utils`, or of `nn.utils.parametrizations`: given a layer, it gives the same layer back."""

    __slots__ = ("_present", "name")

    def __init__(self, name: str, present: bool) -> None:
        self.name = name
        self._present = present

    @property
    def described(self) -> str:
        return f"the function {self.name}"

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """The layer with its weight normed. Raises SpecError for a call that torch would not take."""
        from nnbuild.nn import utils

        norm = getattr(utils.parametrizations if self._present else utils, self.name)
        module, *options = args or [kwargs.pop("module", None)]
        if not hasattr(module, "_modules") or isinstance(module, type):
            wanted = f"{module.__name__}(...)" if is_layer_type(module) else f"{self.name}(Conv1d(1, 8, 3))"
            raise SpecError(f"{self.name} wants a layer first and gets {describe(module)}", hint=f"write {wanted}")
        return norm(module, **self._options(list(inspect.signature(norm).parameters)[1:], options, kwargs))

    def _options(self, names: list[str], given: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The options by name."""
        known = f"there are {', '.join(names)}"
        if len(given) > len(names):
            raise SpecError(f"{self.name} takes a layer and {len(names)} options, and gets {len(given)}", hint=known)
        options = dict(zip(names, given, strict=False))
        for key, value in kwargs.items():
            if key not in names:
                raise SpecError(f"{self.name} has no option {key!r}", hint=suggestion(key, names) or known)
            if key in options:
                raise SpecError(f"{self.name} gets {key} twice", hint=known)
            options[key] = value
        iterations = options.get("n_power_iterations", 1)
        if isinstance(iterations, int) and iterations > limits.MAX_POWER_ITERATIONS:
            raise SpecError(f"{self.name} of more than {limits.MAX_POWER_ITERATIONS:,} power iterations")
        return options


#: The norms by the prefix that they stand behind.
AROUND = {
    prefix: {name: AroundLayer(name, present) for name in NORMS}
    for prefix, present in (("utils", False), ("parametrizations", True))
}
