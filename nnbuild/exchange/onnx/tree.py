"""From items to the tree of modules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from nnbuild.exchange.onnx.items import GraphItems, Item
from nnbuild.exchange.onnx.network import Group, GroupStep, LayerStep, Network, Part, group_class
from nnbuild.exchange.onnx.paths import Path, between, plain, unused
from nnbuild.exchange.onnx.tensors import StoredTensor
from nnbuild.nn.parameter import Buffer, Parameter
from nnbuild.ops.dtypes import is_floating

#: Inputs that are options in the shape of tensors with fractions, by operator: no weights.
_OPTIONS = {"Resize": (1, 2, 3), "Upsample": (1,), "Pad": (2,), "Clip": (1, 2)}


class Tree:
    """Builds the network of a graph. Params: weights, whether the values of the file are taken."""

    def __init__(self, graph: GraphItems, name: str, weights: bool) -> None:
        self.graph = graph
        self.weights = weights
        self.root: Group = group_class(plain(name) if name[:1].isalpha() else "Network", root=True)()
        self.groups: dict[Path, Group] = {(): self.root}
        self.tensors: dict[str, Parameter | Buffer] = {}
        self.layers: dict[Any, Path] = {}
        self.classes = _classes(graph.items)
        self._place()

    def network(self) -> Network:
        """The root, with all below it."""
        outputs = self.graph.outputs
        inputs = [value.name for value in self.graph.inputs]
        self._fill(self.root, self.graph.items, 0, inputs, outputs)
        assert isinstance(self.root, Network)
        return self.root

    # Paths

    def _place(self) -> None:
        """Give each item its path: of the group that runs it, and for a layer its own name behind."""
        items = self.graph.items
        known = [item.scope if item.scope is not None else item.weight_path for item in items]
        scopes = between(known)
        alone = Counter(scopes)
        kinds: dict[Path, set[Any]] = {}
        for item, scope in zip(items, scopes, strict=True):
            kinds.setdefault(scope, set()).add(_kind(item) if item.made is not None else item)
        inner = {scope[:end] for scope in alone for end in range(len(scope))}
        counted: Counter[tuple[Path, str]] = Counter()
        for item, scope in zip(items, scopes, strict=True):
            if item.made is None:
                item.path = scope
                continue
            own = item.weight_path
            if own is not None and (_is_again(own, scope) or (_is_below(own, scope, inner) and alone[own] <= 1)):
                item.path = own
            elif scope and len(kinds[scope]) == 1 and scope not in inner:
                item.path = scope
            else:
                item.path = (*scope, self._layer_name(item, scope, counted))
        self._separate()

    def _layer_name(self, item: Item, scope: Path, counted: Counter[tuple[Path, str]]) -> str:
        """The last part of the node's name, or what it is and its number."""
        last = plain(item.node.name.rpartition("/")[2])
        if item.node.name and not last.startswith("node_"):
            return last
        kind = item.node.op.lower()
        counted[scope, kind] += 1
        return f"{kind}{counted[scope, kind]}"

    def _separate(self) -> None:
        """No two layers of one path, unless they are one layer that is called again; none where a group is."""
        groups = {item.path[: at + (item.made is None)] for item in self.graph.items for at in range(len(item.path))}
        groups |= {item.path for item in self.graph.items if item.made is None}
        seen: dict[Path, Any] = {}
        for item in self.graph.items:
            if item.made is None:
                continue
            key = _identity(item)
            if key in self.layers:
                item.path = self.layers[key]
                continue
            path = item.path
            while path in groups or path in seen:
                stem = item.node.op.lower() if path in groups and path == item.path else path[-1]
                base = path if stem != path[-1] else path[:-1]
                path = (*base, unused(stem, [other[-1] for other in (*seen, *groups) if other and other[:-1] == base]))
            item.path = path
            seen[path] = item
            if key is not None:
                self.layers[key] = path

    # Modules

    def _group(self, path: Path) -> Group:
        if path not in self.groups:
            kind = self.classes.get(path) or "Group"
            self.groups[path] = group_class(kind)()
            self._add(self._group(path[:-1]), path[-1], self.groups[path])
        return self.groups[path]

    def _add(self, parent: Group, name: str, module: Any) -> None:
        parent._modules[name] = module

    def _fill(
        self, group: Group, items: Sequence[Item], depth: int, inputs: Sequence[str], outputs: Sequence[str]
    ) -> None:
        """One part of a group: its own nodes and layers, and the parts of the groups below."""
        steps: list[Any] = []
        runs = _runs(items, depth)
        for place, (name, run) in enumerate(runs):
            if name is None:
                steps += [self._step(group, item) for item in run]
                continue
            path = run[0].path[: depth + 1]
            child = self._group(path)
            made = {out for item in run for out in item.outputs if out}
            later = {taken for _, other in runs[place + 1 :] for item in other for taken in item.inputs}
            given = [out for item in run for out in item.outputs if out in later or out in outputs]
            taken = self._taken(run, made)
            steps.append(GroupStep(name, len(child._parts), taken, given))
            self._fill(child, run, depth + 1, taken, given)
        group._parts.append(Part(list(inputs), list(outputs), steps))
        if type(group).__name__ == "Group" and len(group._parts) == 1 and _is_chain(group._parts[0]):
            group.__class__ = group_class("Sequential")
        for name in outputs:
            self._hold(group, name, None, 0)

    def _taken(self, run: Iterable[Item], made: set[str]) -> list[str]:
        names = dict.fromkeys(name for item in run for name in item.inputs)
        return [name for name in names if name not in made and name not in self.graph.constants]

    def _step(self, group: Group, item: Item) -> Any:
        if item.made is None:
            assert item.step is not None
            for place, name in enumerate(item.node.inputs):
                self._hold(group, name, item, place)
            for name in item.step.inputs:
                self._hold(group, name, item, -1)
            return item.step
        name = item.path[-1]
        if group._modules.get(name) is None:
            self._add(group, name, self._layer(item))
        for held in item.inputs:
            self._hold(group, held, item, 0)
        return LayerStep(name, item.inputs, item.outputs, item.made.call, item.node.label, self.graph.file.name)

    def _layer(self, item: Item) -> Any:
        """The layer with the file's tensors for its weights; one that several have stays one."""
        assert item.made is not None
        module = item.made.module
        for name, tensor in item.made.weights.items():
            own = getattr(module, name)
            key = tensor.key
            if key and key in self.tensors and type(self.tensors[key]) is type(own):
                module._parameters[name] = self.tensors[key]  # type: ignore[assignment]
                continue
            self.tensors[key] = own
            if self.weights:
                own.assign(tensor.read)
        return module

    def _hold(self, group: Group, name: str, item: Item | None, place: int) -> None:
        """Give the group a tensor of the file that it uses: as a parameter, a buffer, or a plain constant."""
        tensor = self.graph.constants.get(name)
        if tensor is None or name in group._held or name in group._constants:
            return
        option = item is not None and place in _OPTIONS.get(item.node.op, ())
        plain = option or name in self.graph.literals or tensor.size <= 1
        if plain or not (is_floating(tensor.dtype) or tensor.dtype in ("int8", "uint8")):
            group._constants[name] = tensor
            return
        kind = Parameter if is_floating(tensor.dtype) else Buffer
        key = tensor.key
        if key not in self.tensors:
            self.tensors[key] = kind.empty(tensor.shape, tensor.dtype)
            if self.weights:
                self.tensors[key].assign(tensor.read)
        attribute = self._attribute(group, tensor)
        group._held[name] = attribute
        (group._parameters if kind is Parameter else group._buffers)[attribute] = self.tensors[key]  # type: ignore[assignment]

    def _attribute(self, group: Group, tensor: StoredTensor) -> str:
        path = next((path for path, other in self.groups.items() if other is group), ())
        parts = tensor.name.split(".")
        inside = tuple(parts[: len(path)]) == path and len(parts) > len(path)
        name = plain("_".join(parts[len(path) :] if inside else parts))
        while hasattr(group, name) and name not in group._parameters:
            name += "_"
        return unused(name, [*group._parameters, *group._buffers, *group._modules])


def _is_again(own: Path, scope: Path) -> bool:
    """Whether a scope is a later call of a layer: PyTorch's exporter puts a number behind its name."""
    return own != scope and own[:-1] == scope[:-1] and re.sub(r"_\d+$", "", scope[-1]) == own[-1] if scope else False


def _is_below(own: Path, scope: Path, inner: set[Path]) -> bool:
    """Whether the path that the weights' names say is the scope or in it, and no group's."""
    return own[: len(scope)] == scope and own not in inner


def _is_chain(part: Part) -> bool:
    """Whether the steps are layers that take what the one before gives."""
    ends = [part.inputs, *(step.outputs for step in part.steps)]
    return (
        all(isinstance(step, LayerStep | GroupStep) for step in part.steps)
        and all(step.inputs == end for step, end in zip(part.steps, ends, strict=False))
        and ends[-1] == part.outputs
        and len(part.outputs) == 1
    )


def _runs(items: Sequence[Item], depth: int) -> list[tuple[str | None, list[Item]]]:
    """Neighbours that belong to one group below, by its name, and those that stand here, under None."""
    found: list[tuple[str | None, list[Item]]] = []
    for item in items:
        here = len(item.path) == depth + (item.made is not None)
        name = None if here else item.path[depth]
        if found and found[-1][0] == name:
            found[-1][1].append(item)
        else:
            found.append((name, [item]))
    return found


def _identity(item: Item) -> Any:
    """What tells a layer from others: its path, options and weights. None where nothing says that it is one of them."""
    kind, names = _kind(item)
    known = all(names) if names else item.path == item.scope
    return (item.path, kind, names) if known else None


def _kind(item: Item) -> tuple[str, tuple[str, ...]]:
    """What a layer is, and its weights: equal where a scope has one layer that is called several times."""
    assert item.made is not None
    return repr(item.made.module), tuple(weight.key for weight in item.made.weights.values())


def _classes(items: Iterable[Item]) -> dict[Path, str]:
    found: dict[Path, str] = {}
    for item in items:
        scope = item.scope or ()
        for at, kind in enumerate(item.classes):
            if kind:
                found.setdefault(scope[: at + 1], kind)
    return found
