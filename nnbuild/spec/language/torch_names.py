"""What `torch.` stands before in a forward beside the ops: dtypes, types, and questions that have one answer here."""

from __future__ import annotations

from typing import Any, NamedTuple

from nnbuild.budget import Budget
from nnbuild.errors import SpecError
from nnbuild.ops.memory_format import FORMATS
from nnbuild.spec.language import functions, natives, tensors
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.functions import Function

#: torch's names of dtypes.
DTYPES = {
    "float": "float32", "float16": "float16", "half": "float16", "float32": "float32", "float64": "float64",
    "double": "float64", "uint8": "uint8", "int8": "int8", "int16": "int16", "short": "int16", "int32": "int32",
    "int": "int32", "int64": "int64", "long": "int64", "bool": "bool",
    "bfloat16": "bfloat16",
    "complex64": "complex64", "cfloat": "complex64", "complex128": "complex128", "cdouble": "complex128",
}  # fmt: skip


class Limits(NamedTuple):
    """What a dtype holds: torch.finfo and torch.iinfo."""

    min: float
    max: float
    eps: float = 1
    tiny: float = 1
    bits: int = 64


#: Bits of the fraction and the largest exponent.
_FLOATS = {"float16": (10, 15), "float32": (23, 127), "float64": (52, 1023)}


def _finfo(budget: Budget, args: list[Any], kwargs: dict[str, Any]) -> Limits:
    dtype = args[0] if args else kwargs.get("dtype", kwargs.get("type", "float32"))
    if not isinstance(dtype, str) or dtype not in _FLOATS:
        raise SpecError(f"finfo wants a dtype with fractions and gets {describe(dtype)}", hint="as torch.float32")
    digits, exponent = _FLOATS[dtype]
    largest = (2 - 2.0**-digits) * 2.0**exponent
    return Limits(-largest, largest, 2.0**-digits, 2.0 ** (1 - exponent), int(dtype[5:]))


def _iinfo(budget: Budget, args: list[Any], kwargs: dict[str, Any]) -> Limits:
    dtype = args[0] if args else kwargs.get("dtype", kwargs.get("type"))
    if not isinstance(dtype, str) or dtype not in DTYPES.values() or "int" not in dtype:
        raise SpecError(f"iinfo wants a dtype of whole numbers and gets {describe(dtype)}", hint="as torch.int64")
    bits = int(dtype[dtype.index("t") + 1 :])
    low, high = (0, 2**bits - 1) if dtype == "uint8" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return Limits(low, high, bits=bits)


class Fact:
    """A function that says of a tensor what is known without its data."""

    def __init__(self, name: str) -> None:
        self.name, self.described = name, f"the function {name}"

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return tensors.fact(self.name, args, kwargs)


#: Names of a forward's own, beside the functions of every expression.
NAMES: dict[str, Any] = dict(natives.NAMES)

TORCH: dict[str, Any] = {
    **functions.MATH,
    **DTYPES,
    "Tensor": NAMES["Tensor"],
    **{name: name for name in FORMATS},
    "Size": functions.NAMES["tuple"],
    "finfo": Function("finfo", _finfo),
    "iinfo": Function("iinfo", _iinfo),
    **{name: Fact(name) for name in ("is_complex", "is_floating_point", "numel")},
    **{name: Function(name, lambda budget, args, kwargs: False) for name in ("is_scripting", "is_tracing")},
}
