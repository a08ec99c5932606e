"""One node of a graph: its operator, names and attributes, and what the functions of `nodes/` may ask of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnbuild import ops
from nnbuild.errors import DataError, SpecError
from nnbuild.exchange.onnx.dtypes import dtype_name
from nnbuild.exchange.onnx.file import STANDARD
from nnbuild.exchange.onnx.package import package
from nnbuild.lazy import np
from nnbuild.ops.nests import array_of
from nnbuild.ops.op import recorder
from nnbuild.ops.spec import TensorSpec

#: Elements of a new tensor of constants that a trace computes at once, so that shapes made of it are known.
_FOLDED = 1 << 16


class OnnxNode:
    """A node.

    Params: proto; attributes, by name; version, of its domain's operators; label, how messages call it.
    """

    def __init__(self, proto: Any, attributes: dict[str, Any], version: int, place: int) -> None:
        self.proto = proto
        self.op: str = proto.op_type
        self.domain: str = "" if proto.domain in STANDARD else proto.domain
        self.name: str = proto.name
        self.inputs: list[str] = list(proto.input)
        self.outputs: list[str] = list(proto.output)
        self.attributes = attributes
        self.version = version
        self.place = place
        self.schema: Any = None

    @property
    def label(self) -> str:
        """How messages call it."""
        name = repr(self.name) if self.name else f"number {self.place}"
        return f"the node {name} ({self.domain}{'.' * bool(self.domain)}{self.op})"

    def get(self, name: str, default: Any = None) -> Any:
        """The attribute, what the operator's definition puts in its place, or else the default."""
        if name in self.attributes:
            return self.attributes[name]
        stated = self.schema.attributes.get(name) if self.schema is not None else None
        if stated is not None and stated.default_value.name:
            return shortest(package().helper.get_attribute_value(stated.default_value))
        return default

    def dtype(self, name: str, default: str | None = None) -> Any:
        """The attribute as a dtype's name."""
        number = self.get(name)
        return dtype_name(number) if number else default

    def known(self, value: Any, what: str) -> np.ndarray:
        """The values of an input that sizes hang on. Raises DataError in a trace where only the data tells them."""
        if isinstance(value, TensorSpec):
            raise DataError(
                f"{self.op} takes {what} from the data, so what comes out has a size that only the data tells",
                hint="`nnbuild run` runs it, op by op",
            )
        return np.asarray(array_of(value))

    def numbers(self, what: str, value: Any = None) -> list[Any] | None:
        """A list that newer versions take as an input and older ones as an attribute; None where it is not given."""
        if value is None:
            given = self.get(what)
            return list(given) if given is not None else None
        found: list[Any] = self.known(value, what).reshape(-1).tolist()
        return found

    def number(self, what: str, value: Any, default: Any = None) -> Any:
        """A single number of an input or an attribute."""
        if value is None:
            return self.get(what, default)
        found = self.known(value, what)
        if found.size != 1:
            raise SpecError(f"{self.op} wants one number for {what} and gets {found.shape}")
        return found.reshape(()).item()


def shortest(value: Any) -> Any:
    """Single precision as the number that one writes: 0.1, not 0.10000000149; bytes as text."""
    if isinstance(value, float):
        return float(str(np.float32(value)))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list | tuple):
        return [shortest(item) for item in value]
    return value


def created(op: Any, *args: Any, **options: Any) -> Any:
    """A tensor that is made of options alone; a short row at once, also in a trace, since shapes may hang on it."""
    made = op.infer(*args, **options)
    if made.ndim > 1 or made.numel() > _FOLDED:
        return op(*args, **options)
    token = recorder.set(None)
    try:
        return op(*args, **options)
    finally:
        recorder.reset(token)


def constant(value: Any, dtype: Any) -> np.ndarray:
    """A tensor of constants."""
    return np.asarray(value, str(dtype))


def reshaped(input: Any, *sizes: int) -> Any:
    """The tensor in another shape, which may be that of a single number."""
    return ops.reshape(input, sizes)


def cast(value: Any, dtype: str) -> Any:
    """The tensor in the dtype; itself if it has it."""
    return value if str(value.dtype) == dtype else ops.to(value, dtype)


def axes_of(axes: Sequence[int], rank: int) -> list[int]:
    """Axes counted from the front. Raises SpecError for one that there is not."""
    for axis in axes:
        if not -rank <= axis < max(rank, 1):
            raise SpecError(f"wants an axis from {-rank} to {rank - 1} and gets {axis}")
    return [axis % rank if rank else 0 for axis in axes]


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from the front."""
    return axes_of([axis], rank)[0]


Reader = Callable[..., Any]

#: How each operator is written in ops: a function of the node and its inputs, None where one is left out.
READERS: dict[str, Reader] = {}


def reads(*operators: str) -> Callable[[Reader], Reader]:
    """Decorator: the function that reads these operators."""

    def add(function: Reader) -> Reader:
        READERS.update(dict.fromkeys(operators, function))
        return function

    return add
