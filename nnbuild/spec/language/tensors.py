"""What expressions do with tensors: Python's operators as ops, and the attributes and methods that need no data.

A tensor is an array, a Parameter, a Buffer or a TensorSpec. Arithmetic on it always goes through an op, because plain
array arithmetic promotes otherwise than torch, and a trace would not see it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nnbuild.budget import Budget
from nnbuild.errors import SpecError, suggestion
from nnbuild.limits import STEPS_A_NODE
from nnbuild.spec.language import arithmetic
from nnbuild.spec.language.arithmetic import SYMBOLS
from nnbuild.spec.language.describe import describe

#: Types that are surely no tensors; whatever else comes is asked of `ops`.
PLAIN = frozenset(
    {int, float, complex, bool, str, type(None), tuple, list, dict, range, type(Ellipsis), slice, set, frozenset}
)

_BINARY = {
    "Add": "add", "Sub": "sub", "Mult": "mul", "Div": "div", "FloorDiv": "floor_divide", "Mod": "remainder",
    "Pow": "pow", "MatMult": "matmul", "BitAnd": "bitwise_and", "BitOr": "bitwise_or", "BitXor": "bitwise_xor",
    "Eq": "eq", "NotEq": "ne", "Lt": "lt", "LtE": "le", "Gt": "gt", "GtE": "ge",
}  # fmt: skip
_UNARY = {"USub": "neg", "Invert": "bitwise_not"}


def is_tensor(value: Any) -> bool:
    """Whether ops take the value as a tensor."""
    if type(value) in PLAIN:
        return False
    from nnbuild import ops

    return ops.is_tensor(value)


def find_op(name: str) -> Any:
    """The op of this name, or None."""
    from nnbuild import ops

    return getattr(ops, name) if name in ops.OPS else None


def operate(name: str, left: Any, right: Any, budget: Budget) -> Any:
    """left OP right for plain values and for tensors."""
    if (type(left) in PLAIN and type(right) in PLAIN) or not (is_tensor(left) or is_tensor(right)):
        return arithmetic.binary(name, left, right, budget)
    return binary(name, left, right)


def binary(name: str, left: Any, right: Any) -> Any:
    """left OP right, at least one of them a tensor."""
    op = find_op(_BINARY.get(name, ""))
    if op is None:
        raise SpecError(f"{SYMBOLS[name]} does not work on tensors")
    for side in (left, right):
        if not (is_tensor(side) or isinstance(side, (bool, int, float, complex))):
            raise SpecError(f"{SYMBOLS[name]} does not work on {describe(left)} and {describe(right)}")
    return op(left, right)


def unary(name: str, value: Any) -> Any:
    """OP value for a tensor."""
    return value if name == "UAdd" else find_op(_UNARY[name])(value)


def truth_refused(value: Any) -> SpecError:
    """The error for a decision on a tensor's data."""
    return SpecError(
        f"a decision on the data of {describe(value)}: the network would not have one shape",
        hint="decide on shapes, params or `choose:`; to choose between values use torch.where(condition, a, b)",
    )


def attribute(value: Any, name: str) -> Any:
    """A fact of a tensor that is known without data."""
    if name == "shape":
        return tuple(int(size) for size in value.shape)
    if name == "ndim":
        return len(value.shape)
    if name == "dtype":
        return getattr(value.dtype, "name", value.dtype)
    if name in ("T", "mT", "H", "mH"):
        axes = range(len(value.shape))
        if name == "H" and len(axes) not in (0, 2):
            raise SpecError(f"H is of a matrix, not of a tensor with {len(axes)} axes", hint="x.mH for batches of them")
        order = tuple(reversed(axes)) if name in ("T", "H") else (*axes[:-2], *reversed(axes[-2:]))
        turned = find_op("permute")(value, order)
        return find_op("conj")(turned) if name in ("H", "mH") else turned
    if name in ("real", "imag"):
        return find_op(name)(value)
    if name in _ALWAYS:
        return _ALWAYS[name]
    if name == "data":
        return value
    if name in ("weight", "bias"):
        raise SpecError(f"a tensor has no {name}")
    known = ["shape", "ndim", "dtype", "T", "mT", "H", "mH", "real", "imag", *_FACTS, *_methods()]
    call = f"write {name}()" if name in known else suggestion(name, known, cutoff=0.7)
    raise SpecError(f"a tensor has no attribute {name}", hint=call)


_FACTS: dict[str, Callable[[Any], Any]] = {
    "dim": lambda value: len(value.shape),
    "ndimension": lambda value: len(value.shape),
    "numel": lambda value: math.prod(int(size) for size in value.shape),
    "nelement": lambda value: math.prod(int(size) for size in value.shape),
    "is_floating_point": lambda value: "float" in attribute(value, "dtype"),
    "is_complex": lambda value: "complex" in attribute(value, "dtype"),
}


def fact(name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What `torch.is_complex(x)` and its like say of a tensor."""
    given = [*args, *kwargs.values()]
    if len(given) != 1 or not is_tensor(given[0]) or set(kwargs) - {"input"}:
        raise SpecError(f"{name} takes one tensor")
    return _FACTS[name](given[0])


_ALWAYS = {"device": "cpu", "is_cuda": False, "requires_grad": False}
#: Methods that do not what the function of their name does, and the ops that do it.
_OTHER_THAN_FUNCTIONS = {"unfold": "tensor_unfold"}
_SAME = ("cpu", "cuda")
_KNOWN = ("size", "type", "to", "cuda", "cpu", "item", "tolist", "numpy")


def _methods() -> frozenset[str]:
    from nnbuild import ops

    return ops.METHODS


def has_method(name: str) -> bool:
    """Whether tensors have a method of this name."""
    return name in _methods() or name in _FACTS or name in _OTHER_THAN_FUNCTIONS or name in _KNOWN


def method(value: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """value.name(...): a fact, or the op of that name."""
    if name in _methods():
        return find_op(name)(value, *args, **kwargs)
    if name in _OTHER_THAN_FUNCTIONS:
        return find_op(_OTHER_THAN_FUNCTIONS[name])(value, *args, **kwargs)
    if name == "type" and (args or kwargs):
        return find_op("to")(value, *args, **kwargs)
    if name == "size":
        return _size(value, *args, **kwargs)
    if name in _FACTS or name in _SAME:
        if args or kwargs:
            raise SpecError(f"{name}() takes no arguments")
        return _FACTS[name](value) if name in _FACTS else value
    if name in ("item", "tolist", "numpy"):
        raise truth_refused(value)
    if name.endswith("_") and name[:-1] in _methods():
        raise SpecError(f"{name}() changes a tensor in place", hint=f"write x = x.{name[:-1]}(...)")
    if find_op(name) is not None:
        raise SpecError(f"{name} is no method of tensors", hint=f"write {name}(x, ...)")
    known = [*_methods(), *_FACTS, *_SAME, "size"]
    raise SpecError(f"a tensor has no method {name}()", hint=suggestion(name, known, cutoff=0.7))


def _size(value: Any, dim: Any = None) -> Any:
    shape = attribute(value, "shape")
    if dim is None:
        return shape
    if isinstance(dim, bool) or not isinstance(dim, int) or not -len(shape) <= dim < len(shape):
        raise SpecError(f"size({describe(dim)}) of a tensor with {len(shape)} axes {shape}")
    return shape[dim]


def length(value: Any) -> int:
    """How many parts a tensor has along its first axis."""
    if not value.shape:
        raise SpecError("a tensor without axes has no items")
    return int(value.shape[0])


def items(value: Any, budget: Budget) -> list[Any]:
    """The parts of a tensor along its first axis, each an op."""
    budget.spend(length(value) * STEPS_A_NODE)
    getitem = find_op("getitem")
    return [getitem(value, index) for index in range(length(value))]
