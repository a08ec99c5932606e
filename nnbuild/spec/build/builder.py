"""Node tree -> modules, in the order of the spec, each layer once.

A layer is written short (`Conv2d(3, 6, 5)`, `ReLU`), or long: a mapping of one key, the layer type, with its options
as a list, a mapping or a single value. `Sequential`, `ModuleList` and `ModuleDict` take layers in their long form.
`for ... in ...:` and `if ...:` as keys repeat or leave out the layers below them; `{...}` in a name is filled in.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from nnbuild.errors import NnbuildError, ProblemList, SpecError
from nnbuild.limits import MAX_BLOCK_DEPTH
from nnbuild.ops.op import Op
from nnbuild.spec.build.arguments import Arguments
from nnbuild.spec.build.blocks import BlockType
from nnbuild.spec.build.build import Build
from nnbuild.spec.build.entries import Entries
from nnbuild.spec.build.freezing import freeze
from nnbuild.spec.build.members import add_buffers, add_parameters, initialise, tie
from nnbuild.spec.build.module import ModuleNames, SpecModule, module_class
from nnbuild.spec.build.sharing import LayersSoFar, unplaced
from nnbuild.spec.build.source import LongSource
from nnbuild.spec.build.values import LAYERS_HINT, evaluate, refuse_cut
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.names import BUILD_NAMES
from nnbuild.spec.language.other_names import layer_advice
from nnbuild.spec.language.partials import Partial, is_layer_type
from nnbuild.spec.language.places import CallSource
from nnbuild.spec.language.scope import JoinedScope, Scope
from nnbuild.spec.language.syntax import Code, parse_expression
from nnbuild.spec.text.nodes import Mapping, Node, Scalar, Sequence
from nnbuild.spec.text.scalars import EXPRESSION, constant

CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
_TYPE_KEYS = ("type", "kind", "class", "layer", "module", "name", "_target_")
_NOT_RUN = ("ModuleList", "ModuleDict", "ParameterList", "ParameterDict")


class Builder(Build):
    """Makes the layers of one network."""

    def __init__(self) -> None:
        super().__init__()
        self.named: list[Any] = []  # layers that were asked for by their names
        self._nested = 0
        self._place: tuple[Code, ast.Call] | None = None  # of the call that makes a layer

    # Making layers

    def make(
        self, callee: Any, args: list[Any], kwargs: dict[str, Any], code: Code | None, node: ast.AST | None
    ) -> Any:
        """A layer from a call in an expression."""
        if code is not None and isinstance(node, ast.Call):
            self._place = code, node
        if self._place is None:
            raise SpecError(f"{describe(callee)} cannot be made here")
        return self.construct(callee, args, kwargs, CallSource(callee, *self._place))

    def run(self, module: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        raise SpecError(f"a {type(module).__name__} is called in `forward:` only", hint="here layers are made, not run")

    def construct(self, callee: Any, args: list[Any], kwargs: dict[str, Any], source: Any) -> Any:
        """A layer of this type, with its place in the spec."""
        while isinstance(callee, Partial):
            args, kwargs, callee = [*callee.args, *args], {**callee.kwargs, **kwargs}, callee.target
        try:
            self.budget.spend_on([args, kwargs])
            with self.nested():
                module = self._construct(callee, args, kwargs)
        except NnbuildError as error:
            if not isinstance(error, ProblemList):
                error.locate(path=".".join(self.path), mark=source.mark_of(error.option), label=error.option or "")
            raise
        module.source = source
        return module

    def _construct(self, callee: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if isinstance(callee, BlockType):
            return self.block(callee, args, kwargs)
        for value in args:
            if is_layer_type(value) and callee.__name__ in (*CONTAINERS, "ParameterList"):
                raise SpecError(f"{describe(value)} is no layer yet", hint=f"write {value.__name__}(...)")
        try:
            return callee(*args, **kwargs)
        except NnbuildError:
            raise
        except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError, AssertionError) as error:
            words = error.args[0] if isinstance(error, KeyError) and error.args else error
            raise SpecError(f"{callee.__name__} cannot be made so: {words}") from error

    def nested(self) -> _Nested:
        """Counts one level of layers inside each other."""
        return _Nested(self)

    # Blocks

    def block(self, block: BlockType, args: list[Any], kwargs: dict[str, Any]) -> SpecModule:
        """A module of the block for these arguments."""
        definition = block.definition
        given = definition.signature.bind(args, kwargs)
        names = definition.scope_for(block.outer, given, self)
        return self.fill(definition, names)

    def fill(self, definition: Any, names: Scope) -> SpecModule:
        """The module of a definition whose params have their values."""
        module: SpecModule = module_class(definition)(names)
        scope, before = JoinedScope(names, BUILD_NAMES), self.noted
        for name, node in definition.sections.items():
            try:
                if name == "layers":
                    self._add_layers(module, node, JoinedScope(names, LayersSoFar(module, self.named)))
                elif name == "parameters":
                    add_parameters(self, module, node, scope)
                elif name == "buffers":
                    add_buffers(self, module, node, scope)
            except NnbuildError as error:
                self.note(self.located(node, error))
        if self.noted == before:
            self._complete(definition, module, scope)
        else:
            with suppress(NnbuildError):
                module.__dict__["_choices"] = dict(definition.choices(scope, self))
        return module

    def _complete(self, definition: Any, module: SpecModule, scope: Scope) -> None:
        """What needs all layers: shared parameters, initialisation, the names in the forward."""
        for name, node in definition.sections.items():
            if name in ("tie", "init"):
                (tie if name == "tie" else initialise)(self, module, node, scope)
        if "freeze" in definition.sections:
            freeze(self, module, definition.sections["freeze"], scope)
        for problem in unplaced(module):
            self.note(self.located(definition.place, problem))
        module.__dict__["_choices"] = dict(definition.choices(scope, self))
        if definition.program:
            for unknown in definition.program.problems(ModuleNames(module, module._choices), definition.kept()):
                unknown.path = unknown.path or ".".join(self.path) or None
                self.note(unknown)
            return
        for name, child in module._modules.items():
            if type(child).__name__ in _NOT_RUN:
                message = f"{name} is a {type(child).__name__}, which cannot run in a row of layers"
                self.note(self.located(definition.place, SpecError(message, hint="write a `forward:` that says how")))

    def _add_layers(self, module: SpecModule, node: Node, scope: Scope) -> None:
        for name, child, place in Entries(self, scope).read(node):
            if child is None:
                module._absent.add(name)
                continue
            try:
                self._check_name(name, module)
                module.add_module(name, child)
                module._absent.discard(name)
            except NnbuildError as error:
                self.note(self.located(place, error))

    def _check_name(self, name: str, module: SpecModule) -> None:
        if name in module._modules or name in module._parameters or name in module._buffers:
            raise SpecError(f"the name {name} stands twice in {type(module).__name__}")
        if hasattr(module, name):
            raise SpecError(f"the name {name} is taken: every module has a {name} of its own", hint="choose another")

    # One layer

    def layer(self, node: Node, scope: Scope) -> Any:
        """The module that a node stands for, None, or a list or dict of modules."""
        if isinstance(node, Scalar):
            return self.as_layer(self._short(node, scope), node, scope)
        if isinstance(node, Sequence):
            refuse_cut(node, LAYERS_HINT)
            raise SpecError("a list is not a layer", mark=node.mark, hint="write Sequential: before it")
        assert isinstance(node, Mapping)
        refuse_cut(node, LAYERS_HINT)
        self._refuse_typed(node, scope)
        if len(node.entries) != 1:
            keys = ", ".join(key.text for key, _ in node.entries[:4])
            raise SpecError(
                f"a layer in the long form is a mapping of one key, its type; here are {keys or 'none'}",
                mark=node.mark,
                hint="for layers below a name write Sequential: above them",
            )
        key, value = node.entries[0]
        return self.long(key, value, node, scope)

    def _refuse_typed(self, node: Mapping, scope: Scope) -> None:
        """Refuse `{type: Conv2d, kernel_size: 3}`, as other tools have it, with what is written here."""
        for key, value in node.entries:
            if key.text in _TYPE_KEYS and isinstance(value, Scalar) and self.layer_type(value, scope):
                options = ", ".join(f"{other.text}: ..." for other, _ in node.entries if other is not key)
                raise SpecError(
                    f"the layer type {value.text} is the key here, not the value of {key.text}",
                    mark=node.mark,
                    hint=f"write {{{value.text}: {{{options}}}}}" if options else f"write {value.text}",
                )

    def _short(self, node: Scalar, scope: Scope) -> Any:
        text = node.text.strip()
        if not text:
            raise SpecError("there is no layer here", mark=node.mark, hint="write a layer type behind the colon")
        if constant(text) is EXPRESSION:
            root = parse_expression(node).tree.body  # type: ignore[attr-defined]
            called = isinstance(root, ast.Call)
            root = root.func if isinstance(root, ast.Call) else root
            if isinstance(root, ast.Name) and (
                not scope.has(root.id) or (called and isinstance(scope.lookup(root.id), Op))
            ):
                raise _no_such_layer(root.id, scope).locate(mark=parse_expression(node).mark(root))
        return evaluate(node, scope, self)

    def as_layer(self, value: Any, node: Node, scope: Scope) -> Any:
        """The value as a layer; a bare layer type makes one without options."""
        if is_layer_type(value):
            return self.construct(value, [], {}, LongSource(node, {}))
        if value is None or hasattr(value, "_modules") or isinstance(value, (list, tuple, dict)):
            return value
        name = getattr(value, "name", "")
        hint = layer_advice(str(name), list(layer_names(scope))) if name else None
        raise SpecError(f"{name or describe(value)} is not a layer", mark=node.mark, hint=hint)

    def long(self, key: Scalar, value: Node, node: Node, scope: Scope) -> Any:
        """A layer in the long form."""
        callee = self.layer_type(key, scope)
        if callee is None:
            raise _no_such_layer(key.text, scope).locate(mark=key.mark)
        if getattr(callee, "__name__", "") in CONTAINERS and isinstance(callee, type):
            return self._container(callee, key, value, scope)
        args, kwargs, places = Arguments(self, callee, scope).read(value)
        return self.construct(callee, args, kwargs, LongSource(key, places))

    def _container(self, callee: Any, key: Scalar, value: Node, scope: Scope) -> Any:
        with self.nested():
            entries = [(name, child) for name, child, _ in Entries(self, scope).read(value) if child is not None]
        numbered = all(name == str(index) for index, (name, _) in enumerate(entries))
        if callee.__name__ == "ModuleList" and not numbered:
            raise SpecError("a ModuleList numbers its layers", mark=key.mark, hint="with names it is a ModuleDict")
        if callee.__name__ == "ModuleDict" and numbered and entries and not isinstance(value, Mapping):
            raise SpecError("a ModuleDict names its layers", mark=key.mark, hint="write `name: layer`")
        children = [child for _, child in entries]
        if callee.__name__ == "ModuleList":
            return self.construct(callee, [children], {}, LongSource(key, {}))
        if numbered and callee.__name__ == "Sequential":
            return self.construct(callee, children, {}, LongSource(key, {}))
        return self.construct(callee, [dict(entries)], {}, LongSource(key, {}))


class _Nested:
    """Context of one level; leaving it gives the level back."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder

    def __enter__(self) -> None:
        self._builder._nested += 1
        if self._builder._nested > MAX_BLOCK_DEPTH:
            self._builder._nested -= 1
            raise SpecError(
                f"layers more than {MAX_BLOCK_DEPTH} deep inside each other", hint="does a block contain itself?"
            )

    def __exit__(self, *exception: object) -> None:
        self._builder._nested -= 1


def _no_such_layer(name: str, scope: Scope) -> SpecError:
    hint = layer_advice(name, list(layer_names(scope))) or "the spec's own layer types are defined under `blocks:`"
    return SpecError(f"there is no layer type {name}", hint=hint)


def layer_names(scope: Scope) -> Iterator[str]:
    """Every layer type that the scope knows."""
    from nnbuild import nn

    yield from nn.LAYERS
    for name in scope.names():
        if name not in nn.LAYERS and is_layer_type(scope.lookup(name)):
            yield name
