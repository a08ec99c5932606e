"""`requires_grad_`: what is not trained."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import SpecError
from nnbuild.spec.language import tensors
from nnbuild.spec.language.describe import describe


def freezing(receiver: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """receiver.requires_grad_(...): a layer's parameters, or one parameter; other tensors have no gradient anyway."""
    (given,) = args if len(args) == 1 and not kwargs else (kwargs.get("requires_grad", True),)
    if len(args) > 1 or (args and kwargs) or set(kwargs) - {"requires_grad"} or not isinstance(given, bool):
        raise SpecError("requires_grad_ takes true or false", hint="as in requires_grad_(False)")
    if hasattr(receiver, "requires_grad_") and not isinstance(receiver, type):
        return receiver.requires_grad_(given)
    if tensors.is_tensor(receiver):
        return receiver
    raise SpecError(f"{describe(receiver)} has no requires_grad_()", hint="it is a method of layers and parameters")
