"""`inspect`: what a function is and what it takes, as far as constructors ask."""

from __future__ import annotations

from typing import Any

from nnbuild.spec.language.closures import Bound, Closure, parameters_of
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.partials import Partial, is_layer_type
from nnbuild.spec.language.records import Namespace
from nnbuild.spec.language.values import Native, Quiet


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, Partial):
        return _names(value.target)
    if isinstance(value, Bound):
        return _names(value.function)[1:]
    if isinstance(value, Closure):
        return parameters_of(value.node).names
    if hasattr(value, "option_names"):
        return tuple(value.option_names)
    kind = getattr(value, "kind", value)
    return tuple(option.name for option in kind.options()) if hasattr(kind, "options") else ()


def _signature(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Namespace:
    return Namespace({"parameters": {name: Namespace({"name": name}) for name in _names(args[0])}})


def _is_class(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> bool:
    return (is_layer_type(args[0]) and not isinstance(args[0], Partial)) or describe(args[0]).startswith("the class")


NAMES: dict[str, Any] = {
    "isfunction": Native("isfunction", lambda caller, args, kwargs: isinstance(args[0], Closure)),
    "ismethod": Native("ismethod", lambda caller, args, kwargs: isinstance(args[0], Bound)),
    "isclass": Native("isclass", _is_class),
    "signature": Native("signature", _signature),
    "getfullargspec": Native("getfullargspec", lambda caller, args, kwargs: Namespace({"args": list(_names(args[0]))})),
    "stack": Quiet("inspect.stack"),
}  # fmt: skip
