"""Modules of classes that a program defines: real modules, whose methods are walked.

A class of the program becomes a class of Python below `WalkedModule` and nn's types that it names as bases, so that
hooks, `state_dict`, copies and printing are those of every module.
"""

from __future__ import annotations

from typing import Any, ClassVar

from nnbuild.budget import spending
from nnbuild.errors import SpecError
from nnbuild.nn.module import Module
from nnbuild.nn.parameter import Buffer, Parameter, StoredTensor
from nnbuild.spec.language import attributes, kept, running
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.objects import Instance
from nnbuild.spec.language.scope import MISSING
from nnbuild.spec.language.tensors import is_tensor
from nnbuild.spec.language.values import Broken


class MixedIn(type):
    """The type of modules' classes: what their other bases have by being objects, a module has of its own."""

    def mro(cls) -> list[type]:
        """The classes in the order in which they are asked."""
        return [kind for kind in super().mro() if kind is not Instance]


class WalkedModule(Module, metaclass=MixedIn):
    """A module of a class of source. What is assigned to it and is no layer, parameter or buffer is in `_own`."""

    is_walked: ClassVar[bool] = True
    source_class: ClassVar[Any]

    _own: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.__dict__["_own"] = {}
        kind = type(self).source_class
        caller = running.caller() or kind.caller_type()
        start = kind.find("__init__")
        caller.call(start, [self, *args], kwargs, None, None)
        if "_modules" not in self.__dict__:
            raise SpecError(f"{kind.name} does not call super().__init__()", hint="call it before layers are assigned")

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Walk the class's forward, or run that of the layer that it is based on."""
        kind = type(self).source_class
        own = self._own.get("forward", MISSING)
        method = own if own is not MISSING else kind.find("forward")
        if method is MISSING or not (hasattr(method, "frame") or own is not MISSING):
            return super().forward(*args, **kwargs)
        receiver = [] if own is not MISSING else [self]
        with spending(f"the forward of {kind.name}", on_data=True), kept.keeping():
            caller = running.caller()
            if caller is not None:
                return caller.call(method, [*receiver, *args], kwargs, None, None)
            caller = kind.caller_type()
            with running.by(caller):
                return caller.call(method, [*receiver, *args], kwargs, None, None)

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__.get("_own", {})
        if name in own and not name.startswith("__"):
            return own[name]
        return super().__getattr__(name)

    # In a program

    def language_get(self, caller: Any, name: str) -> Any:
        """self.name."""
        value = kept.kept(self, name)
        if value is not MISSING:
            return value
        if name in self._own:
            value = self._own[name]
            if isinstance(value, Broken):
                raise value.error
            if type(value) in (list, dict) and kept.inside_call():
                value = kept.copied(value)  # what a call puts in is forgotten with it
                kept.keep(self, name, value)
            return value
        for members in ("_parameters", "_buffers", "_modules"):
            held = self.__dict__.get(members, {})
            if name in held:
                return held[name]
        kind = type(self).source_class
        if name == "__module__":
            return "nnbuild"
        if "_modules" not in self.__dict__ and not hasattr(kind.find(name), "frame"):
            raise SpecError(f"{name} is asked for before super().__init__() is called")
        if name == "__call__" and kind.find(name) is MISSING:
            return self
        if name == "__dict__":
            return {**self._own, **self.__dict__.get("_modules", {})}
        if kind.find(name) is not MISSING:
            return kind.of(self, caller, name)
        try:
            return attributes.builtin_attribute(self, name)
        except SpecError as error:
            if kind.find("__getattr__") is not MISSING:
                return kind.of(self, caller, name)
            error.statement = f"{kind.name} has no attribute {name}"
            raise

    def language_builtin(self, caller: Any, name: str) -> Any:
        """super().name, where no class of the program has it."""
        return attributes.builtin_attribute(self, name)

    def language_set(self, caller: Any, name: str, value: Any) -> None:
        """self.name = value."""
        kind = type(self).source_class
        if kind.sets(self, caller, name, value):
            return
        if not caller.making or kept.inside_call():
            if hasattr(value, "_modules") or isinstance(value, Parameter):
                raise SpecError(f"a forward makes {describe(value)} anew at every call", hint="make it in __init__")
            kept.keep(self, name, value)
            return
        if isinstance(value, Parameter | Module | Buffer):
            self._register(name, value)
        elif value is None and any(name in self.__dict__.get(members, ()) for members in ("_modules", "_parameters")):
            self.__dict__["_modules" if name in self._modules else "_parameters"][name] = None
        elif name in self.__dict__.get("_buffers", ()) and (value is None or is_tensor(value)):
            self._buffers[name] = value
        elif name in self.__dict__ and not name.startswith("_"):
            self.__dict__[name] = value  # an option of the layer that this is based on
        else:
            self._forget_all(name)
            self._own[name] = value

    def _forget_all(self, name: str) -> None:
        for members in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__.get(members, {}):
                del self.__dict__[members][name]

    def _register(self, name: str, value: Any) -> None:
        members = (
            "_parameters" if isinstance(value, Parameter) else "_modules" if isinstance(value, Module) else "_buffers"
        )
        if members not in self.__dict__:
            raise SpecError(f"{name} is assigned before super().__init__() is called")
        if "." in name or not name:
            raise SpecError(f"the name {name!r} cannot be a layer's")
        for other in ("_parameters", "_buffers", "_modules"):
            if other != members:
                self.__dict__[other].pop(name, None)
        self._own.pop(name, None)
        self.__dict__[members][name] = value
        if members == "_buffers":
            persistent = value.persistent
            (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child; its name may be one that modules here have of their own, as torch's have not."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{describe(module)} is not a layer")
        if module is None:
            self._modules[str(name)] = None
        else:
            self._register(str(name), module)

    register_module = add_module

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Add a buffer, whose values are made when they are asked for."""
        if isinstance(tensor, StoredTensor) and not isinstance(tensor, Buffer):
            made = Buffer.empty(tensor.shape, tensor.dtype)
            origin = tensor
            made.assign(lambda: origin.data)
            tensor = made
        self._own.pop(name, None)
        if tensor is not None and not is_tensor(tensor):
            raise TypeError(f"a buffer is a tensor, not {describe(tensor)}")
        self._buffers[name] = tensor
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)


def module_type(name: str, bases: list[Any], members: dict[str, Any]) -> type:
    """The class of Python for a class of modules with these bases."""
    walked = any(getattr(base, "is_walked", False) for base in bases)
    others = [base for base in bases if base is not Module]
    parents = others if walked else [WalkedModule, *others]
    try:
        made: type = type(name, tuple(parents), members)
    except TypeError as error:
        raise SpecError(f"the bases of {name} do not go together: {error}") from None
    return made
