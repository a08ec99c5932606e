"""Dtypes by torch's names, and the storages that hold them."""

from __future__ import annotations

from typing import NamedTuple

from nnbuild.formats.tensors import BFLOAT16


class Dtype(NamedTuple):
    """A dtype of PyTorch. Params: code, NumPy's for the bytes of an element; None where NumPy has none."""

    name: str
    itemsize: int
    code: str | None


DTYPES = {
    dtype.name: dtype
    for dtype in (
        Dtype("float64", 8, "f8"),
        Dtype("float32", 4, "f4"),
        Dtype("float16", 2, "f2"),
        Dtype(BFLOAT16, 2, "u2"),
        Dtype("complex128", 16, "c16"),
        Dtype("complex64", 8, "c8"),
        Dtype("int64", 8, "i8"),
        Dtype("int32", 4, "i4"),
        Dtype("int16", 2, "i2"),
        Dtype("int8", 1, "i1"),
        Dtype("uint64", 8, "u8"),
        Dtype("uint32", 4, "u4"),
        Dtype("uint16", 2, "u2"),
        Dtype("uint8", 1, "u1"),
        Dtype("bool", 1, "b1"),
        Dtype("complex32", 4, None),
        Dtype("qint8", 1, None),
        Dtype("quint8", 1, None),
        Dtype("qint32", 4, None),
        Dtype("quint4x2", 1, None),
        Dtype("quint2x4", 1, None),
        Dtype("float8_e4m3fn", 1, None),
        Dtype("float8_e5m2", 1, None),
        Dtype("float8_e4m3fnuz", 1, None),
        Dtype("float8_e5m2fnuz", 1, None),
        Dtype("float8_e8m0fnu", 1, None),
    )
}

#: A storage's class: its dtype. An untyped one counts bytes.
STORAGES = {
    "DoubleStorage": "float64", "FloatStorage": "float32", "HalfStorage": "float16", "BFloat16Storage": BFLOAT16,
    "ComplexDoubleStorage": "complex128", "ComplexFloatStorage": "complex64", "LongStorage": "int64",
    "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8", "ByteStorage": "uint8",
    "BoolStorage": "bool", "QInt8Storage": "qint8", "QUInt8Storage": "quint8", "QInt32Storage": "qint32",
    "QUInt4x2Storage": "quint4x2", "QUInt2x4Storage": "quint2x4", "UntypedStorage": "uint8",
}  # fmt: skip
