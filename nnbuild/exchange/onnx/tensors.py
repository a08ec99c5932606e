"""The tensors of a file: shape and dtype at once, values where somebody looks at them, never more than there are."""

from __future__ import annotations

import math
import mmap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nnbuild.errors import SpecError, WeightError
from nnbuild.exchange.onnx.dtypes import dtype_name
from nnbuild.exchange.onnx.wire import Place
from nnbuild.lazy import np
from nnbuild.ops.spec import ITEM_SIZES

#: The fields of TensorProto that hold values one by one, by dtype.
_FIELDS = {
    **dict.fromkeys(("float32",), "float_data"),
    **dict.fromkeys(("float64",), "double_data"),
    **dict.fromkeys(("int64",), "int64_data"),
    **dict.fromkeys(("uint32", "uint64"), "uint64_data"),
    **dict.fromkeys(("int8", "int16", "int32", "uint8", "uint16", "bool", "float16"), "int32_data"),
}

_EXTERNAL = 1  # TensorProto.DataLocation


class StoredTensor:
    """A tensor of the file. Params: name; shape; dtype; source, which reads the values; key, the same of equal ones."""

    def __init__(
        self, name: str, shape: tuple[int, ...], dtype: str, source: Callable[[], np.ndarray], key: str | None = None
    ) -> None:
        self.name = name
        self.key = name if key is None else key
        self.shape = shape
        self.dtype = dtype
        self.read = source

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)


def stored(proto: Any, file: Path | None, place: Place | None = None) -> StoredTensor:
    """A TensorProto as a tensor. Params: file, that it is in; place, of its bytes there, where they were cut out."""
    name = proto.name
    try:
        dtype = dtype_name(proto.data_type)
    except SpecError as error:
        error.subject = f"the tensor {name!r}"
        raise
    shape = tuple(proto.dims)
    if any(size < 0 for size in shape):
        raise WeightError(f"the tensor {name!r} has the sizes {shape}: none may be below 0")
    return StoredTensor(name, shape, dtype, _source(proto, name, shape, dtype, file, place))


def _source(
    proto: Any, name: str, shape: tuple[int, ...], dtype: str, file: Path | None, place: Place | None
) -> Callable[[], np.ndarray]:
    """What reads the values; that there are as many as the shape says is checked here, without reading them."""
    wanted = math.prod(shape) * ITEM_SIZES[dtype]
    if proto.data_location == _EXTERNAL:
        external, offset = _external(proto, name, wanted, file)
        return lambda: _mapped(external, offset, shape, dtype)
    if place is not None:
        _check_size(name, shape, dtype, wanted, place.length)
        whole, start = file, place.start
        assert whole is not None
        return lambda: _mapped(whole, start, shape, dtype)
    if proto.HasField("raw_data"):
        raw = proto.raw_data
        _check_size(name, shape, dtype, wanted, len(raw))
        return lambda: np.frombuffer(raw, _little(dtype)).reshape(shape).astype(dtype)
    values = getattr(proto, _FIELDS[dtype])
    _check_size(name, shape, dtype, wanted, len(values) * ITEM_SIZES[dtype])
    return lambda: _of_values(values, dtype).reshape(shape)


def _of_values(values: Any, dtype: str) -> np.ndarray:
    if dtype == "float16":  # the bits of each, as a whole number
        return np.array(values, np.int64).astype(np.uint16).view(np.float16)
    return np.array(values).astype(dtype)


def _check_size(name: str, shape: tuple[int, ...], dtype: str, wanted: int, found: int) -> None:
    if wanted != found:
        raise WeightError(f"the tensor {name!r} should hold {wanted:,} bytes, {shape} of {dtype}, and holds {found:,}")


def _external(proto: Any, name: str, wanted: int, file: Path | None) -> tuple[Path, int]:
    """The file beside the model that holds the values, and where in it."""
    facts = {entry.key: entry.value for entry in proto.external_data}
    location = facts.get("location", "")
    if file is None:
        raise WeightError(f"the values of {name!r} are in another file, {location!r}, and the model is in none")
    folder = file.parent.resolve()
    path = (folder / location).resolve() if "\0" not in location else folder
    if not location or Path(location).is_absolute() or not path.is_relative_to(folder) or path == folder:
        raise WeightError(f"the values of {name!r} are said to be at {location!r}, outside the folder of the model")
    if not path.is_file():
        raise WeightError(f"the file {path} is missing, which holds the values of {name!r}")
    offset, length = _number(facts, "offset", 0, name), _number(facts, "length", wanted, name)
    _check_size(name, tuple(proto.dims), dtype_name(proto.data_type), wanted, length)
    size = path.stat().st_size
    if offset + wanted > size:
        raise WeightError(
            f"the values of {name!r} should be {wanted:,} bytes from {offset:,} on in {path}, which has {size:,}"
        )
    return path, offset


def _number(facts: dict[str, str], key: str, default: int, name: str) -> int:
    text = facts.get(key, str(default))
    if not text.isdecimal():
        raise WeightError(f"the {key} of {name!r} is {text!r}, not a whole number")
    return int(text)


def _mapped(path: Path, offset: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Values in a file, read as they are used; what is written into them stays here."""
    count = math.prod(shape)
    if not count:
        return np.zeros(shape, dtype)
    start = offset - offset % mmap.ALLOCATIONGRANULARITY
    length = offset - start + count * ITEM_SIZES[dtype]
    try:
        with path.open("rb") as handle:
            data = mmap.mmap(handle.fileno(), length, access=mmap.ACCESS_COPY, offset=start)
    except (OSError, ValueError) as error:
        raise WeightError(f"{path} cannot be read: {error}") from None
    array = np.frombuffer(data, _little(dtype), count, offset - start).reshape(shape)
    return array if array.dtype == np.dtype(dtype) and array.flags.aligned else array.astype(dtype)


def _little(dtype: str) -> np.dtype:
    return np.dtype(dtype).newbyteorder("<")
