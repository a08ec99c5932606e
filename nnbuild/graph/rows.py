"""The rows of a traced network: a tree of them, one a module call, with what each gives, holds and costs.

A row without children states its own figures, a row with children the sum of theirs. What a module with children
holds or computes itself (a class token, the products of attention) gets rows of its own below it, so that the rows
without children always add up to the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from nnbuild.graph.graph import Call, Graph, Node
from nnbuild.nn.computed import PARAMETRIZATIONS
from nnbuild.nn.module import Module
from nnbuild.nn.parameter import Parameter
from nnbuild.ops.nests import tensors_in
from nnbuild.ops.spec import TensorSpec

Kind = Literal["module", "parameter", "buffer", "op"]


class LayerRow:
    """What is known of a module call, or of a tensor or an op beside the calls.

    Params: kind, what it stands for; path, dotted name; label, the name below its parent; type, the layer's class.
    params, trainable, buffers count elements, each tensor once, at its first owner; macs is None where no op defines
    them; executed, whether the pass came here; again, a later call of a module that was called before.
    """

    def __init__(self, kind: Kind, path: str, label: str, type: str, module: Module | None = None) -> None:
        self.kind: Kind = kind
        self.path = path
        self.label = label
        self.type = type
        self.module = module
        self.call: Call | None = None
        self.inputs: list[TensorSpec] = []
        self.outputs: list[TensorSpec] = []
        self.nodes: list[Node] = []  # its own, without those of the children
        self.children: list[LayerRow] = []
        self.executed = True
        self.again = False
        self.shared = False  # holds a tensor that counts elsewhere
        self.params = 0
        self.trainable = 0
        self.buffers = 0
        self.tensor_bytes = 0
        self.macs: int | None = None

    def hold(self, tensors: Iterable[Any]) -> None:
        """Count these tensors here."""
        for tensor in tensors:
            size = _numel(tensor)
            self.tensor_bytes += tensor.nbytes
            if isinstance(tensor, Parameter):
                self.params += size
                self.trainable += size if tensor.requires_grad else 0
            else:
                self.buffers += size

    def compute(self, nodes: Iterable[Node]) -> None:
        """Count the multiply-adds of these nodes here."""
        counted = [macs for node in nodes if (macs := node.macs) is not None]
        if counted:
            self.macs = sum(counted) + (self.macs or 0)

    def add_up(self) -> None:
        """Take the sums of the children, from the bottom up."""
        for child in self.children:
            child.add_up()
            self.params += child.params
            self.trainable += child.trainable
            self.buffers += child.buffers
            self.tensor_bytes += child.tensor_bytes
            if child.macs is not None:
                self.macs = child.macs + (self.macs or 0)

    def walk(self, depth: int | None = None) -> Iterator[tuple[LayerRow, int]]:
        """This row and those below it, down to `depth` levels, each with its own depth."""
        stack = [(self, 0)]
        while stack:
            row, level = stack.pop()
            yield row, level
            if depth is None or level < depth:
                stack.extend((child, level + 1) for child in reversed(row.children))

    def __repr__(self) -> str:
        return f"<{self.path or 'root'}: {self.type} {self.params} params>"


def _numel(tensor: Any) -> int:
    return tensor.numel() if hasattr(tensor, "numel") else int(tensor.size)


def row_tree(graph: Graph, *, partial: bool = False) -> LayerRow:
    """The root row of the graph. `partial`: the trace failed; rows beyond the failure are left out."""
    return _Builder(graph).build(partial)


class _Builder:
    """Makes the rows of one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.modules = _layers(graph.model)
        self.called = {id(call.module) for call in graph.calls()}
        self.first: dict[int, LayerRow] = {}
        self.owned: dict[int, list[tuple[str, Any]]] = {}
        self.sharing: set[int] = set()
        seen: set[int] = set()
        for module in self.modules.values():
            own = list(_own_tensors(module))
            self.owned[id(module)] = [(name, tensor) for name, tensor in own if id(tensor) not in seen]
            if len(self.owned[id(module)]) < len(own):
                self.sharing.add(id(module))
            seen.update(id(tensor) for _, tensor in own)

    def build(self, partial: bool) -> LayerRow:
        root = self._row("", "", self.graph.model)
        self._fill(root, self.graph.root)
        if not partial:
            self._add_unexecuted()
        self._add_own(root)
        if not partial:
            self._mark_used(root)
        root.add_up()
        return root

    def _row(self, path: str, label: str, module: Module) -> LayerRow:
        row = LayerRow("module", path, label, module._get_name(), module)
        row.again = id(module) in self.first
        row.shared = id(module) in self.sharing
        self.first.setdefault(id(module), row)
        return row

    def _fill(self, row: LayerRow, call: Call) -> None:
        """Give the row what its call knows, and rows for the calls inside."""
        row.call, row.inputs, row.outputs = call, call.inputs, call.outputs
        row.nodes = call.nodes
        containers: dict[str, LayerRow] = {}
        for inner in call.calls:
            parent = self._container(row, inner.path, containers)
            below = f"{parent.path}." if parent.path else ""
            label = inner.path.removeprefix(below) if inner.path.startswith(below) else inner.path
            child = self._row(inner.path, label, inner.module)
            parent.children.append(child)
            self._fill(child, inner)

    def _container(self, row: LayerRow, path: str, containers: dict[str, LayerRow]) -> LayerRow:
        """The row that a call at this path belongs below: containers between, such as a ModuleList, have no call."""
        below = f"{row.path}." if row.path else ""
        if not path.startswith(below):
            return row
        parent, reached = row, row.path
        for name in path[len(below) :].split(".")[:-1]:
            reached = f"{reached}.{name}".lstrip(".")
            if reached not in containers:
                containers[reached] = self._row(reached, name, self.modules[reached])
                parent.children.append(containers[reached])
            parent = containers[reached]
        return parent

    def _add_unexecuted(self) -> None:
        """Rows for the modules that the pass did not come to, at their places in the order of registration."""
        for path, module in self.modules.items():
            if id(module) in self.first:
                continue
            parent_path, _, name = path.rpartition(".")
            parent = self.first[id(self.modules[parent_path])]
            row = self._row(path, name, module)
            row.executed = False
            earlier = list(parent.module._modules).index(name) if parent.module else 0
            known = set(list(parent.module._modules)[:earlier]) if parent.module else set()
            places = [place for place, child in enumerate(parent.children) if child.label in known and not child.again]
            parent.children.insert(places[-1] + 1 if places else 0, row)

    def _add_own(self, root: LayerRow) -> None:
        """Count what each module holds and computes itself: in its row, or in rows below it if it has children."""
        for row, _ in list(root.walk()):
            tensors = [] if row.again or row.module is None else self.owned[id(row.module)]
            if not row.children:
                row.hold(tensor for _, tensor in tensors)
                row.compute(row.nodes)
                continue
            row.children[:0] = [self._tensor_row(row, name, tensor) for name, tensor in tensors]
            self._add_ops(row)

    def _tensor_row(self, owner: LayerRow, name: str, tensor: Any) -> LayerRow:
        kind: Kind = "parameter" if isinstance(tensor, Parameter) else "buffer"
        row = LayerRow(kind, f"{owner.path}.{name}".lstrip("."), name, kind.capitalize())
        row.outputs = [TensorSpec(tensor.shape, str(tensor.dtype))]
        row.executed = False
        row.hold([tensor])
        return row

    def _add_ops(self, owner: LayerRow) -> None:
        """A row for each op with multiply-adds that the forward of a module with children calls itself."""
        by_name: dict[str, list[Node]] = {}
        for node in owner.nodes:
            if node.macs is not None:
                by_name.setdefault(node.op.name, []).append(node)
        for name, nodes in by_name.items():
            kind = "op" if len(nodes) == 1 else f"op x{len(nodes)}"
            row = LayerRow("op", f"{owner.path}.{name}()".lstrip("."), f"{name}()", kind)
            row.inputs, row.outputs, row.nodes = list(nodes[0].inputs), list(nodes[-1].outputs), nodes
            row.compute(nodes)
            first = nodes[0].index
            later = [place for place, child in enumerate(owner.children) if _starts(child) > first]
            owner.children.insert(later[0] if later else len(owner.children), row)

    def _mark_used(self, root: LayerRow) -> None:
        """A module is executed as well if somebody else computes with its tensors, or if a child is."""
        used = {id(tensor) for node in self.graph.nodes for tensor in tensors_in(node.arguments)}
        for row, _ in reversed(list(root.walk())):
            if row.kind in ("parameter", "buffer"):
                path, _, name = row.path.rpartition(".")
                row.executed = id(getattr(self.graph.model.get_submodule(path), name)) in used
            elif not row.executed and row.module is not None:
                held = {id(tensor) for _, tensor in self.owned[id(row.module)]}
                row.executed = bool(held & used) or any(child.executed for child in row.children)


def _layers(model: Module) -> dict[str, Module]:
    """The modules by path, without those that only compute the weight of another."""
    modules = dict(model.named_modules())
    inside = {id(part) for module in modules.values() if (parts := _computing(module)) for part in parts.modules()}
    return {path: module for path, module in modules.items() if id(module) not in inside}


def _computing(module: Module) -> Module | None:
    """The part of a module that computes its weight."""
    return module._modules.get(PARAMETRIZATIONS) if module._computed else None


def _own_tensors(module: Module) -> Iterator[tuple[str, Any]]:
    """What a module holds itself, under its dotted names: what its weight is computed of stands further down."""
    yield from (*module.named_parameters(recurse=False), *module.named_buffers(recurse=False))
    computing = _computing(module)
    if computing is not None:
        yield from (*computing.named_parameters(PARAMETRIZATIONS), *computing.named_buffers(PARAMETRIZATIONS))


def _starts(row: LayerRow) -> float:
    """The index of the first node below the row; infinity if it has none, -1 for a tensor."""
    if row.kind in ("parameter", "buffer"):
        return -1
    if row.call is not None:
        return next((node.index for node in row.call.all_nodes()), float("inf"))
    return min([node.index for node in row.nodes] + [_starts(child) for child in row.children], default=float("inf"))
