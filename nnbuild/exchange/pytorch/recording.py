"""A build of a network that keeps what its names turn out to stand for.

Which layer types a call meets, which layers are left out, which modules a definition becomes.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from nnbuild.spec.build.blocks import BlockType, Definition
from nnbuild.spec.build.builder import Builder
from nnbuild.spec.build.module import SpecModule
from nnbuild.spec.document import SpecDefinition
from nnbuild.spec.language.partials import Partial, is_layer_type
from nnbuild.spec.language.scope import Scope
from nnbuild.spec.language.syntax import Code
from nnbuild.spec.text.nodes import Mapping, Node, Scalar, Sequence

_WORD = re.compile(r"[A-Za-z_]\w*")

#: What a layer may turn out to be where a spec names it: a type to be called, a layer that is made, or none.
TYPE, LAYER, NONE = "type", "layer", "none"


class Record:
    """What was seen, by the id of the node of the spec that it was seen at."""

    def __init__(self) -> None:
        self.called: dict[int, list[Definition]] = {}
        self.native: set[int] = set()
        self.kinds: dict[int, set[str]] = {}
        self.modules: dict[int, list[SpecModule]] = {}

    def meet(self, node: object, callee: Any) -> None:
        """Keep that the node called this layer type."""
        while isinstance(callee, Partial):
            callee = callee.target
        if not isinstance(callee, BlockType):
            self.native.add(id(node))
        elif callee.definition not in self.called.setdefault(id(node), []):
            self.called[id(node)].append(callee.definition)


class Recorder(Builder):
    """Builds, and keeps what is met."""

    def __init__(self, record: Record) -> None:
        super().__init__()
        self.record = record

    def make(
        self, callee: Any, args: list[Any], kwargs: dict[str, Any], code: Code | None, node: ast.AST | None
    ) -> Any:
        if node is not None:
            self.record.meet(node, callee)
        return super().make(callee, args, kwargs, code, node)

    def as_layer(self, value: Any, node: Node, scope: Scope) -> Any:
        kind = TYPE if is_layer_type(value) else NONE if value is None else LAYER
        self.record.kinds.setdefault(id(node), set()).add(kind)
        if kind == TYPE:
            self.record.meet(node, value)
        return super().as_layer(value, node, scope)

    def long(self, key: Any, value: Node, node: Node, scope: Scope) -> Any:
        callee = self.layer_type(key, scope)
        if callee is not None:
            self.record.meet(key, callee)
        return super().long(key, value, node, scope)

    def fill(self, definition: Any, names: Scope) -> SpecModule:
        module = super().fill(definition, names)
        self.record.modules.setdefault(id(definition), []).append(module)
        return module


def build(definition: SpecDefinition, params: dict[str, Any], variant: str | None, record: Record) -> dict[str, Any]:
    """Build the network, keep what is met on the way, and give the values of its file's names."""
    definition.signature.choose_variant(variant)
    recorder = Recorder(record)
    names = definition.scope_for(None, params, recorder)
    recorder.fill(definition, names)
    recorder.finish()
    return names.values


def telling_variants(definition: SpecDefinition) -> list[str]:
    """Variants that bring other layer types to the calls of the spec: one for each choice of types."""
    found: dict[tuple[str, ...], str] = {}
    for name, node in definition.signature.variants.items():
        words = tuple(sorted(word for word in _words(node) if word[:1].isupper()))
        if words:
            found.setdefault(words, name)
    return list(found.values())


def _words(node: Node) -> set[str]:
    """The names in the values of a node."""
    if isinstance(node, Mapping):
        return {word for _, value in node.entries for word in _words(value)}
    if isinstance(node, Sequence):
        return {word for item in node.items for word in _words(item)}
    return set(_WORD.findall(node.text)) if isinstance(node, Scalar) and not node.quoted else set()
