"""Objects of a program's classes that are no modules, and what stands in a class beside methods."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import SpecError
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.scope import MISSING
from nnbuild.spec.language.values import Native


class Property:
    """`@property`: a method that is asked for like an attribute."""

    __slots__ = ("getter", "setter")

    def __init__(self, getter: Any, setter: Any = None) -> None:
        self.getter = getter
        self.setter = setter

    def language_get(self, caller: Any, name: str) -> Any:
        """`@size.setter`."""
        return Native(name, lambda caller, args, kwargs: Property(self.getter, args[0] if name == "setter" else None))


class StaticMethod:
    """`@staticmethod`, or `@classmethod` with `of_class`."""

    __slots__ = ("function", "of_class")

    def __init__(self, function: Any, of_class: bool = False) -> None:
        self.function = function
        self.of_class = of_class


class Instance:
    """An object of a class that is no module."""

    source_class: Any

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}

    @property
    def described(self) -> str:
        return f"a {self.source_class.name}"

    def language_get(self, caller: Any, name: str) -> Any:
        """A field, or what its class has."""
        if name in self.fields:
            return self.fields[name]
        if name == "__dict__":
            return self.fields
        return self.source_class.of(self, caller, name)

    def language_set(self, caller: Any, name: str, value: Any) -> None:
        """Set a field."""
        if not self.source_class.sets(self, caller, name, value):
            self.fields[name] = value

    def _special(self, caller: Any, name: str, *args: Any) -> Any:
        method = self.source_class.find(name)
        if method is MISSING:
            raise SpecError(f"{describe(self)} has no {name}")
        return caller.call(method, [self, *args], {}, None, None)

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """object(...)."""
        return caller.call(self.source_class.of(self, caller, "__call__"), args, kwargs, None, None)

    def language_item(self, caller: Any, index: Any) -> Any:
        """object[index]."""
        return self._special(caller, "__getitem__", index)

    def language_store(self, caller: Any, index: Any, value: Any) -> None:
        """object[index] = value."""
        self._special(caller, "__setitem__", index, value)

    def language_items(self, caller: Any) -> list[Any]:
        """What a loop over it runs through."""
        return list(caller.items(self._special(caller, "__iter__")))

    def language_contains(self, caller: Any, value: Any) -> bool:
        """value in object."""
        return bool(self._special(caller, "__contains__", value))
