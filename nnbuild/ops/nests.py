"""Tensors in the arguments of a call: found, and replaced, through lists, tuples and dicts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

from nnbuild.lazy import np
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.tensor_like import TensorLike


def is_tensor(value: object) -> bool:
    """Whether an op takes the value as a tensor: an array, a TensorSpec, a Parameter or a Buffer."""
    return isinstance(value, TensorLike) or is_array(value)


def is_array(value: object) -> bool:
    """Whether the value is a NumPy array; asked without importing NumPy."""
    return "numpy" in sys.modules and isinstance(value, np.ndarray)


_PLAIN = frozenset((int, float, bool, str, type(None)))


def map_tensors(function: Callable[[Any], Any], value: Any) -> Any:
    """The value with the function applied to each tensor in it, through lists, tuples and dicts."""
    kind = type(value)
    if kind in _PLAIN:  # most of an op's arguments; every trace passes here 50 times for each op
        return value
    if kind is tuple:
        return tuple([item if type(item) in _PLAIN else map_tensors(function, item) for item in value])
    if isinstance(value, dict):
        return {key: item if type(item) in _PLAIN else map_tensors(function, item) for key, item in value.items()}
    if is_tensor(value):
        return function(value)
    if isinstance(value, list | tuple):
        return like(value, [map_tensors(function, item) for item in value])
    return value


def like(value: Any, items: Iterable[Any]) -> Any:
    """A list, tuple or named tuple of the value's type."""
    return type(value)._make(items) if hasattr(value, "_make") else type(value)(items)


def tensors_in(value: Any) -> list[Any]:
    """Every tensor in the value, in order, through lists, tuples and dicts."""
    found: list[Any] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[Any]) -> None:
    if isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            if type(item) not in _PLAIN:
                _collect(item, found)
    elif is_tensor(value):
        found.append(value)


def spec_of(tensor: Any) -> TensorSpec:
    """The shape and dtype of a tensor."""
    return tensor if isinstance(tensor, TensorSpec) else TensorSpec(tensor.shape, str(tensor.dtype))


def array_of(tensor: Any) -> np.ndarray:
    """The data of a Parameter, a Buffer or an array."""
    return tensor.data if isinstance(tensor, TensorLike) else tensor
