"""Other dtypes for the same values."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import OptionError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import named
from nnbuild.ops.memory import Memory
from nnbuild.ops.memory_format import check_format
from nnbuild.ops.op import Op, op, takes_complex
from nnbuild.ops.reach import UNSEEN, Reaches, kept
from nnbuild.ops.spec import TensorSpec


def _asked(input: TensorSpec, target: tuple[Any, ...], dtype: Any, other: Any) -> str:
    """The dtype among what `to` is given: dtypes, devices, another tensor."""
    asked = input.dtype
    for wanted in (*target, dtype, other):
        if isinstance(wanted, TensorSpec):
            asked = wanted.dtype
        elif wanted is not None and not _is_device(wanted):
            asked = named(wanted)
    return asked


def _is_device(value: Any) -> bool:
    if isinstance(value, str) and value.split(":")[0] in ("cuda", "mps", "xpu", "meta"):
        raise OptionError(f"device wants 'cpu', not {value!r}: everything is computed there", option="device")
    return value == "cpu"


def _kept_memory(input: TensorSpec, output: TensorSpec) -> Memory:
    """A tensor of the dtype already is the result."""
    return Memory.ORDERED if input.dtype == output.dtype else Memory.FRESH


@op
def to(
    input: np.ndarray,
    *target: Any,
    dtype: Any = None,
    device: Any = None,
    other: Any = None,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: str | None = None,
) -> np.ndarray:
    """In another dtype: `to("float64")`, or `to(x)` for that of another tensor; the device "cpu" changes nothing."""
    laid_out = memory_format is not None and memory_format.startswith("channels")
    return input.copy() if copy or laid_out else input


@to.shape
def _(
    input: TensorSpec, target: tuple[Any, ...], dtype: Any, device: Any, other: Any, memory_format: Any
) -> TensorSpec:
    check_format(memory_format, input.ndim)
    if device is not None and not _is_device(device):
        raise OptionError(f"device wants 'cpu', not {device!r}", option="device")
    return input.with_dtype(_asked(input, target, dtype, other))


@to.axes
def _(input: TensorSpec) -> dict[str, Reaches]:
    return {"input": kept(input), "target": UNSEEN, "other": UNSEEN}


@to.memory
def _(input: TensorSpec, copy: Any, memory_format: Any, output: TensorSpec) -> Memory:
    laid_out = memory_format is not None and memory_format.startswith("channels")
    return Memory.FRESH if copy or laid_out else _kept_memory(input, output)


@op
def type_as(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """In the dtype of the other tensor."""
    return input


@type_as.shape
def _(input: TensorSpec, other: TensorSpec) -> TensorSpec:
    return input.with_dtype(other.dtype)


@type_as.axes
def _(input: TensorSpec) -> dict[str, Reaches]:
    return {"input": kept(input), "other": UNSEEN}


type_as.memory(_kept_memory)


def _cast(name: str, dtype: str) -> Op:
    def kernel(input: np.ndarray) -> np.ndarray:
        return input

    made = Op(kernel, name)
    made.shape(lambda input: input.with_dtype(dtype))
    made.axes(lambda input: {"input": kept(input)})
    made.memory(_kept_memory)
    takes_complex(made)
    made.__doc__ = f"In {dtype}."
    return made


# By name, since `def float` here would hide Python's own from this file and from mypy.
_CASTS = ("half", "float", "double", "byte", "short", "int", "long", "bool", "cfloat", "cdouble")
globals().update({name: _cast(name, named(name)) for name in _CASTS})

takes_complex(to, type_as)
