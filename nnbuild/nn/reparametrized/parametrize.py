"""Parametrisations: a module's tensor is what other modules compute of tensors under `parametrizations`.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.register_parametrization.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from nnbuild.errors import OptionError, suggestion
from nnbuild.nn.computed import PARAMETRIZATIONS, Computed, compute, forget
from nnbuild.nn.containers import ModuleDict, ModuleList
from nnbuild.nn.module import Module
from nnbuild.nn.parameter import Buffer, Parameter
from nnbuild.nn.uninitialized import is_lazy
from nnbuild.ops.nests import array_of

M = TypeVar("M", bound=Module)


class ParametrizationList(ModuleList):
    """The parametrisations of one tensor, one after another, and what the first is given.

    That is `original`, or `original0`, `original1`, ... if the first one's right_inverse makes several of the tensor.
    """

    def __init__(self, parametrization: Module, original: Any) -> None:
        super().__init__([parametrization])
        made = _inverse(parametrization, original)
        self.is_tensor = not isinstance(made, Sequence)
        if self.is_tensor:
            if made is not original:
                original.data = array_of(made)
            _register(self, "original", original)
            return
        for index, tensor in enumerate(made):
            if isinstance(original, Parameter) and not isinstance(tensor, Parameter):
                tensor = Parameter(tensor, original.requires_grad)
            _register(self, f"original{index}", tensor)

    def originals(self) -> list[Any]:
        """The tensors that the first parametrisation is given."""
        return [*self._parameters.values(), *self._buffers.values()]

    def right_inverse(self, value: Any) -> None:
        """Set the originals, so that the tensor becomes this value."""
        for parametrization in reversed(list(self)):
            value = _inverse(parametrization, value)
        for original, made in zip(self.originals(), [value] if self.is_tensor else value, strict=True):
            original.data = array_of(made).astype(str(original.dtype))

    def forward(self) -> Any:
        first, *others = self
        value = first.forward(*self.originals())
        for parametrization in others:
            value = parametrization.forward(value)
        return value


class _Parametrized(Computed):
    """A tensor that the module below `parametrizations` of its name computes."""

    prefix = "Parametrized"

    def __init__(self, name: str) -> None:
        self.name = name

    def value(self, module: Any) -> Any:
        return module._modules[PARAMETRIZATIONS][self.name].forward()

    def assign(self, module: Any, value: Any) -> None:
        module._modules[PARAMETRIZATIONS][self.name].right_inverse(value)


def _inverse(parametrization: Any, value: Any) -> Any:
    return parametrization.right_inverse(value) if hasattr(parametrization, "right_inverse") else value


def _register(module: Module, name: str, tensor: Any) -> None:
    (module.register_parameter if isinstance(tensor, Parameter) else module.register_buffer)(name, tensor)


def given_tensor(what: str, module: Any, name: str) -> Any:
    """The module's parameter or buffer of this name, for `what` to work on. Raises OptionError without one."""
    if not isinstance(module, Module):
        raise OptionError(f"{what} wants a layer and gets {module!r}", hint=f"as in {what}(Linear(3, 4))")
    own = {**module._parameters, **module._buffers}
    tensor = own.get(name)
    if tensor is None:
        hint = suggestion(name, own) or (f"there are {', '.join(own)}" if own else "it has no weights")
        raise OptionError(f"{what} finds no {name} in this {module._get_name()}", hint=hint, option="name")
    if is_lazy(tensor):
        raise OptionError(
            f"{what} wants a {name} whose shape is known, and this {module._get_name()} takes it from its first input",
            hint=f"a {type(module).__name__.removeprefix('Lazy')} with its sizes",
        )
    return tensor


def register_parametrization(module: M, tensor_name: str, parametrization: Module, *, unsafe: bool = False) -> M:
    """Let `parametrization` compute the module's tensor; a second one takes what the first gives.

    Unless `unsafe`, a tensor of another shape or dtype is refused.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        module.parametrizations[tensor_name].append(parametrization)
        return module
    original = given_tensor("register_parametrization", module, tensor_name)
    made = ParametrizationList(parametrization, original)
    if not unsafe:
        _refuse_change(made, original)
    attach(module, tensor_name, made)
    return module


def attach(module: Module, name: str, made: ParametrizationList) -> None:
    """Put the list in the place of the tensor."""
    delattr(module, name)
    if not is_parametrized(module):
        module.add_module(PARAMETRIZATIONS, ModuleDict())
    module.parametrizations[name] = made
    compute(module, name, _Parametrized(name))


def _refuse_change(made: ParametrizationList, original: Any) -> None:
    value = made.forward()
    for what, before, after in (
        ("shape", tuple(original.shape), tuple(value.shape)), ("dtype", str(original.dtype), str(value.dtype)),
    ):  # fmt: skip
        if before != after:
            raise OptionError(f"a parametrization keeps the {what} of the tensor, and this makes {after} of {before}")


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether the module has a parametrised tensor, or one of this name."""
    found = [name for name, computed in module._computed.items() if isinstance(computed, _Parametrized)]
    return bool(found) if tensor_name is None else tensor_name in found


def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Make the tensor the module's own again: with its present value, or with that of its only original."""
    if not is_parametrized(module, tensor_name):
        raise OptionError(f"this {module._get_name()} has no parametrization of {tensor_name}")
    made = module.parametrizations[tensor_name]
    if not made.is_tensor and not leave_parametrized:
        raise OptionError(
            f"{tensor_name} is computed of several tensors, none of which can take its place",
            hint="leave_parametrized=True",
        )
    tensor = made.originals()[0]
    if leave_parametrized:
        value = array_of(getattr(module, tensor_name))
        if made.is_tensor:
            tensor.data = value
        else:
            tensor = Parameter(value) if isinstance(tensor, Parameter) else Buffer(value)
    forget(module, tensor_name)
    del module.parametrizations[tensor_name]
    if not is_parametrized(module):
        del module.parametrizations
    _register(module, tensor_name, tensor)
    return module
