"""torch's type promotion: bool < integer < floating; a tensor outweighs a 0-d tensor, which outweighs a number.

Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
"""

from __future__ import annotations

from typing import Any

from nnbuild.ops.spec import ITEM_SIZES

DEFAULT_FLOAT = "float32"
_CATEGORY = {name: 0 if name == "bool" else 2 if name.startswith("float") else 1 for name in ITEM_SIZES}
_OF_NUMBER = {bool: "bool", int: "int64", float: DEFAULT_FLOAT}


def is_floating(dtype: str) -> bool:
    """Whether the dtype holds fractions."""
    return _CATEGORY[dtype] == 2


def floating(dtype: str) -> str:
    """The dtype of a result that has fractions whatever came in: integers and bools become float32."""
    return dtype if is_floating(dtype) else DEFAULT_FLOAT


def promote(first: str, second: str) -> str:
    """The dtype that holds the values of both."""
    if _CATEGORY[first] != _CATEGORY[second]:
        return max(first, second, key=_CATEGORY.__getitem__)
    if "uint8" in (first, second) and first != second:
        other = second if first == "uint8" else first
        return "int16" if other == "int8" else other
    return max(first, second, key=ITEM_SIZES.__getitem__)


def result_type(*operands: Any) -> str:
    """The dtype of an op on these tensors and Python numbers; None is left out."""
    ranks: list[str | None] = [None, None, None]  # of tensors, of 0-d tensors, of numbers
    for operand in operands:
        if operand is None:
            continue
        shape = getattr(operand, "shape", None)
        rank = 2 if shape is None else 0 if shape else 1
        dtype = _OF_NUMBER[type(operand)] if shape is None else operand.dtype
        known = ranks[rank]
        ranks[rank] = dtype if known is None else promote(known, dtype)
    result: str | None = None
    for dtype in ranks:
        if dtype is not None and (result is None or _CATEGORY[dtype] > _CATEGORY[result]):
            result = dtype
    return result or DEFAULT_FLOAT
