"""One layer in several places: those that have a name may be given to several blocks, as in PyTorch.

    let: {table: Embedding(100, 8)}
    layers:
      encoder: Encoder(table)            # keys encoder.table.weight and decoder.table.weight, one parameter
      decoder: Decoder(table)
      head: Head(encoder)                # a layer above by its name

A layer in two places that has no name is a slip: `[layer] * 3` repeats one layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.ops.op import Op
from nnbuild.spec.build.module import SpecModule
from nnbuild.spec.language.names import BUILD_NAMES
from nnbuild.spec.language.scope import MISSING, Scope


class LayersSoFar(Scope):
    """The names of a block's layers above, behind all names of the spec, before the ops.

    Params: module, what the layers are added to; named, takes up the layers that are asked for.
    """

    __slots__ = ("_module", "_named")

    def __init__(self, module: SpecModule, named: list[Any]) -> None:
        super().__init__({}, BUILD_NAMES)
        self._module = module
        self._named = named

    def own(self, name: str) -> Any:
        if name not in self._module._modules and name not in self._module._absent:
            return MISSING
        known = BUILD_NAMES.own(name)
        return self._layer(name) if known is MISSING or isinstance(known, Op) else MISSING

    def own_names(self) -> Iterator[str]:
        yield from self._module._modules

    def prefixed(self, prefix: str, name: str) -> Any:
        return self._layer(name) if prefix == "self" else super().prefixed(prefix, name)

    def _layer(self, name: str) -> Any:
        if name in self._module._absent:
            return None
        layer = self._module._modules.get(name, MISSING)
        if layer is not MISSING:
            self._named.append(layer)
        return layer


def layers_in(value: Any) -> Iterator[Any]:
    """The made layers in a value, through lists and dicts."""
    pending, seen = [value], set()
    while pending:
        item = pending.pop()
        if isinstance(item, (list, tuple, dict)):
            if id(item) not in seen:
                seen.add(id(item))
                pending += item.values() if isinstance(item, dict) else item
        elif hasattr(item, "_modules") and not isinstance(item, type):
            yield item


def unplaced(module: SpecModule) -> Iterator[SpecError]:
    """Problems of layers with weights that are known by a name and are in no layer, or not where the forward looks."""
    own, program = module._names.values, module.definition.program
    in_forward = program.names() - module._modules.keys() if program else set()
    known = [(name, layer) for name in {**own, **dict.fromkeys(in_forward)}
             for layer in layers_in(module._names.lookup(name)) if _has_tensors(layer)]  # fmt: skip
    below = {id(layer) for layer in module.modules()} if known else set()
    for name, layer in known:
        if name in in_forward or id(layer) not in below:
            yield SpecError(
                f"{name} holds a {type(layer).__name__} that is not under `layers:`",
                mark=layer.source.mark if layer.source else None,
                hint=f"write `{name}: {name}` there, or give it to a block there",
            )


def _has_tensors(layer: Any) -> bool:
    return any(True for _ in layer.parameters()) or any(True for _ in layer.buffers())


def repeated(model: SpecModule, named: list[Any]) -> SpecError | None:
    """The problem of a layer without a name in two places. Params: named, layers that were asked for by their names."""
    places: dict[int, str] = {}
    twice = [
        (path, module) for path, module in model.named_modules(remove_duplicate=False)
        if places.setdefault(id(module), path) != path
    ]  # fmt: skip
    known = [*named, *_named_in_scopes(model)] if twice else []
    shareable = {id(part) for layer in known for part in layer.modules()}
    for path, module in twice:
        if id(module) not in shareable:
            return SpecError(
                f"one {type(module).__name__} stands in two places, {places[id(module)]} and {path}",
                path=path, mark=module.source.mark if module.source else None,
                hint="for new layers write a comprehension; to share one, give it a name under `let:`, or call it "
                "twice in `forward:`",
            )  # fmt: skip
    return None


def _named_in_scopes(model: SpecModule) -> list[Any]:
    """The layers that a `let:` or an argument of a block has a name for."""
    found: dict[int, Any] = {}
    for module in model.modules():
        scope = module._names if isinstance(module, SpecModule) else None
        while scope is not None:
            found.update((id(value), value) for value in scope.values.values() if hasattr(value, "_modules"))
            scope = scope.parent
    return [layer for layer in found.values() if not isinstance(layer, type)]
