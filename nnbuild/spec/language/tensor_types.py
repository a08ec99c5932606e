"""`torch.Tensor` and its like: types for `isinstance`, and makers of tensors, of sizes or of numbers."""

from __future__ import annotations

from typing import Any

from nnbuild.spec.language import tensors
from nnbuild.spec.language.values import Hint, Native


def tensor_of(dtype: str) -> Native:
    """`torch.FloatTensor(...)`: of sizes, or of numbers."""

    def call(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if args and (isinstance(args[0], list | tuple) or tensors.is_tensor(args[0])):
            return caller.call(tensors.find_op("tensor"), [args[0]], {"dtype": dtype}, None, None)
        return caller.call(tensors.find_op("zeros"), args or [0], {"dtype": dtype}, None, None)

    return Native("Tensor", call)


class TensorType(Hint):
    """`torch.Tensor`, a type that makes tensors too."""

    __slots__ = ()

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A tensor of these sizes or numbers."""
        return tensor_of("float32").call_with(caller, args, kwargs)

    def language_get(self, caller: Any, name: str) -> Any:
        """`torch.Tensor.add`: the op, which takes the tensor first."""
        op = tensors.find_op(name)
        return op if op is not None else super().language_get(caller, name)
