"""The modules of a network as layers and blocks: equal ones are one block, and chains are Sequentials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.writing.sizes import Traces
from nnbuild.exchange.specs.names import identifier
from nnbuild.exchange.specs.program import Program
from nnbuild.graph.graph import Call, Node
from nnbuild.nn.layer import Layer
from nnbuild.nn.module import Module
from nnbuild.nn.options import REQUIRED
from nnbuild.nn.parameter import Parameter

#: Lines of a part of a spec, without the indentation of what is around it.
Lines = list[str]


class Described:
    """What a module is in a spec. Params: lines, of a mapping; weights, the tensors behind its keys."""

    def __init__(self, lines: Lines, weights: dict[str, Any]) -> None:
        self.lines = lines
        self.weights = weights


class Blocks:
    """Collects the blocks of a network. Params: traces. `found`, the blocks' lines by name."""

    def __init__(self, traces: Traces) -> None:
        self.traces = traces
        graph = traces.graphs[0]
        self.calls: dict[int, list[Call]] = {}
        for call in graph.calls():
            self.calls.setdefault(id(call.module), []).append(call)
        self.found: dict[str, Lines] = {}
        self._named: dict[tuple[str, ...], str] = {}

    def network(self) -> Described:
        """The whole: its own layers, tensors and program."""
        root = self.traces.graphs[0].root
        return self._body(root.module, root)

    def _body(self, module: Module, call: Call) -> Described:
        weights: dict[str, Any] = {}
        used = {node.op.name for node in self._own_nodes(call)} | {"tensor", "zeros"}
        names = self._child_names(module, used)
        own, parameters, buffers = self._tensors(module, weights, used)
        layers: Lines = []
        children: dict[int, str] = {}
        for key, child in module._modules.items():
            if child is None:
                continue
            layers += self._entry(names[key], child, weights)
            if not self._is_scattered(child):
                children[id(child)] = names[key]
                continue
            children |= self._inside(child, names[key])
            more = self._tensors(child, weights, {*used, *own.values()})
            own, parameters, buffers = own | more[0], parameters + more[1], buffers + more[2]
        program = Program(self.traces, call, children, own, used)
        for name, array in program.buffers.items():
            buffers.append(f"  {name}: zeros({_shape(array.shape)}, dtype={array.dtype.name!r})")
            weights[name] = array
        lines: Lines = []
        for title, part in (("parameters", parameters), ("buffers", buffers), ("layers", layers)):
            lines += [f"{title}:", *part] if part else []
        if program.arguments != ["x"] and call is not self.traces.graphs[0].root:
            header = f"def forward({', '.join(('self', *program.arguments))}):"
            lines += ["forward: |", f"  {header}", *(f"    {line}" for line in program.text())]
        else:
            lines += ["forward: |", *(f"  {line}" for line in program.text())]
        return Described(lines, weights)

    def _tensors(self, module: Module, weights: dict[str, Any], used: set[str]) -> tuple[dict[int, str], Lines, Lines]:
        """The module's own parameters and buffers: their names by identity, and their lines."""
        own: dict[int, str] = {}
        lines: tuple[Lines, Lines] = ([], [])
        for members in (module._parameters, module._buffers):
            for key, tensor in members.items():
                if tensor is None:
                    continue
                name = identifier(key, [*own.values(), *used], "weight")
                own[id(tensor)] = name
                weights[name] = tensor
                dtype = "" if tensor.dtype == "float32" else f", dtype={str(tensor.dtype)!r}"
                text = f"  {name}: zeros({_shape(tensor.shape)}{dtype})"
                lines[0 if isinstance(tensor, Parameter) else 1].append(text)
        return own, *lines

    def _is_scattered(self, module: Module) -> bool:
        """Whether the graph leaves the module and comes back: its layers are then called from around it."""
        return len(getattr(module, "_parts", ())) > 1 and len(self.calls.get(id(module), ())) > 1

    def _inside(self, module: Module, name: str) -> dict[int, str]:
        """How the layers of a module that is no block are called."""
        found: dict[int, str] = {}
        for key, child in module._modules.items():
            if child is not None and self._is_scattered(child):
                raise SpecError(f"{key} is left and come back to inside {name}, which is too: no spec says that")
            if child is not None:
                found[id(child)] = f"{name}[{key!r}]"
        return found

    def _own_nodes(self, call: Call) -> Iterator[Node]:
        """The ops of a program: of the call, and of the modules that are no blocks of their own."""
        yield from call.nodes
        for inner in call.calls:
            if self._is_scattered(inner.module):
                yield from inner.nodes

    @staticmethod
    def _child_names(module: Module, used: set[str]) -> dict[str, str]:
        """How the program calls the layers. Params: used, names of ops that it calls."""
        found: dict[str, str] = {}
        for key in module._modules:
            found[key] = identifier(key, [*found.values(), *used])
        return found

    def _entry(self, name: str, module: Module, weights: dict[str, Any]) -> Lines:
        """A layer's line, or the lines of a Sequential."""
        if isinstance(module, Layer):
            weights.update((f"{name}.{key}", tensor) for key, tensor in module.state_dict(keep_vars=True).items())
            return [f"  {name}: {layer_text(module)}"]
        calls = self.calls.get(id(module), [])
        if not calls:
            raise SpecError(f"the part {name} of the network is never run")
        if _is_sequential(module, calls[0]):
            return self._sequential(name, module, weights)
        if self._is_scattered(module):
            inner_weights: dict[str, Any] = {}
            lines = [line for key, child in module._modules.items() if child is not None
                     for line in self._entry(key, child, inner_weights)]  # fmt: skip
            weights.update((f"{name}.{key}", tensor) for key, tensor in inner_weights.items())
            return [f"  {name}:", "    ModuleDict:", *(f"    {line}" for line in lines)]
        inner = self._body(module, calls[0])
        block = self._block(type(module).__name__, name, inner.lines)
        weights.update((f"{name}.{key}", tensor) for key, tensor in inner.weights.items())
        return [f"  {name}: {block}"]

    def _sequential(self, name: str, module: Module, weights: dict[str, Any]) -> Lines:
        numbered = list(module._modules) == [str(at) for at in range(len(module._modules))]
        inner: dict[str, Any] = {}
        lines: Lines = []
        for key, child in module._modules.items():
            assert child is not None
            entry = self._entry(key, child, inner)
            if numbered:
                first = entry[0].removeprefix(f"  {key}:").strip()
                entry = [f"  - {first}" if first else "  -", *(f"  {line}" for line in entry[1:])]
            lines += entry
        weights.update((f"{name}.{key}", tensor) for key, tensor in inner.items())
        return [f"  {name}:", "    Sequential:", *(f"    {line}" for line in lines)]

    def _block(self, kind: str, name: str, lines: Lines) -> str:
        """The name of the block with these lines: one for all that have them."""
        key = tuple(lines)
        if key not in self._named:
            usual = kind not in ("Group", "Sequential")
            wanted = kind if usual else "".join(part.capitalize() for part in name.rstrip("0123456789_").split("_"))
            self._named[key] = identifier(wanted or "Block", self.found, "Block")
            self.found[self._named[key]] = lines
        return self._named[key]


def _is_sequential(module: Module, call: Call) -> bool:
    """Whether the module only runs its layers in order, all of them."""
    children = [child for child in module._modules.values() if child is not None]
    if call.nodes or not children or [inner.module for inner in call.calls] != children:
        return False
    ends = [call.inputs, *(inner.outputs for inner in call.calls)]
    chained = all(
        [id(value) for value in inner.inputs] == [id(value) for value in end]
        for inner, end in zip(call.calls, ends, strict=False)
    )
    single = all(len(inner.outputs) == 1 for inner in call.calls) and len(call.inputs) == 1
    return chained and single and not module._parameters and not module._buffers


def layer_text(module: Layer) -> str:
    """The layer as a spec calls it."""
    given: list[str] = []
    for option in module.options():
        if option.name == "device":
            continue
        value = _value_of(module, option.name)
        if option.default is REQUIRED:
            given.append(_plain(value))
        elif value != option.default and not (option.name == "stride" and value == getattr(module, "kernel_size", 0)):
            given.append(f"{option.name}={_plain(value)}")
    return f"{type(module).__name__}({', '.join(given)})" if given else type(module).__name__


def _value_of(module: Layer, name: str) -> Any:
    """The value of an option; of one that only made parameters, what they say."""
    if name == "dtype":
        dtypes = {parameter.dtype for parameter in module.parameters()}
        return None if dtypes <= {"float32"} else next(iter(dtypes))
    if name in module.__dict__:
        value = module.__dict__[name]
        return value[0] if isinstance(value, tuple) and len(value) > 1 and len(set(value)) == 1 else value
    return getattr(module, name, None) is not None


def _plain(value: Any) -> str:
    return repr(value)


def _shape(shape: tuple[int, ...]) -> str:
    return ", ".join(map(str, shape)) if shape else "()"
