"""The modules that a program may import: torch's own names, and those of Python's library that make no difference.

A namespace is a table that is made when it is asked for. A name that is not in it is an error where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from functools import cache, partial
from typing import Any

from nnbuild.errors import SpecError, suggestion
from nnbuild.spec.language import (
    functions,
    inspecting,
    kinds,
    namespaces,
    natives,
    numpy_names,
    records,
    regular,
    surroundings,
    torch_names,
    torch_tables,
    versions,
)
from nnbuild.spec.language.scope import MISSING
from nnbuild.spec.language.values import Hint, Native, Opaque, Quiet


class Module:
    """A module of a library. Params: table, what it has by name; fetch, gives what is not in the table, or MISSING."""

    def __init__(
        self, name: str, table: dict[str, Any], fetch: Callable[[str], Any] | None = None, names: Iterable[str] = ()
    ) -> None:
        self.name = name
        self._table = table
        self._fetch = fetch
        self._names = names

    @property
    def described(self) -> str:
        return f"the module {self.name}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Module:
        return self

    def member(self, name: str) -> Any:
        """What the module has by this name, or MISSING."""
        if name in self._table:
            return self._table[name]
        if f"{self.name}.{name}" in _TABLES:
            return library(f"{self.name}.{name}")
        return self._fetch(name) if self._fetch else MISSING

    def language_get(self, caller: Any, name: str) -> Any:
        """module.name."""
        value = self.member(name)
        if value is MISSING:
            short = torch_tables.SHORT.get(self.name, self.name)
            known = [*self._table, *self._names]
            error = SpecError(f"{short}.{name} is not known here", hint=suggestion(name, known))
            error.python = "AttributeError"
            raise error
        return value

    def table(self) -> dict[str, Any]:
        """What `from module import *` brings."""
        return {name: value for name, value in self._table.items() if not name.startswith("_")}

    def names(self) -> list[str]:
        """The names that it has."""
        from nnbuild import ops

        return [*self._table, *self._names, *(ops.OPS if self.name in ("torch", "torch.nn.functional") else ())]

    def imported(self, name: str) -> Any:
        """What `from module import name` gives: where there is nothing, a name whose use is an error."""
        value = self.member(name)
        return Opaque(f"{self.name}.{name}") if value is MISSING else value


def _typing(name: str) -> Any:
    return kinds.HINTS.get(name) or Hint(name)


def _identity(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return args[-1]


_TYPING: dict[str, Any] = {
    "TYPE_CHECKING": False, "cast": Native("cast", _identity), "overload": Quiet("overload"), "final": Quiet("final"),
    "NamedTuple": Hint("NamedTuple"),
}  # fmt: skip


def _anything(name: str) -> Callable[[str], Any]:
    return lambda member: Quiet(f"{name}.{member}")


def _of_torch(name: str) -> Module:
    return Module(name, *torch_tables.TABLES[name]())


_TABLES: dict[str, Callable[[], Module]] = {
    "math": lambda: Module("math", functions.MATH),
    "numpy": lambda: Module("numpy", {}, numpy_names.member, numpy_names.NAMES),
    "functools": lambda: Module("functools", natives.FUNCTOOLS),
    "itertools": lambda: Module("itertools", natives.ITERTOOLS),
    "operator": lambda: Module("operator", natives.OPERATOR),
    "re": lambda: Module("re", regular.NAMES),
    "fnmatch": lambda: Module("fnmatch", {"fnmatchcase": functions.plain("fnmatchcase", fnmatchcase)}),
    "inspect": lambda: Module("inspect", inspecting.NAMES),
    "copy": lambda: Module("copy", natives.COPY),
    "collections": lambda: Module(
        "collections", {**records.NAMES, "OrderedDict": functions.NAMES["OrderedDict"], "Counter": Opaque("Counter")}
    ),
    "einops": lambda: Module("einops", {}, lambda name: namespaces.find("einops", name, MISSING)),
    "torch.nn.utils.rnn": lambda: Module("torch.nn.utils.rnn", {}, lambda name: namespaces.find("rnn", name, MISSING)),
    "einops.layers": lambda: Module("einops.layers", {}),
    "einops.layers.torch": lambda: Module("einops.layers.torch", {}, torch_tables.layer),
    "collections.abc": lambda: Module("collections.abc", {}, _typing),
    "typing": lambda: Module("typing", _TYPING, _typing),
    "typing_extensions": lambda: Module("typing_extensions", _TYPING, _typing),
    "types": lambda: Module("types", {"SimpleNamespace": records.NAMES["SimpleNamespace"]}, _typing),
    "numbers": lambda: Module("numbers", {}, _typing),
    "abc": lambda: Module("abc", {"ABC": Hint("ABC"), "ABCMeta": Hint("ABCMeta")}, _anything("abc")),
    "enum": lambda: Module("enum", {"auto": Native("auto", lambda caller, args, kwargs: Hint("auto"))}, _typing),
    "dataclasses": lambda: Module("dataclasses", records.DATACLASSES),
    "os": lambda: Module("os", surroundings.OS),
    "os.path": lambda: Module("os.path", surroundings.PATHS),
    "warnings": lambda: Module("warnings", {}, _anything("warnings")),
    "contextlib": lambda: Module("contextlib", {}, _anything("contextlib")),
    "logging": lambda: Module("logging", {}, _anything("logging")),
    "packaging": lambda: Module("packaging", {}),
    "packaging.version": lambda: Module("packaging.version", versions.PACKAGING),
    "distutils": lambda: Module("distutils", {}),
    "distutils.version": lambda: Module("distutils.version", versions.DISTUTILS),
    "argparse": lambda: Module("argparse", {"Namespace": records.NAMES["SimpleNamespace"]}),
    "__future__": lambda: Module("__future__", {}, _anything("__future__")),
    **{name: partial(_of_torch, name) for name in torch_tables.TABLES},
}  # fmt: skip


@cache
def library(name: str) -> Module:
    """The module of this dotted name."""
    return _TABLES[name]()


def known(name: str) -> Any:
    """The module of this dotted name, None where it is no library that is known here."""
    if name in _TABLES:
        return library(name)
    if name.partition(".")[0] in ("torch", "numpy"):
        return torch_tables.below(name, library)
    return None


__all__ = ["Module", "known", "library", "torch_names"]
