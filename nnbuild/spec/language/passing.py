"""Layers that a forward makes: `nn.Softmax(dim=1)(x)`. Without weights they are as good as functions."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import SpecError


def checked(module: Any, hint: str) -> Any:
    """The layer, which is forgotten after the call. Raises SpecError where it has weights."""
    if any(True for _ in module.parameters()) or any(True for _ in module.buffers()):
        name = type(module).__name__
        raise SpecError(f"{name}(...) in a forward would make a new layer at every call", hint=hint)
    module.eval()
    module.__dict__["_passing"] = True
    return module


def run(module: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """module(...); what a forward has made itself is no layer of the network, so nothing is noted of its call."""
    if module.__dict__.get("_passing"):
        return module._checked_forward(tuple(args), kwargs)
    return module(*args, **kwargs)
