"""Methods of tensors while modules are made: those that change them, and those that look at their values."""

from __future__ import annotations

import math
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.lazy import np
from nnbuild.nn.parameter import StoredTensor
from nnbuild.ops.nests import is_array
from nnbuild.ops.special import erf
from nnbuild.spec.language import making, tensors
from nnbuild.spec.language.attributes import is_device
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.names import INITIALISERS, call_initialiser
from nnbuild.spec.language.torch_names import DTYPES

#: Methods that fill a tensor, and torch.nn.init's name for that.
_FILLING = {"normal_": "normal_", "uniform_": "uniform_", "fill_": "constant_", "zero_": "zeros_"}


#: Methods that fill a tensor with random numbers in a forward: their arguments, and what these are where not given.
_DRAWN = {
    "uniform_": ("from", "to", 0.0, 1.0), "normal_": ("mean", "std", 0.0, 1.0),
    "bernoulli_": ("p", "generator", 0.5, None),
}  # fmt: skip

#: Methods of NumPy's arrays that are theirs, not torch's.
_OF_ARRAYS = frozenset(
    ("astype", "reshape", "transpose", "sum", "mean", "max", "min", "copy", "flatten", "cumsum", "round", "prod", "all",
     "any", "argmax", "argsort", "repeat")
)  # fmt: skip


class TensorMethod:
    """A method of a tensor, not called yet."""

    __slots__ = ("name", "value")

    def __init__(self, value: Any, name: str) -> None:
        self.value = value
        self.name = name

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """What the method gives."""
        return caller.call_op(lambda *a, **k: caller.tensor_method(self.value, self.name, list(a), k), args, kwargs)


def method(caller: Any, value: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """tensor.name(...)."""
    if name == "cuda" or (name == "to" and _only_devices(args, kwargs)):
        return value
    if name == "to":
        args = [_dtype(arg) for arg in args if not is_device(arg)]
        kwargs = {key: _dtype(each) for key, each in kwargs.items() if key == "dtype"}
    elif name == "type" and args and hasattr(args[0], "name"):
        args = [_dtype(args[0])]
    if name in ("register_hook", "retain_grad"):
        return None
    if not caller.making and name in _DRAWN:
        return _redrawn(caller, value, name, args, kwargs)
    if not caller.making:
        whole = _whole(value) if name.endswith("_") else None
        if whole is not None and tensors.has_method(name[:-1]):
            new = tensors.method(value, name[:-1], args, kwargs)
            caller.set_items(*whole, new)
            return new
        if whole is not None and name in ("zero_", "fill_", "copy_"):
            new = args[0] if args else 0
            caller.set_items(*whole, new)
            return value
        return tensors.method(value, name, args, kwargs)
    if isinstance(value, StoredTensor) and name.endswith("_") and not name.startswith("_"):
        return _changing(caller, value, name, args, kwargs)
    if name in ("item", "tolist", "numpy"):
        array = caller.values(value)
        if name == "tolist":
            caller.budget.spend(int(array.size))
        return caller.number(value) if name == "item" else array.tolist() if name == "tolist" else array
    if is_array(value) and name in _OF_ARRAYS:
        from nnbuild.spec.language.numpy_names import plain

        if name == "astype":
            args, kwargs = [_array_dtype(arg) for arg in args[:1]], {}
        caller.budget.take(value.nbytes * _repeats(name, args, kwargs))
        return plain(getattr(value, name)(*args, **kwargs))
    result = tensors.method(value, name, args, kwargs)
    return _viewing(value, name, args, result)


def _array_dtype(value: Any) -> str:
    """What NumPy means by a dtype. Raises SpecError for what is none of numbers."""
    name = str(_dtype(value))
    name = {"float": "float64", "int": "int64"}.get(name, name)
    if name not in DTYPES.values():
        raise SpecError(f"astype takes a dtype of numbers, not {describe(value)}")
    return name


def _repeats(name: str, args: list[Any], kwargs: dict[str, Any]) -> int:
    """How often the result of an array's method holds the array at most."""
    counts = [*args[:1], *kwargs.values()] if name == "repeat" else []
    listed = [number for count in counts for number in (count if isinstance(count, list | tuple) else [count])]
    return 1 + sum(abs(number) for number in listed if isinstance(number, int))


def _redrawn(caller: Any, value: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The tensor filled with random numbers: of a uniform or of a normal distribution, or zeros and ones."""
    first, second, low, high = _DRAWN[name]
    given = dict(zip((first, second), args, strict=False)) | kwargs
    start, end = given.get(first, low), given.get(second, high)

    def op(name: str, *args: Any) -> Any:
        return caller.call(tensors.find_op(name), list(args), {}, None, None)

    if name == "bernoulli_":
        return op("copy_", value, op("to", op("lt", op("rand_like", value), start), str(value.dtype)))
    by = end - start if name == "uniform_" else end
    drawn = caller.operate("Mult", op("rand_like" if name == "uniform_" else "randn_like", value), by)
    return op("copy_", value, caller.operate("Add", drawn, start))


def _whole(value: Any) -> tuple[Any, Any] | None:
    """The tensor that a traced value is a part of, and the index: what is written into the part is written there."""
    producer = getattr(value, "producer", None)
    if producer is None or producer.op.name != "getitem":
        return None
    return producer.arguments["input"], producer.arguments["index"]


def _viewing(value: Any, name: str, args: list[Any], result: Any) -> Any:
    """A part of the tensor that writes into it, for the views that public code writes into."""
    if name == "narrow" and len(args) == 3 and all(isinstance(arg, int) for arg in args):
        dim, start, length = args
        index = (*(slice(None),) * (dim % len(value.shape)), slice(start, start + length))
        return making.part(value, index, result)
    if name == "select" and len(args) == 2 and all(isinstance(arg, int) for arg in args):
        return making.part(value, (*(slice(None),) * (args[0] % len(value.shape)), args[1]), result)
    return result


def _changing(caller: Any, value: StoredTensor, name: str, args: list[Any], kwargs: dict[str, Any]) -> StoredTensor:
    if name == "requires_grad_":
        value.__dict__["requires_grad"] = bool(args[0] if args else kwargs.get("requires_grad", True))
        return value
    if name == "detach_":
        return value
    fill = _FILLING.get(name) or (name if name in INITIALISERS else None)
    origin = getattr(value, "origin", None)
    if fill is not None and "dtype" not in kwargs:
        numbers = [caller.number(arg) if tensors.is_tensor(arg) else arg for arg in args]
        kwargs = {{"from": "a", "to": "b"}.get(key, key): each for key, each in kwargs.items() if key != "generator"}
        call_initialiser(fill, [value, *numbers], kwargs)
        if origin is not None:
            making.write(origin[0], origin[1], value)
        return value
    if name == "copy_":
        source = args[0] if args else kwargs.get("src")
        making.write(value, ..., source)
        return value
    if name == "erfinv_":
        value.modify(inverse_error)
        return value
    op = name.removesuffix("_")
    if not tensors.has_method(op):
        raise SpecError(f"a tensor has no method {name}()")
    making.replace(value, tensors.method(making.snapshot(value), op, args, kwargs))
    return value


def inverse_error(array: np.ndarray) -> None:
    """The inverse of the error function in place: Winitzki's approximation, and Newton's steps to double precision."""
    x = np.clip(array.astype(np.float64), -1 + 1e-15, 1 - 1e-15)
    logarithm = np.log(1 - x * x)
    part = 2 / (math.pi * 0.147) + logarithm / 2
    y = np.copysign(np.sqrt(np.sqrt(part * part - logarithm / 0.147) - part), x)
    for _ in range(3):
        y -= (erf(y) - x) * (math.sqrt(math.pi) / 2) * np.exp(y * y)
    array[...] = y


def _only_devices(args: list[Any], kwargs: dict[str, Any]) -> bool:
    return all(is_device(arg) or arg is None for arg in args) and not set(kwargs) - {"device", "non_blocking"}


def _dtype(value: Any) -> Any:
    if isinstance(value, str) or tensors.is_tensor(value):
        return value
    return {"float": "float32", "int": "int64", "bool": "bool"}.get(getattr(value, "name", ""), str(value))
