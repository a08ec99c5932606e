"""Options of nn's layers as public code writes them."""

from __future__ import annotations

from typing import Any


def with_switches(kind: Any, args: list[Any], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Options that are true or false, for which public code writes 1 and 0 too."""
    options = kind.options()
    switches = {option.name for option in options if option.type in ("bool", "Bias")}
    names = [option.name for option in options]
    args = [
        bool(arg) if name in switches and type(arg) is int else arg for name, arg in zip(names, args, strict=False)
    ] + args[len(names) :]
    return args, {name: bool(arg) if name in switches and type(arg) is int else arg for name, arg in kwargs.items()}


def dtype_name(value: Any) -> Any:
    """A dtype of torch or of NumPy by its name."""
    return value if isinstance(value, str) else getattr(value, "name", value)
