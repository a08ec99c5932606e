"""Hooks of a Module: functions that run before and after `forward`, with torch's order and options.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
"""

from __future__ import annotations

import itertools
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

Hook = Callable[..., Any]


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook out again; as a context manager, at its end."""

    _ids = itertools.count()

    def __init__(self, hooks: OrderedDict[int, Hook], *options: set[int]) -> None:
        self.id = next(RemovableHandle._ids)
        self._hooks = weakref.ref(hooks)
        self._options = options

    def remove(self) -> None:
        """Take the hook out; a second time does nothing."""
        hooks = self._hooks()
        if hooks is not None:
            hooks.pop(self.id, None)
        for option in self._options:
            option.discard(self.id)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


class HookDict(OrderedDict[int, Hook]):
    """The hooks of one kind by id, in the order in which they run."""

    def register(self, hook: Hook, *options: set[int], prepend: bool = False) -> RemovableHandle:
        """Add a hook and put its id into each of the option sets."""
        handle = RemovableHandle(self, *options)
        self[handle.id] = hook
        for option in options:
            option.add(handle.id)
        if prepend:
            self.move_to_end(handle.id, last=False)
        return handle


class HookMethods:
    """The part of Module that keeps and runs hooks."""

    _checked_forward: Callable[[tuple[Any, ...], dict[str, Any]], Any]
    _forward_hooks: HookDict
    _forward_pre_hooks: HookDict
    _backward_hooks: HookDict
    _backward_pre_hooks: HookDict
    _hooks_with_kwargs: set[int]
    _hooks_always_called: set[int]

    def _init_hooks(self) -> None:
        for name in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"):
            self.__dict__[name] = HookDict()
        self.__dict__["_hooks_with_kwargs"] = set()
        self.__dict__["_hooks_always_called"] = set()

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Run `hook(module, args)` before forward; what it returns, unless None, replaces the arguments.

        With `with_kwargs` it is `hook(module, args, kwargs)`, and it returns None or (args, kwargs).
        """
        options = [self._hooks_with_kwargs] if with_kwargs else []
        return self._forward_pre_hooks.register(hook, *options, prepend=prepend)

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Run `hook(module, args, output)` after forward; what it returns, unless None, replaces the output.

        With `with_kwargs` it is `hook(module, args, kwargs, output)`; with `always_call` it runs even when the call
        raises.
        """
        options = [self._hooks_with_kwargs] if with_kwargs else []
        options += [self._hooks_always_called] if always_call else []
        return self._forward_hooks.register(hook, *options, prepend=prepend)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Keep `hook(module, grad_output)` for the backward pass. Nothing runs it while there are no gradients."""
        return self._backward_pre_hooks.register(hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Keep `hook(module, grad_input, grad_output)` for the backward pass. Nothing runs it while there are no
        gradients.
        """
        return self._backward_hooks.register(hook, prepend=prepend)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        called: set[int] = set()
        result: Any = None
        try:
            args, kwargs = self._run_pre_hooks(args, kwargs)
            result = self._checked_forward(args, kwargs)
            for key, hook in list(self._forward_hooks.items()):
                called.add(key)
                result = self._run_forward_hook(key, hook, args, kwargs, result)
        except Exception:
            for key, hook in list(self._forward_hooks.items()):
                if key in self._hooks_always_called and key not in called:
                    result = self._run_silenced(key, hook, args, kwargs, result)
            raise
        return result

    def _run_pre_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        for key, hook in list(self._forward_pre_hooks.items()):
            if key in self._hooks_with_kwargs:
                replaced = hook(self, args, kwargs)
                if replaced is None:
                    continue
                if not (isinstance(replaced, tuple) and len(replaced) == 2):
                    raise RuntimeError(
                        f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {replaced}."
                    )
                args, kwargs = replaced
            else:
                replaced = hook(self, args)
                if replaced is not None:
                    args = replaced if isinstance(replaced, tuple) else (replaced,)
        return args, kwargs

    def _run_forward_hook(
        self, key: int, hook: Hook, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> Any:
        with_kwargs = key in self._hooks_with_kwargs
        replaced = hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)
        return result if replaced is None else replaced

    def _run_silenced(self, key: int, hook: Hook, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
        try:
            return self._run_forward_hook(key, hook, args, kwargs, result)
        except Exception as error:
            warnings.warn(
                "module forward hook with ``always_call=True`` raised an exception that was silenced as another error "
                f"was raised in forward: {error}",
                stacklevel=3,
            )
            return result
