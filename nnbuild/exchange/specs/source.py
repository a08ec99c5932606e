"""A spec of the modules that PyTorch source made: layers as built, equal modules one block, methods as written."""

from __future__ import annotations

import ast
import re
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.exchange.specs.blocks import Lines, layer_text
from nnbuild.exchange.specs.names import identifier
from nnbuild.nn.containers import Sequential
from nnbuild.nn.layer import Layer
from nnbuild.nn.module import Module
from nnbuild.nn.parameter import Parameter
from nnbuild.spec.language.classes import SourceClass
from nnbuild.spec.language.closures import Closure

_CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
_PAPER = re.compile(r"https?://arxiv\.org/(?:abs|pdf)/[\w.\-/]+?(?=\.?[\s>)\"'`]|\.?$)")


def spec_of_source(network: Module, sizes: str | None) -> str:
    """The text of the spec. Params: sizes, of the input, as a spec writes them. Raises SpecError for what it cannot
    say.
    """
    return _Writer().document(network, sizes)


class _Writer:
    def __init__(self) -> None:
        self._blocks: dict[str, Lines] = {}
        self._named: dict[tuple[str, ...], str] = {}
        self._functions: dict[str, Closure] = {}
        self._constants: dict[str, str] = {}

    def document(self, network: Module, sizes: str | None) -> str:
        kind = _class_of(network)
        body, values = self._body(network)
        params = ["params:", *(f"  {name}: {value}" for name, value in values.items())] if values else []
        lines = [f"name: {kind.name}", *_about(kind)]
        lines += [f"input: [{sizes}]"] if sizes else []
        if self._constants:
            lines += ["let:", *(f"  {name}: {value}" for name, value in self._constants.items())]
        if self._functions:
            lines.append("functions: |")
            for function in self._functions.values():
                lines += [f"  {line}" for line in _text(function)]
        if self._blocks:
            lines.append("blocks:")
            for name, own in self._blocks.items():
                lines += [f"  {name}:", *(f"    {line}" for line in own)]
        return "\n".join([*lines, *params, *body]) + "\n"

    def _body(self, module: Module) -> tuple[Lines, dict[str, str]]:
        """The sections of a block, and the values of its arguments."""
        methods = _methods(_class_of(module))
        if "forward" not in methods:
            raise SpecError(f"{type(module).__name__} has no forward of its own, which a block needs")
        for method in methods.values():
            self._note_functions(method)
        lines: Lines = []
        values = self._values(module, methods)
        for title, members in (("parameters", module._parameters), ("buffers", module._buffers)):
            own = [_tensor_line(key, value) for key, value in members.items() if value is not None]
            lines += [f"{title}:", *own] if own else []
        layers = [line for key, child in module._modules.items() for line in self._entry(key, child)]
        lines += ["layers:", *layers] if layers else []
        used = {name for name in _reached(methods) if name != "forward"}
        if used:
            lines.append("methods:")
            for name in methods:
                if name in used:
                    lines += [f"  {name}: |", *(f"    {line}" for line in _text(methods[name]))]
        return [*lines, "forward: |", *(f"  {line}" for line in _text(methods["forward"]))], values

    def _values(self, module: Module, methods: dict[str, Closure]) -> dict[str, str]:
        """The attributes that the methods ask for and are neither layers nor tensors."""
        asked = {name for key in _reached(methods) for name in _attributes(methods[key])}
        found: dict[str, str] = {}
        for key, value in module.__dict__.get("_own", {}).items():
            if key in asked:
                if not _is_plain(value):
                    raise SpecError(f"self.{key} of {type(module).__name__} is no value that a spec can write")
                found[key] = repr(value)
        return found

    def _note_functions(self, method: Closure) -> None:
        for node in ast.walk(method.node):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in self._functions:
                value = method.scope.lookup(node.id)
                if isinstance(value, Closure) and isinstance(value.node, ast.FunctionDef):
                    self._functions[node.id] = value
                    self._note_functions(value)
                elif _is_number(value):
                    self._constants[node.id] = repr(value)

    def _entry(self, key: str, module: Module | None) -> Lines:
        """A layer's lines in `layers`, the first of which starts with its name."""
        if module is None:
            return [f"  {key}: null"]
        first, *rest = self._value(module)
        return [f"  {key}: {first}".rstrip(), *(f"    {line}" for line in rest)]

    def _value(self, module: Module) -> Lines:
        kind = type(module)
        if kind.__name__ in _CONTAINERS and not hasattr(kind, "source_class"):
            return self._container(module, kind.__name__)
        if isinstance(module, Sequential) and "forward" not in _methods(_class_of(module)):
            return self._container(module, "Sequential")
        if isinstance(module, Layer) and not hasattr(kind, "source_class"):
            return [layer_text(module)]
        lines, values = self._body(module)
        same = (kind.__name__, *values, *lines)
        if same not in self._named:
            name = self._named[same] = identifier(
                kind.__name__, [key.partition("(")[0] for key in self._blocks], "Block"
            )
            self._blocks[f"{name}({', '.join(values)})" if values else name] = lines
        given = ", ".join(f"{key}={value}" for key, value in values.items())
        return [f"{self._named[same]}({given})" if values else self._named[same]]

    def _container(self, module: Module, kind: str) -> Lines:
        if not module._modules:
            return [f"{kind}()"]
        numbered = list(module._modules) == [str(at) for at in range(len(module._modules))]
        lines: Lines = ["", f"{kind}:"]
        for key, child in module._modules.items():
            if numbered and kind != "ModuleDict" and child is not None:
                first, *rest = self._value(child)
                if first:
                    lines += [f"  - {first}"]
                else:
                    lines += [f"  - {rest[0]}", *(f"    {line}" for line in rest[1:])]
            else:
                lines += self._entry(key, child)
        return lines


def _class_of(module: Module) -> SourceClass:
    kind = getattr(type(module), "source_class", None)
    if kind is None:
        raise SpecError(f"{type(module).__name__} is no class of the file: name one")
    return kind  # type: ignore[no-any-return]


def _methods(kind: SourceClass) -> dict[str, Closure]:
    """The methods by name, those of the class before those of its bases."""
    found: dict[str, Closure] = {}
    for parent in kind.lineage():
        if isinstance(parent, SourceClass):
            for name, value in parent.scope.values.items():
                if isinstance(value, Closure) and isinstance(value.node, ast.FunctionDef) and name != "__init__":
                    found.setdefault(name, value)
    return found


def _reached(methods: dict[str, Closure]) -> set[str]:
    """The methods that the forward calls, and those that they call."""
    found, pending = set(), ["forward"]
    while pending:
        name = pending.pop()
        if name in methods and name not in found:
            found.add(name)
            pending += _attributes(methods[name])
    return found


def _attributes(method: Closure) -> set[str]:
    return {
        node.attr for node in ast.walk(method.node)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }  # fmt: skip


def _text(method: Closure) -> Lines:
    """The lines of the `def` as they stand in the file."""
    node = method.node
    lines = method.code.written.text.splitlines()[node.lineno - 1 : node.end_lineno]
    return [line[node.col_offset :] if not line[: node.col_offset].strip() else line.lstrip() for line in lines]


def _about(kind: SourceClass) -> Lines:
    """The description and the paper, where the docstring has them."""
    words = ast.get_docstring(kind.node) or ""
    first = words.strip().partition("\n")[0].strip()
    paper = _PAPER.search(words)
    return [*([f"description: {_quoted(first)}"] if first else []), *([f"paper: {paper[0]}"] if paper else [])]


def _tensor_line(key: str, tensor: Any) -> str:
    dtype = "" if tensor.dtype == "float32" else f", dtype={str(tensor.dtype)!r}"
    if not isinstance(tensor, Parameter):
        raise SpecError(f"the buffer {key} has values that a spec cannot write")
    return f"  {key}: zeros({', '.join(map(str, tensor.shape)) or '()'}{dtype})"


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < float("inf")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
