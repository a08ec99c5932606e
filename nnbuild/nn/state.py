"""state_dict and load_state_dict: a Module's parameters and persistent buffers by name, with torch's messages.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from nnbuild.errors import WeightError
from nnbuild.nn.hooks import Hook, HookDict, RemovableHandle
from nnbuild.nn.parameter import Buffer, Parameter
from nnbuild.nn.uninitialized import is_lazy
from nnbuild.ops.nests import array_of, is_tensor
from nnbuild.words import listed

EXTRA_STATE = "_extra_state"


class IncompatibleKeys(NamedTuple):
    """What load_state_dict returns: keys that the network has and the weights lack, and the other way round."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class StateDict(OrderedDict[str, Any]):
    """Arrays by name, with `_metadata` about the modules that they belong to."""

    _metadata: OrderedDict[str, dict[str, Any]]


class Findings(NamedTuple):
    """What loading collects on its way through the modules: names, and sentences on what has the wrong shape."""

    missing: list[str]
    unexpected: list[str]
    errors: list[str]


class StateMethods:
    """The part of Module that saves and loads state."""

    _version: int = 1
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]
    _non_persistent_buffers_set: set[str]
    _state_dict_hooks: HookDict
    _state_dict_pre_hooks: HookDict
    _load_state_dict_pre_hooks: HookDict
    _load_state_dict_post_hooks: HookDict

    def _init_state_hooks(self) -> None:
        for name in (
            "_state_dict_hooks",
            "_state_dict_pre_hooks",
            "_load_state_dict_pre_hooks",
            "_load_state_dict_post_hooks",
        ):
            self.__dict__[name] = HookDict()

    def register_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Run `hook(module, prefix, keep_vars)` before state_dict gathers this module."""
        return self._state_dict_pre_hooks.register(hook)

    def register_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Run `hook(module, state_dict, prefix, local_metadata)` on the gathered dict, which it may change in place."""

        def checked(*args: Any) -> None:
            if hook(*args) is not None:
                raise RuntimeError("state_dict post-hook must return None")

        return self._state_dict_hooks.register(checked)

    def _register_state_dict_hook(self, hook: Hook) -> RemovableHandle:
        """As register_state_dict_post_hook, but what the hook returns, unless None, replaces the dict."""
        return self._state_dict_hooks.register(hook)

    def register_load_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Run `hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)`
        before this module takes its part of the weights.
        """
        return self._load_state_dict_pre_hooks.register(partial(hook, self))

    def _register_load_state_dict_pre_hook(self, hook: Hook, with_module: bool = False) -> RemovableHandle:
        return self._load_state_dict_pre_hooks.register(partial(hook, self) if with_module else hook)

    def register_load_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Run `hook(module, incompatible_keys)` after this module has loaded; it may change the lists in place."""
        return self._load_state_dict_post_hooks.register(hook)

    def get_extra_state(self) -> Any:
        """More state to save beside arrays; override it together with set_extra_state."""
        raise RuntimeError("override get_extra_state and set_extra_state together to save more than arrays")

    def set_extra_state(self, state: Any) -> None:
        """Take back what get_extra_state gave."""
        raise RuntimeError("override get_extra_state and set_extra_state together to save more than arrays")

    def _has_own(self, method: str) -> bool:
        return getattr(type(self), method) is not getattr(StateMethods, method)

    def _own_state(self) -> Iterator[tuple[str, Parameter | Buffer | Any]]:
        for name, parameter in self._parameters.items():
            if parameter is not None:
                yield name, parameter
        for name, buffer in self._buffers.items():
            if buffer is not None and name not in self._non_persistent_buffers_set:
                yield name, buffer

    def state_dict(
        self, *, destination: StateDict | None = None, prefix: str = "", keep_vars: bool = False
    ) -> StateDict:
        """Parameters and persistent buffers as arrays by dotted name. The arrays are the network's own, not copies.

        With `keep_vars` the Parameter and Buffer objects themselves.
        """
        if destination is None:
            destination = StateDict()
            destination._metadata = OrderedDict()
        local_metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local_metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        for name, tensor in self._own_state():
            destination[prefix + name] = tensor if keep_vars or is_lazy(tensor) else array_of(tensor)
        if self._has_own("get_extra_state"):
            destination[prefix + EXTRA_STATE] = self.get_extra_state()
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._state_dict_hooks.values():
            replaced = hook(self, destination, prefix, local_metadata)
            destination = destination if replaced is None else replaced
        return destination

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy arrays into the parameters and buffers of the same names.

        Params: strict, refuse missing and unexpected keys; assign, take the arrays themselves in place of copying
        their values, dtype included. Raises WeightError with every problem at once, in torch's words; nothing of a
        mis-shaped entry is copied.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        found = self.take_state(state_dict, assign)
        errors = list(found.errors)
        if strict:
            for kind, keys in (("Unexpected", found.unexpected), ("Missing", found.missing)):
                if keys:
                    errors.insert(0, f"{kind} key(s) in state_dict: {listed(map(_quoted, keys))}. ")
        if errors:
            raise WeightError(f"Error(s) in loading state_dict for {type(self).__name__}:", details=errors)
        return IncompatibleKeys(found.missing, found.unexpected)

    def take_state(self, state_dict: Mapping[str, Any], assign: bool = False) -> Findings:
        """Copy what fits of a state_dict, as load_state_dict does, and say what does not."""
        found = Findings([], [], [])
        self._load("", OrderedDict(state_dict), getattr(state_dict, "_metadata", {}), assign, found)
        return found

    def _load(
        self, prefix: str, state: dict[str, Any], metadata: Mapping[str, Any], assign: bool, found: Findings
    ) -> None:
        local_metadata = dict(metadata.get(prefix[:-1], {}))
        if assign:
            local_metadata["assign_to_params_buffers"] = True
        self._load_from_state_dict(state, prefix, local_metadata, True, *found)
        for name, child in self._modules.items():
            if child is not None:
                begin = f"{prefix}{name}."
                part = {key: value for key, value in state.items() if key.startswith(begin)}
                child._load(begin, part, metadata, assign, found)
        for hook in self._load_state_dict_post_hooks.values():
            if hook(self, IncompatibleKeys(found.missing, found.unexpected)) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new "
                    "values, if incompatible_keys need to be modified, it should be done inplace."
                )

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Take this module's own entries (not its children's); a layer with an older format overrides this."""
        for hook in self._load_state_dict_pre_hooks.values():
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        assign = local_metadata.get("assign_to_params_buffers", False)
        known = dict(self._own_state())
        for name, tensor in known.items():
            key = prefix + name
            if key in state_dict:
                problem = self._take(name, key, tensor, state_dict[key], assign)
                if problem:
                    error_msgs.append(problem)
            elif strict:
                missing_keys.append(key)
        self._load_extra_state(state_dict, prefix, strict, missing_keys, unexpected_keys)
        if strict:
            unexpected_keys += [key for key in state_dict if self._is_unknown(key, prefix, known)]

    def _load_extra_state(
        self, state_dict: dict[str, Any], prefix: str, strict: bool, missing: list[str], unexpected: list[str]
    ) -> None:
        key = prefix + EXTRA_STATE
        if self._has_own("set_extra_state"):
            if key in state_dict:
                self.set_extra_state(state_dict[key])
            elif strict:
                missing.append(key)
        elif strict and key in state_dict:
            unexpected.append(key)

    def _is_unknown(self, key: str, prefix: str, known: dict[str, Any]) -> bool:
        if not key.startswith(prefix) or key == prefix + EXTRA_STATE:
            return False
        name, *rest = key[len(prefix) :].split(".", 1)
        return name not in self._modules if rest else name not in known

    def _take(self, name: str, key: str, tensor: Any, value: Any, assign: bool) -> str | None:
        if not is_tensor(value):
            return (
                f'While copying the parameter named "{key}", expected an array or array-like object from checkpoint '
                f"but received {type(value)}"
            )
        if is_lazy(value):
            return None if is_lazy(tensor) else f"{key} has no values in the checkpoint yet: {value!r}"
        if is_lazy(tensor):
            tensor.materialize(value.shape)
        if tensor.shape == () and value.shape == (1,):
            value = array_of(value)[0]
        if value.shape != tensor.shape:
            return (
                f"size mismatch for {key}: copying a param with shape {_size(value)} from checkpoint, "
                f"the shape in current model is {_size(tensor)}."
            )
        if assign:
            if isinstance(tensor, Parameter):
                value = value if isinstance(value, Parameter) else Parameter(value)
                value.requires_grad = tensor.requires_grad
            setattr(self, name, value)
        else:
            _copy(tensor, array_of(value))
        return None


def _copy(tensor: Any, value: Any) -> None:
    if isinstance(tensor, Parameter | Buffer) and not tensor.is_materialized:
        tensor.data = value.astype(tensor.dtype)
    else:
        array_of(tensor)[...] = value


def _quoted(key: str) -> str:
    return f'"{key}"'


def _size(tensor: Any) -> str:
    return f"torch.Size({list(tensor.shape)})"
