"""ONNX's numbers of dtypes, and nnbuild's names."""

from __future__ import annotations

from nnbuild.errors import SpecError

NAMES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 10: "float16",
    11: "float64", 12: "uint32", 13: "uint64",
}  # fmt: skip

NUMBERS = {name: number for number, name in NAMES.items()}

#: Text, which is no dtype of numbers.
STRING = 8

#: Those that are refused, for a message.
_OTHERS = {
    8: "strings", 14: "complex64", 15: "complex128", 16: "bfloat16", 17: "float8e4m3fn", 18: "float8e4m3fnuz",
    19: "float8e5m2", 20: "float8e5m2fnuz", 21: "uint4", 22: "int4", 23: "float4e2m1", 24: "float8e8m0", 25: "uint2",
    26: "int2",
}  # fmt: skip


def dtype_name(number: int) -> str:
    """The name of a dtype. Raises SpecError for one that there is not here."""
    if number not in NAMES:
        name = _OTHERS.get(number, number)
        raise SpecError(f"has numbers of the dtype {name}", hint=f"there are {', '.join(NUMBERS)}")
    return NAMES[number]
