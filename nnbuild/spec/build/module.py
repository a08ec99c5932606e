"""The module that a spec or a block becomes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from nnbuild.budget import current
from nnbuild.errors import NnbuildError, OptionError, ShapeError, SpecError, suggestion
from nnbuild.nn.containers import Sequential
from nnbuild.nn.module import Module
from nnbuild.ops.op import recorder
from nnbuild.ops.spec import TensorSpec
from nnbuild.spec.build.blocks import Definition
from nnbuild.spec.build.stated import Spec
from nnbuild.spec.language import kept
from nnbuild.spec.language.attributes import MODULE_METHODS, builtin_attribute
from nnbuild.spec.language.program import ForwardNames
from nnbuild.spec.language.scope import MISSING, Scope
from nnbuild.spec.language.values import Native
from nnbuild.words import listed


class SpecModule(Module):
    """A module whose layers and forward are written in a spec. Each block has a subclass of its own, named after it."""

    definition: ClassVar[Definition]

    #: What the spec says beside its layers; on the root of a loaded spec only.
    spec: Spec | None = None

    def __init__(self, names: Scope) -> None:
        super().__init__()
        self.__dict__.update(_names=names, _absent=set(), _choices={})

    def __deepcopy__(self, memo: dict[int, Any]) -> SpecModule:
        from copy import deepcopy

        new = type(self).__new__(type(self))
        memo[id(self)] = new
        shared = {key: self.__dict__[key] for key in ("_names", "spec", "source") if key in self.__dict__}
        own = {key: value for key, value in self.__dict__.items() if key not in shared}
        new.__dict__.update(deepcopy(own, memo) | shared)
        return new

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the spec's inputs; none in a block."""
        return tuple(given.name for given in self.spec.inputs) if self.spec else ()

    def choose(self, **choices: Any) -> SpecModule:
        """Set run-time choices for the calls to come. Raises OptionError for an unknown one."""
        self._choices.update(self._checked(choices))
        return self

    def _checked(self, choices: dict[str, Any]) -> dict[str, Any]:
        for name in choices:
            if name not in self._choices:
                known = f"there are {listed(self._choices)}" if self._choices else "it declares none"
                hint = suggestion(name, self._choices) or known
                raise OptionError(f"{type(self).__name__} has no choice {name!r}", hint=hint, option=name)
        return choices

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Run the spec's program, or the layers in order."""
        program = self.definition.program
        if program is None:
            return self._in_order(args, kwargs)
        chosen = {name: kwargs.pop(name) for name in list(kwargs) if name in self._choices}
        with kept.keeping():
            return program.run(ModuleNames(self, {**self._choices, **chosen}), args, kwargs, type(self).__name__)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __len__(self) -> int:
        return len(self._modules)

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, index: int | str | slice) -> Any:
        if isinstance(index, str):
            return self._modules[index]
        layers: list[Any] = list(self._modules.values())
        return Sequential(*layers[index]) if isinstance(index, slice) else layers[index]

    # In a program

    def language_get(self, caller: Any, name: str) -> Any:
        """module.name in a program."""
        value = ModuleNames(self, self._choices).member(name)
        if value is not MISSING:
            return value
        if name in ("keys", "values", "items"):
            return Native(name, lambda caller, args, kwargs: list(getattr(self._modules, name)()))
        return builtin_attribute(self, name)

    def language_set(self, caller: Any, name: str, value: Any) -> None:
        """self.name = value in a forward: kept for the call."""
        if not caller.in_forward or name in self._modules or name in self._parameters:
            raise SpecError(f"{name} of {type(self).__name__} cannot be assigned")
        kept.keep(self, name, value)

    def _blame(self, error: NnbuildError) -> None:
        super()._blame(error)
        if isinstance(error, ShapeError) and recorder.get() is not None and (fitting := _with_batch(self)):
            error.hint = f"the input has no batch: write {fitting}"

    def _in_order(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if len(args) != 1 or kwargs:
            given = len(args) + len(kwargs)
            raise OptionError(f"{type(self).__name__} takes one input and gets {given}", hint="it has no forward:")
        (value,) = args
        for layer in self._modules.values():
            if layer is not None:
                value = layer(value)
        return value


def _with_batch(module: SpecModule) -> str | None:
    """'input: [N, 1, 28, 28]', if no input has a batch and with one the network fits."""
    inputs = module.spec.inputs if module.spec else ()
    if not inputs or any("N" in given.shape for given in inputs):
        return None
    token = recorder.set(None)
    try:
        module(*(TensorSpec((2, *given.sized()), given.dtype) for given in inputs))
    except NnbuildError:
        return None
    finally:
        recorder.reset(token)
    shapes = ", ".join(f"{given.name}: [{', '.join(map(str, ('N', *given.shape)))}]" for given in inputs)
    return f"input: {shapes.partition(': ')[2]}" if len(inputs) == 1 else f"inputs: {{{shapes}}}"


def module_class(definition: Definition) -> type[SpecModule]:
    """The class of a block's modules."""
    made: type[SpecModule] | None = definition.module_class
    if made is None:
        members = {
            "definition": definition,
            "__module__": "nnbuild.spec",
            "__doc__": f"The block {definition.signature}.",
        }
        made = definition.module_class = type(definition.name, (SpecModule,), members)
    return made


class ModuleNames(Scope):
    """What names mean in the forward of a module: its members first, then params and choices, then the ops."""

    __slots__ = ("_choices", "_module")

    def __init__(self, module: SpecModule, choices: dict[str, Any]) -> None:
        super().__init__({}, _forward_names())
        self._module = module
        self._choices = choices

    def own(self, name: str) -> Any:
        return self._module if name == "self" else self.member(name)

    def member(self, name: str) -> Any:
        """What the module has by this name."""
        module = self._module
        value = kept.kept(module, name)
        if value is not MISSING:
            return value
        for members in (module._modules, module._parameters, module._buffers, self._choices):
            if name in members:
                return members[name]
        if name in module._absent:
            return None
        if name == "training":
            return module.training
        if name in module.definition.methods:
            return module.definition.methods[name].of(module, self)
        if name not in self.values:
            value = module._names.lookup(name)
            if not isinstance(value, (list, dict)):
                return value
            current().spend_on(value)
            self.values[name] = _copied(value)
        return self.values[name]

    def own_names(self) -> Any:
        module = self._module
        yield from (*module._modules, *module._parameters, *module._buffers, *self._choices, "training")
        yield from module.definition.methods
        yield from module._names.names()

    def prefixed(self, prefix: str, name: str) -> Any:
        if prefix != "self":
            return super().prefixed(prefix, name)
        value = self.member(name)
        if value is MISSING and (name in MODULE_METHODS or name in _HELD):
            return self._module.language_get(None, name)
        if value is MISSING:
            hint = suggestion(name, set(self.own_names()))
            kind = type(self._module).__name__
            raise SpecError(f"{kind} has no layer, parameter or param {name}", hint=hint)
        return value


def _copied(value: Any, memo: dict[int, Any] | None = None) -> Any:
    """Lists and dicts anew, so that a forward that appends leaves the network as it is."""
    memo = {} if memo is None else memo
    if not isinstance(value, (list, dict)):
        return value
    if id(value) not in memo:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        copies = {key: _copied(item, memo) for key, item in pairs}
        memo[id(value)] = copies if isinstance(value, dict) else list(copies.values())
    return memo[id(value)]


_HELD = ("_modules", "_parameters", "_buffers", "__class__")

_names: list[ForwardNames] = []


def _forward_names() -> ForwardNames:
    if not _names:
        _names.append(ForwardNames())
    return _names[0]
