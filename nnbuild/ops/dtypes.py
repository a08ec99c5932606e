"""torch's type promotion: bool < integer < floating < complex; a tensor before a 0-d tensor before a number.

Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
"""

from __future__ import annotations

from typing import Any

from nnbuild.errors import OptionError, ShapeError, suggestion
from nnbuild.ops.spec import ITEM_SIZES

DEFAULT_FLOAT = "float32"

#: Those that torch too joins with no other whole numbers and no bools.
_ALONE = frozenset(("uint16", "uint32", "uint64"))

_KINDS = {"bool": 0, "float": 2, "complex": 3}
_CATEGORY = {name: _KINDS.get(name.rstrip("0123456789"), 1) for name in ITEM_SIZES}
_OF_NUMBER = {bool: "bool", int: "int64", float: DEFAULT_FLOAT, complex: "complex64"}
_COMPLEX = {"float32": "complex64", "float64": "complex128"}
_REAL = {made: parts for parts, made in _COMPLEX.items()}
_ALIASES = {
    "half": "float16", "float": "float32", "double": "float64",
    "byte": "uint8", "short": "int16", "int": "int32", "long": "int64",
    "cfloat": "complex64", "cdouble": "complex128",
}  # fmt: skip


def is_floating(dtype: str) -> bool:
    """Whether the dtype is real and holds fractions."""
    return _CATEGORY[dtype] == 2


def is_complex(dtype: str) -> bool:
    """Whether the dtype holds complex numbers."""
    return _CATEGORY[dtype] == 3


def has_fractions(dtype: str) -> bool:
    """Whether the dtype holds fractions, real or complex."""
    return _CATEGORY[dtype] > 1


def real(dtype: str) -> str:
    """The dtype of the parts of complex numbers of this one; a real dtype itself."""
    return _REAL.get(dtype, dtype)


def with_parts(dtype: str) -> str:
    """The dtype of complex numbers whose parts are of this one. Raises ShapeError where there is none."""
    if dtype not in _COMPLEX:
        raise ShapeError(f"wants float32 or float64 for complex numbers and gets {dtype}", hint="convert it to float32")
    return _COMPLEX[dtype]


def floating(dtype: str) -> str:
    """The dtype of a result that has fractions whatever came in: integers and bools become float32."""
    return dtype if has_fractions(dtype) else DEFAULT_FLOAT


def numbers(dtype: str) -> str:
    """The dtype, of an op that refuses bools."""
    if dtype == "bool":
        raise ShapeError("wants numbers and gets bools", hint="to('float32') makes them 0 and 1")
    return dtype


def fractions(dtype: str) -> str:
    """The dtype, of an op that refuses whole numbers too."""
    if not has_fractions(dtype):
        raise ShapeError(f"wants numbers with fractions and gets {dtype}", hint="convert the input to float32")
    return dtype


def fits(dtype: str, into: str) -> bool:
    """Whether torch puts values of the dtype in place of the other's: not fractions among integers, say."""
    return _CATEGORY[dtype] <= _CATEGORY[into]


def one_dtype(input: Any, **others: Any) -> None:
    """Refuse a named tensor whose dtype is not the input's; None is left out."""
    for name, tensor in others.items():
        if tensor is not None and tensor.dtype != input.dtype:
            raise ShapeError(
                f"wants input and {name} of one dtype and gets {input.dtype} and {tensor.dtype}",
                hint=f"convert the input to {tensor.dtype}, or the model with model.to({input.dtype!r})",
            )


def promote(first: str, second: str) -> str:
    """The dtype that holds the values of both."""
    if "complex128" in (first, second) or {"complex64", "float64"} == {first, second}:
        return "complex128"
    whole = max(_CATEGORY[first], _CATEGORY[second]) < 2
    if whole and first != second and not _ALONE.isdisjoint((first, second)):
        raise ShapeError(f"cannot join {first} and {second}: no dtype holds both", hint="convert one: to('int64')")
    if _CATEGORY[first] != _CATEGORY[second]:
        return max(first, second, key=_CATEGORY.__getitem__)
    if "uint8" in (first, second) and first != second:
        other = second if first == "uint8" else first
        return "int16" if other == "int8" else other
    return max(first, second, key=ITEM_SIZES.__getitem__)


def named(dtype: Any) -> str:
    """The dtype's name, of a name that torch or NumPy knows it by, of a NumPy dtype or of bool, int, float, complex."""
    if dtype in _OF_NUMBER:
        return {float: "float64", complex: "complex128"}.get(dtype, _OF_NUMBER[dtype])
    name = dtype if isinstance(dtype, str) else getattr(dtype, "__name__", str(dtype))
    name = _ALIASES.get(name, name)
    if name not in ITEM_SIZES:
        raise OptionError(
            f"dtype wants one of {', '.join(ITEM_SIZES)}, not {dtype!r}",
            hint=suggestion(name, ITEM_SIZES),
            option="dtype",
        )
    return name


def _of_number(value: Any) -> str:
    if type(value) not in _OF_NUMBER:
        raise OptionError(f"an operand must be a tensor or a number, not {value!r}")
    return _OF_NUMBER[type(value)]


def result_type(*operands: Any) -> str:
    """The dtype of an op on these tensors and Python numbers; None is left out."""
    ranks: list[str | None] = [None, None, None]  # of tensors, of 0-d tensors, of numbers
    for operand in operands:
        if operand is None:
            continue
        shape = getattr(operand, "shape", None)
        rank = 2 if shape is None else 0 if shape else 1
        dtype = _of_number(operand) if shape is None else str(operand.dtype)
        known = ranks[rank]
        ranks[rank] = dtype if known is None else promote(known, dtype)
    result: str | None = None
    for ranked in ranks:
        if ranked is not None and (result is None or _CATEGORY[ranked] > _CATEGORY[result]):
            with_its_parts = result is not None and is_floating(result) and is_complex(ranked)
            result = with_parts(result) if with_its_parts and result else ranked
    return result or DEFAULT_FLOAT
