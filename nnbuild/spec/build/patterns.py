"""Patterns over the parameters of a network, as `init:` and `freeze:` take them.

A pattern is a path with `*` and `?` (`*` passes dots), or a layer type with the parameter's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from nnbuild.errors import Mark, SpecError, suggestion
from nnbuild.nn.computed import PARAMETRIZATIONS
from nnbuild.spec.build.module import SpecModule
from nnbuild.spec.language.partials import is_layer_type
from nnbuild.spec.language.scope import MISSING, Scope


class Owned(NamedTuple):
    """A parameter, and the layer that it belongs to. Params: path, dotted name; name, its name in the layer."""

    path: str
    parameter: Any
    owner: Any
    name: str

    def matches(self, pattern: str, scope: Scope) -> bool:
        """Whether the pattern is for this parameter."""
        if fnmatchcase(self.path, pattern):
            return True
        kind, _, rest = pattern.partition(".")
        if type(self.owner).__name__ != kind or not fnmatchcase(self.name, rest):
            return False
        known = scope.lookup(kind)
        return known is not MISSING and is_layer_type(known)


def owned(module: SpecModule, *, each_name: bool) -> Iterator[Owned]:
    """The parameters, a shared one once, or with `each_name` under every name that it has."""
    modules = dict(module.named_modules(remove_duplicate=not each_name))
    for path, parameter in module.named_parameters(remove_duplicate=not each_name):
        owner, _, name = path.rpartition(".")
        layer, inside, _ = owner.partition(f".{PARAMETRIZATIONS}.")
        if inside and modules[layer]._computed:
            owner, name = layer, path.removeprefix(f"{layer}.")
        yield Owned(path, parameter, modules[owner], name)


def unmatched(pattern: str, found: Iterable[Owned], mark: Mark) -> SpecError:
    """The error for a pattern that no parameter matches."""
    found = list(found)
    names = [name for one in found for name in (one.path, f"{type(one.owner).__name__}.{one.name}")]
    if any(one.path.startswith(f"{pattern}.") for one in found):
        hint = f"write {pattern}.* for all below it"
    else:
        hint = suggestion(pattern, names) or "a path with * and ?, or LayerType.parameter"
    return SpecError(f"no parameter matches {pattern}", mark=mark, hint=hint)
