"""Complex numbers from real ones and their parts.

Source: https://docs.pytorch.org/docs/stable/complex_numbers.html
"""

from __future__ import annotations

from nnbuild.errors import ShapeError
from nnbuild.lazy import np
from nnbuild.ops.composed import composed
from nnbuild.ops.dtypes import floating, is_complex, with_parts
from nnbuild.ops.dtypes import real as real_dtype
from nnbuild.ops.elementwise import broadcast, elementwise
from nnbuild.ops.memory import Memory
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import WHOLE, Reaches, all_aligned, kept
from nnbuild.ops.shaping import transpose
from nnbuild.ops.spec import TensorSpec


@op
def real(input: np.ndarray) -> np.ndarray:
    """The real parts, of real numbers the numbers themselves."""
    return input.real


@op
def imag(input: np.ndarray) -> np.ndarray:
    """The imaginary parts of complex numbers."""
    return input.imag


def _complex(input: TensorSpec) -> TensorSpec:
    if not is_complex(input.dtype):
        raise ShapeError(f"wants complex numbers and gets {input.dtype}", hint="torch.complex(x, y) makes them")
    return input


def _is_real_already(input: TensorSpec) -> bool:
    return not is_complex(input.dtype)


real.unchanged(_is_real_already)
real.shape(lambda input: input.with_dtype(real_dtype(input.dtype)))
imag.shape(lambda input: input.with_dtype(real_dtype(_complex(input).dtype)))


def _view() -> Memory:
    return Memory.VIEW


real.memory(_view)
imag.memory(_view)


@op
def view_as_real(input: np.ndarray) -> np.ndarray:
    """Complex numbers (*) as pairs of real ones (*, 2)."""
    parts = input.real
    strides = (*parts.strides, parts.itemsize)
    return np.lib.stride_tricks.as_strided(parts, (*parts.shape, 2), strides, writeable=input.flags.writeable)


view_as_real.shape(lambda input: TensorSpec((*_complex(input).shape, 2), real_dtype(input.dtype)))


view_as_real.memory(_view)


@op
def view_as_complex(input: np.ndarray) -> np.ndarray:
    """Pairs of real numbers (*, 2) as complex ones (*)."""
    made = np.empty(input.shape[:-1], with_parts(input.dtype.name))
    made.real, made.imag = input[..., 0], input[..., 1]
    return made


@view_as_complex.shape
def _(input: TensorSpec) -> TensorSpec:
    if input.shape[-1:] != (2,):
        raise ShapeError(f"wants pairs, a last axis of size 2, and gets {input.shape}")
    return TensorSpec(input.shape[:-1], with_parts(input.dtype))


@view_as_complex.axes
def _(input: TensorSpec) -> dict[str, Reaches]:
    return {"input": (*kept(input)[:-1], WHOLE)}


@elementwise
def conj(input: np.ndarray) -> np.ndarray:
    """The conjugates: the imaginary parts with the other sign. Real numbers stay as they are."""
    return np.conj(input)


conj.unchanged(_is_real_already)
conj_physical = conj.alias("conj_physical")


@elementwise
def resolve_conj(input: np.ndarray) -> np.ndarray:
    """The numbers themselves: what `conj` gives is computed at once here."""
    return input


resolve_conj.unchanged(lambda: True)


@composed
def adjoint(input: np.ndarray) -> np.ndarray:
    """The conjugates with the last two axes exchanged."""
    if len(input.shape) < 2:
        raise ShapeError(f"adjoint wants matrices, of at least 2 axes, and gets {tuple(input.shape)}")
    return conj(transpose(input, -2, -1))


@elementwise(dtype=floating, gives=real_dtype)
def angle(input: np.ndarray) -> np.ndarray:
    """The angles in radians from the positive real numbers: 0 or pi of real ones."""
    return np.where(np.isnan(input), input, np.where(input < 0, np.pi, 0)) if _is_real(input) else np.angle(input)


def _is_real(input: np.ndarray) -> bool:
    return input.dtype.kind != "c"


@elementwise
def sgn(input: np.ndarray) -> np.ndarray:
    """x over its magnitude, 0 for 0; of real numbers their sign."""
    if _is_real(input):
        return np.subtract(input > 0, input < 0, dtype=input.dtype) if input.dtype != bool else input
    return np.where(input == 0, 0, input / np.abs(input))


@elementwise(dtype="bool")
def isreal(input: np.ndarray) -> np.ndarray:
    """Whether the imaginary part is 0."""
    return np.isreal(input)


@op
def complex(real: np.ndarray, imag: np.ndarray) -> np.ndarray:
    """The complex numbers with these parts."""
    made = np.empty(np.broadcast_shapes(real.shape, imag.shape), with_parts(real.dtype.name))
    made.real, made.imag = real, imag
    return made


@op
def polar(abs: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """The complex numbers with these magnitudes and angles in radians."""
    return complex.kernel(abs * np.cos(angle), abs * np.sin(angle))


def _of_two(first: TensorSpec, second: TensorSpec) -> TensorSpec:
    if first.dtype != second.dtype:
        raise ShapeError(f"wants tensors of one dtype and gets {first.dtype} and {second.dtype}")
    return TensorSpec(broadcast(first.shape, second.shape), with_parts(first.dtype))


complex.shape(lambda real, imag: _of_two(real, imag))
polar.shape(lambda abs, angle: _of_two(abs, angle))
for _each in (complex, polar):
    _each.axes(all_aligned)
for _each in (real, imag, view_as_real):
    _each.axes(lambda input: {"input": kept(input)})
takes_complex(real, imag, view_as_real, conj, resolve_conj, adjoint, angle, sgn, isreal)
