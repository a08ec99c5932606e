"""Names and what they stand for, innermost first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


class Missing:
    def __repr__(self) -> str:
        return "MISSING"


#: Says that a scope does not have the name.
MISSING: Any = Missing()


class Scope:
    """Values by name; what is not here is asked of the parent."""

    __slots__ = ("parent", "values")

    #: Whether these are the names of a whole file.
    is_module = False

    def __init__(self, values: dict[str, Any] | None = None, parent: Scope | None = None) -> None:
        self.values = {} if values is None else values
        self.parent = parent

    def own(self, name: str) -> Any:
        """What the name stands for in this very scope, or MISSING."""
        return self.values.get(name, MISSING)

    def assign(self, name: str, value: Any) -> None:
        """Let the name stand for the value."""
        self.values[name] = value

    def own_names(self) -> Iterator[str]:
        yield from self.values

    def lookup(self, name: str) -> Any:
        """What the name stands for, or MISSING."""
        scope: Scope | None = self
        while scope is not None:
            value = scope.own(name)
            if value is not MISSING:
                return value
            scope = scope.parent
        return MISSING

    def has(self, name: str) -> bool:
        """Whether the name stands for something; fetches nothing."""
        scope: Scope | None = self
        while scope is not None:
            if scope.own_has(name):
                return True
            scope = scope.parent
        return False

    def own_has(self, name: str) -> bool:
        return self.own(name) is not MISSING

    def prefixed(self, prefix: str, name: str) -> Any:
        """What `prefix.name` stands for (`self.x`, `F.relu`, `math.sqrt`), or MISSING."""
        return self.parent.prefixed(prefix, name) if self.parent else MISSING

    def names(self) -> set[str]:
        """Every name that is known here."""
        known = set(self.own_names())
        return known | self.parent.names() if self.parent else known


class Inner(Scope):
    """The names of a comprehension; what `:=` names in it is known around it."""

    __slots__ = ()


class Frame(Scope):
    """The names of one call of a function.

    Params: elsewhere, names that are `global` or `nonlocal`, and the scopes they stand in; owner, the class whose
    method this is; first, the value of its first argument; yielded, what it has yielded.
    """

    __slots__ = ("elsewhere", "first", "owner", "yielded")

    def __init__(self, parent: Scope) -> None:
        super().__init__({}, parent)
        self.elsewhere: dict[str, Scope] = {}
        self.owner: Any = None
        self.first: Any = None
        self.yielded: list[Any] = []

    def assign(self, name: str, value: Any) -> None:
        if name in self.elsewhere:
            self.elsewhere[name].assign(name, value)
        else:
            self.values[name] = value


def frame_of(scope: Scope | None) -> Frame | None:
    """The innermost call of a function around the scope."""
    while scope is not None and not isinstance(scope, Frame):
        scope = scope.parent
    return scope


class LazyScope(Scope):
    """Names of a table whose values are fetched when asked for: layers, ops."""

    __slots__ = ("_fetch", "_table")

    def __init__(self, table: Any, fetch: Callable[[str], Any], parent: Scope | None = None) -> None:
        super().__init__({}, parent)
        self._table = table
        self._fetch = fetch

    def own(self, name: str) -> Any:
        value = self.values.get(name, MISSING)
        if value is MISSING and name in self._table:
            value = self.values[name] = self._fetch(name)
        return value

    def own_has(self, name: str) -> bool:
        return name in self._table

    def own_names(self) -> Iterator[str]:
        yield from self._table


class JoinedScope(Scope):
    """The names of one scope and all its parents, before those of another."""

    __slots__ = ("_first",)

    def __init__(self, first: Scope, parent: Scope) -> None:
        super().__init__(first.values, parent)
        self._first = first

    def own(self, name: str) -> Any:
        return self._first.lookup(name)

    def own_names(self) -> Iterator[str]:
        yield from self._first.names()
