"""What `isinstance`, `issubclass` and `type` tell apart: Python's types, tensors, layers, a program's own classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnbuild.budget import charge
from nnbuild.errors import SpecError
from nnbuild.spec.language import functions, tensors
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.functions import Function
from nnbuild.spec.language.partials import Partial, is_layer_type
from nnbuild.spec.language.tensor_types import TensorType
from nnbuild.spec.language.values import Hint, Items, Native, Opaque

_PYTHON: dict[str, type] = {
    kind.__name__: kind for kind in (list, tuple, dict, int, float, bool, str, set, frozenset, range, slice)
}
_PYTHON["OrderedDict"] = dict

#: Abstract types and what belongs to them.
_ABSTRACT: dict[str, Callable[[Any], bool]] = {
    "Tensor": tensors.is_tensor,
    "Iterable": lambda value: isinstance(value, list | tuple | dict | str | set | range | Items),
    "Sequence": lambda value: isinstance(value, list | tuple | str | range),
    "MutableSequence": lambda value: isinstance(value, list),
    "Mapping": lambda value: isinstance(value, dict),
    "MutableMapping": lambda value: isinstance(value, dict),
    "Callable": lambda value: is_callable(value),
    "Number": lambda value: isinstance(value, int | float),
    "Real": lambda value: isinstance(value, int | float),
    "Integral": lambda value: isinstance(value, int),
    "Size": lambda value: isinstance(value, tuple),
    "List": lambda value: isinstance(value, list),
    "Tuple": lambda value: isinstance(value, tuple),
    "Dict": lambda value: isinstance(value, dict),
    "ndarray": tensors.is_tensor,
    "NoneType": lambda value: value is None,
    "object": lambda value: True,
    "FunctionType": lambda value: hasattr(value, "frame"),
    "MethodType": lambda value: hasattr(value, "receiver"),
    "ModuleType": lambda value: hasattr(value, "imported"),
    "device": lambda value: False,
    "dtype": lambda value: isinstance(value, str),
}  # fmt: skip

#: Types that are functions of the language, and what belongs to them.
_NATIVE: dict[str, Callable[[Any], bool]] = {
    "type": lambda value: is_layer_type(value) or hasattr(value, "lineage") or is_type(value),
    "partial": lambda value: isinstance(value, Partial),
    "SimpleNamespace": lambda value: hasattr(value, "fields"),
}

#: Types that are Hints, by name.
HINTS = {name: Hint(name) for name in _ABSTRACT} | {"Tensor": TensorType("Tensor")}


def is_type(value: Any) -> bool:
    """Whether the value is a type in an annotation's sense: `int`, `Tensor`, `Optional[int]`."""
    return (
        isinstance(value, Hint) or (isinstance(value, Function) and value.name in _PYTHON) or value is HINTS["object"]
    )


def is_callable(value: Any) -> bool:
    """callable(value)."""
    if tensors.is_tensor(value) or type(value) in tensors.PLAIN:
        return False
    return callable(value) or hasattr(value, "call_with") or hasattr(value, "call") or hasattr(value, "_modules")


def belongs(value: Any, kind: Any) -> bool:
    """isinstance(value, kind)."""
    charge(1)
    if isinstance(kind, tuple | list):
        return any(belongs(value, each) for each in kind)
    if kind is None:
        return value is None
    if isinstance(kind, Hint):
        if kind.kinds:
            return any(belongs(value, each) for each in kind.kinds)
        if kind.name in _ABSTRACT:
            return _ABSTRACT[kind.name](value)
        return False
    own = getattr(kind, "language_belongs", None)
    if own is not None:
        return bool(own(value))
    if isinstance(kind, type):
        from nnbuild.nn.sequences import PackedSequence, is_packed

        return is_packed(value) if kind is PackedSequence else isinstance(value, kind)
    if isinstance(kind, Opaque):
        return False
    if getattr(kind, "name", "") in ("Parameter", "Buffer"):
        return bool(type(value).__name__ == kind.name)
    if isinstance(kind, Native) and kind.name in _NATIVE:
        return _NATIVE[kind.name](value)
    if isinstance(kind, Function) and kind.name in _PYTHON:
        return isinstance(value, _PYTHON[kind.name])
    if getattr(kind, "definition", None) is not None:
        return getattr(type(value), "definition", None) is kind.definition
    raise SpecError(f"isinstance knows no type {describe(kind)}", hint="as Tensor, list, tuple or int")


def _isinstance(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> bool:
    if len(args) != 2 or kwargs:
        raise SpecError("isinstance takes a value and a type, or a tuple of types")
    return belongs(*args)


def below(kind: Any, other: Any) -> bool:
    """issubclass(kind, other)."""
    charge(1)
    if isinstance(other, tuple):
        return any(below(kind, each) for each in other)
    own = getattr(kind, "python", kind)
    wanted = getattr(other, "python", other)
    if isinstance(own, type) and isinstance(wanted, type):
        return issubclass(own, wanted)
    return kind is other


def _issubclass(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> bool:
    if len(args) != 2 or kwargs:
        raise SpecError("issubclass takes a type and a type, or a tuple of types")
    return below(*args)


def type_of(value: Any) -> Any:
    """type(value)."""
    if hasattr(value, "_modules") and not isinstance(value, type):
        return getattr(type(value), "source_class", None) or type(value)
    own = getattr(type(value), "source_class", None)
    if own is not None:
        return own
    if hasattr(value, "frame"):
        return Hint("function")
    if value is None:
        return HINTS["NoneType"]
    if tensors.is_tensor(value):
        return HINTS["Tensor"]
    return functions.NAMES.get(type(value).__name__) or Hint(type(value).__name__)


def _type(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) != 1 or kwargs:
        raise SpecError("type takes one value here", hint="write a class")
    return type_of(args[0])


NAMES: dict[str, Any] = {
    "isinstance": Native("isinstance", _isinstance), "issubclass": Native("issubclass", _issubclass),
    "type": Native("type", _type), "object": HINTS["object"], "Tensor": HINTS["Tensor"],
    "callable": Native("callable", lambda caller, args, kwargs: is_callable(*args)),
}  # fmt: skip
