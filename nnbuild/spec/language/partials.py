"""`functools.partial`: a layer type or a function with some of its arguments given."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import SpecError
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.values import Native


class Partial:
    """A layer type or a function with some of its options given: `partial(BatchNorm2d, eps=0.001)`."""

    __slots__ = ("args", "kwargs", "target")

    def __init__(self, target: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
        self.target = target
        self.args = args
        self.kwargs = kwargs

    @property
    def is_layer_type(self) -> bool:
        """Whether a call makes a layer."""
        return is_layer_type(self.target)

    @property
    def __name__(self) -> str:
        return str(getattr(self.target, "__name__", None) or getattr(self.target, "name", "partial"))

    @property
    def described(self) -> str:
        return f"the layer type {self.__name__}" if self.is_layer_type else f"the function {self.__name__}"

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """What the function gives with these arguments behind its own."""
        return caller.call(self.target, [*self.args, *args], {**self.kwargs, **kwargs}, None, None)

    def language_get(self, caller: Any, name: str) -> Any:
        """Its parts, or an attribute of what it is of."""
        parts = {"func": self.target, "args": tuple(self.args), "keywords": self.kwargs}
        return parts[name] if name in parts else caller.attribute(self.target, name)


def is_layer_type(value: Any) -> bool:
    """Whether calling the value makes a layer: a class of `nn`, a block, or either with options given."""
    if isinstance(value, type):
        return hasattr(value, "named_modules")
    return getattr(value, "is_layer_type", False) is True


def _partial(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Partial:
    if not args or not (is_layer_type(args[0]) or callable(args[0]) or hasattr(args[0], "call")
                        or hasattr(args[0], "call_with")):  # fmt: skip
        gets = f" and gets {describe(args[0])}" if args else ""
        raise SpecError(f"partial wants a layer type first{gets}", hint="as in partial(LayerNorm, eps=1e-6)")
    target, *rest = args
    if isinstance(target, Partial):  # as in Python: one of one is one
        return Partial(target.target, [*target.args, *rest], {**target.kwargs, **kwargs})
    return Partial(target, rest, kwargs)


PARTIAL = Native("partial", _partial)
