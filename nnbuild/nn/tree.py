"""Walking the tree of a Module: members by dotted name, shared ones once.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from nnbuild.nn.parameter import Parameter

#: The module itself: a subclass of TreeMethods.
M = TypeVar("M")


class TreeMethods(Generic[M]):
    """The part of Module that lists what is below it."""

    _modules: dict[str, M | None]

    def named_modules(
        self: Any, memo: set[M] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, M]]:
        """This module and all below it with their dotted names, each once unless `remove_duplicate` is false."""
        memo = set() if memo is None else memo
        pending = [(prefix, self)]
        while pending:
            path, module = pending.pop()
            if module in memo:
                continue
            if remove_duplicate:
                memo.add(module)
            yield path, module
            start = f"{path}." if path else ""
            children = [(start + name, child) for name, child in module._modules.items() if child is not None]
            pending += reversed(children)

    def modules(self: Any, remove_duplicate: bool = True) -> Iterator[M]:
        """This module and all below it."""
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def named_children(self: Any) -> Iterator[tuple[str, M]]:
        """The modules directly below with their names, each once."""
        seen: set[M] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self: Any) -> Iterator[M]:
        """The modules directly below, each once."""
        return (module for _, module in self.named_children())

    def _named_members(
        self: Any, members: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, member in module.__dict__[members].items():
                if member is None or id(member) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(member))
                yield f"{path}.{name}".lstrip("."), member

    def named_parameters(
        self: Any, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Parameters with their dotted names; a shared one once."""
        parameters: Iterator[tuple[str, Parameter]]
        parameters = self._named_members("_parameters", prefix, recurse, remove_duplicate)
        return parameters

    def parameters(self: Any, recurse: bool = True) -> Iterator[Parameter]:
        """Parameters; a shared one once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self: Any, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """Buffers with their dotted names; a shared one once."""
        buffers: Iterator[tuple[str, Any]] = self._named_members("_buffers", prefix, recurse, remove_duplicate)
        return buffers

    def buffers(self: Any, recurse: bool = True) -> Iterator[Any]:
        """Buffers; a shared one once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self: Any, target: str) -> M:
        """The module at a dotted path below this one; the empty path is this one."""
        module: Any = self
        for name in target.split(".") if target else []:
            if not hasattr(module, name):
                raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, TreeMethods):
                raise AttributeError(f"`{name}` is not an nn.Module")
        found: M = module
        return found

    def _member(self: Any, target: str, members: str, what: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        if name not in module.__dict__[members]:
            raise AttributeError(f"`{name}` is not {what}")
        return getattr(module, name)

    def set_submodule(self, target: str, module: M, strict: bool = False) -> None:
        """Put a module at a dotted path below this one; `strict`: only in the place of another one."""
        if not target:
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, TreeMethods):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent: Any = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{parent._get_name()} has no attribute `{name}`")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), TreeMethods):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self: Any, target: str) -> Parameter:
        """The parameter at a dotted path."""
        parameter: Parameter = self._member(target, "_parameters", "an nn.Parameter")
        return parameter

    def get_buffer(self: Any, target: str) -> Any:
        """The buffer at a dotted path."""
        return self._member(target, "_buffers", "a buffer")
