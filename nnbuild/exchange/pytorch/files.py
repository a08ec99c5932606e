"""The file that is written: its classes and functions, what they need of each other, and its imports.

A block sees the params of its file, and a class of PyTorch does not: what it needs of them is an argument. Who needs
what is only known when all is written, so the file is written anew until nothing changes.
"""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.exchange.pytorch import syntax
from nnbuild.exchange.pytorch.kinds import PLAIN, TENSOR
from nnbuild.exchange.pytorch.names import Called, Callee, Key
from nnbuild.exchange.pytorch.recording import Record
from nnbuild.exchange.pytorch.stated import functions_of
from nnbuild.spec.build.blocks import BlockType, Definition
from nnbuild.spec.build.builder import Builder
from nnbuild.spec.build.signature import Signature
from nnbuild.spec.document import SpecDefinition
from nnbuild.spec.language.program import Program
from nnbuild.spec.text.nodes import Mapping, Node, Scalar


class Source:
    """What is known of the file while it is written. Params: record, of a build of the network."""

    def __init__(self, root: SpecDefinition, title: str, record: Record) -> None:
        self.root = root
        self.record = record
        self.imports: set[str] = set()
        self.accessed: set[str] = set()
        self.changed = False
        self._tensors: set[tuple[object, str]] = set()
        self.wanted: list[Callee] = []
        self._callees: dict[int, Callee] = {}
        self._homes: dict[int, SpecDefinition] = {}
        self._clashing: set[Key] = set()
        self._titles: set[str] = set()
        self.options = _option_names(record)
        self._find_homes(root)
        self.network = self._callee(title, root.signature, root, root, None)

    def again(self) -> Source:
        """The file to be written anew, with what is known of its classes."""
        new = Source.__new__(Source)
        new.__dict__.update(self.__dict__)
        new.changed, new.wanted, new.imports = False, [], set()
        return new

    def files(self) -> list[SpecDefinition]:
        """The spec and the files that it uses."""
        return list(dict.fromkeys(self._homes.values()))

    def _find_homes(self, file: SpecDefinition) -> None:
        """Which file each block is of."""
        self._homes[id(file)] = file
        for block in file.blocks:
            self._homes[id(block)] = file
        for used, _ in file.uses:
            self._find_homes(used)

    def _callee(self, title: str, signature: Signature, file: SpecDefinition, thing: Any, body: Node | None) -> Callee:
        known = self._callees.get(id(thing))
        if known is None:
            while title in self._titles:
                title += "_"
            self._titles.add(title)
            known = self._callees[id(thing)] = Callee(title, signature, file, thing, body)
        return known

    def of_definition(self, definition: Definition) -> Callee:
        """The class of a block or a spec; from now on it is part of the file."""
        callee = self._callee(definition.name, definition.signature, self._homes[id(definition)], definition, None)
        return self._want(callee)

    def helper(self, title: str, owner: Callee, node: Scalar) -> Callee:
        """The function of a buffer of several lines, given what it uses of its block."""
        known = self._callees.get(id(node))
        if known is None:
            own = {*owner.signature.names, *(key.text for key, _ in _lets(owner.thing))}
            of_file = owner.thing is owner.file
            names = [] if of_file else sorted(Program(node, ()).names() & own)
            signature = Signature(title, tuple(names), {})
            known = self._callee(title, signature, owner.file, node, node)
            known.is_helper = True
        return self._want(known)

    def _want(self, callee: Callee) -> Callee:
        if callee not in self.wanted:
            self.wanted.append(callee)
        return callee

    @property
    def titles(self) -> set[str]:
        """Names at the top of the file."""
        return {callee.title for callee in self.wanted}

    # Functions

    def tell(self, function: object, *names: str) -> None:
        """These arguments of a function are tensors; RESULT, what it gives."""
        for name in names:
            if (function, name) not in self._tensors:
                self._tensors.add((function, name))
                self.changed = True

    def assume(self, function: object, *names: str) -> None:
        """These arguments of a function are tensors from the start."""
        self._tensors |= {(function, name) for name in names}

    def kind_of_argument(self, function: object, name: str) -> str:
        """Whether an argument of a function is a tensor, for all that is known."""
        return TENSOR if (function, name) in self._tensors else PLAIN

    def function(self, file: SpecDefinition, name: str) -> Called | None:
        """The function of a file, if the name is one's."""
        known = self.known(file, name)
        if not isinstance(known, Callee) or known.is_layer_type:
            return None
        rest = known.thing.args.vararg if isinstance(known.thing, ast.FunctionDef) else None
        return Called(id(known.thing), known.signature.names, rest.arg if rest else None)

    # Names of a file

    def known(self, file: SpecDefinition, name: str) -> Callee | Key | None:
        """What the name stands for in all of a file: a block, a function, or one of its params and values."""
        for key, _ in _lets(file):
            if key.text == name:
                return Key(file, name)
        for function in functions_of(file):
            if function.name == name:
                known = self._callee(name, function.signature, file, function.thing, function.body)
                known.by_name = function.by_name
                return self._want(known)
        if name in file.signature.nodes:
            return Key(file, name)
        return self._exported_block(file, name)

    def _exported_block(self, file: SpecDefinition, name: str) -> Callee | None:
        for block in file.blocks:
            if block.name == name:
                return self.of_definition(block)
        for used, _ in reversed(file.uses):
            if used.name == name and used.is_network:
                return self.of_definition(used)
            found = self.known(used, name)
            if isinstance(found, Callee):
                return found
        return None

    # What is needed of each other

    def lift(self, owner: Callee, key: Key) -> None:
        """The class or function needs this value of its file."""
        own = {*owner.signature.names, *(each.text for each, _ in _lets(owner.thing))}
        if key.name in own and key not in self._clashing:
            self._clashing.add(key)
            self.changed = True
        self.changed |= owner.lift(key)

    def lifted_name(self, key: Key) -> str:
        """What the value is called where it is an argument."""
        return f"net_{key.name}" if key in self._clashing else key.name

    def met(self, place: object) -> list[Callee]:
        """The classes that a call met when the network was built; all of them take the same of their file."""
        callees = [self.of_definition(each) for each in self.record.called.get(id(place), ())]
        for key in [key for callee in callees for key in callee.lifted]:
            for callee in callees:
                if key.file is callee.file:
                    self.lift(callee, key)
        return callees

    def constant(self, key: Key) -> ast.expr:
        """The value that a param or a `let:` has in a file that is used, as source."""
        value = key.file.scope_for(None, {}, Builder()).values[key.name]
        made = self.literal(value)
        if made is None:
            raise SpecError(f"{key.name} of {key.file.path} is no value that can be written as source")
        return made

    def literal(self, value: Any) -> ast.expr | None:
        """The source of a value, layer types too; None for another."""
        if isinstance(value, BlockType):
            return ast.Name(self.of_definition(value.definition).title)
        if isinstance(value, type) and hasattr(value, "named_modules"):
            self.imports.add("torch.nn")
            return syntax.name(f"nn.{value.__name__}")
        if isinstance(value, list | tuple):
            items = [self.literal(item) for item in value]
            kind = ast.List if isinstance(value, list) else ast.Tuple
            return None if None in items else kind(items)  # type: ignore[arg-type]
        return syntax.literal(value)


def _lets(thing: Any) -> tuple[tuple[Scalar, Node], ...]:
    node = thing.sections.get("let") if isinstance(thing, Definition) else None
    return node.entries if isinstance(node, Mapping) else ()


def _option_names(record: Record) -> set[str]:
    """Options of the layers that were built, which an `init:` may ask for."""
    found: set[str] = set()
    for models in record.modules.values():
        for layer in (layer for model in models for layer in model.modules()):
            found |= {option.name for option in layer.options()} if hasattr(layer, "options") else set()
    return found
