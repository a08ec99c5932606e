"""Discrete Fourier transforms over one axis, two or any number.

Source: https://docs.pytorch.org/docs/stable/fft.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import real_axis, several, whole
from nnbuild.ops.composed import composed
from nnbuild.ops.creation import made, no_tensors
from nnbuild.ops.dtypes import floating, is_complex, is_floating, named, real, with_parts
from nnbuild.ops.op import creation, op, takes_complex
from nnbuild.ops.reach import WHOLE, Kept, Part, Reach, Reaches
from nnbuild.ops.repetition import roll
from nnbuild.ops.shaping import clone
from nnbuild.ops.spec import TensorSpec

Dims = int | Sequence[int] | None


class _Kind(NamedTuple):
    """A transform: NumPy's name of it; whether it takes, and gives, real numbers; whether of hermitian signals."""

    numpy: str
    takes_real: bool = False
    gives_real: bool = False
    hermitian: bool = False


_KINDS = {
    "fft": _Kind("fftn"), "ifft": _Kind("ifftn"), "rfft": _Kind("rfftn", takes_real=True),
    "irfft": _Kind("irfftn", gives_real=True), "hfft": _Kind("irfftn", gives_real=True, hermitian=True),
    "ihfft": _Kind("rfftn", takes_real=True, hermitian=True),
}  # fmt: skip

_NORMS = {None: "backward", "backward": "backward", "ortho": "ortho", "forward": "forward"}
_TURNED = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


class _Axis(NamedTuple):
    """One transformed axis: its place, the elements that are read, the size of the transform and of the result."""

    place: int
    read: int
    size: int
    made: int


def _axes(shape: tuple[int, ...], sizes: Dims, dim: Dims, kind: _Kind) -> list[_Axis]:
    places = _places(len(shape), sizes, dim)
    given = sizes if isinstance(sizes, tuple | list) else [-1] * len(places) if sizes is None else [sizes]
    if len(given) != len(places):
        raise OptionError(f"s wants one size for each axis and gets {len(given)} for {len(places)} axes", option="s")
    found = []
    for place, asked in zip(places, given, strict=True):
        halved = place == places[-1] and (kind.takes_real or kind.gives_real)
        usual = 2 * (shape[place] - 1) if halved and kind.gives_real else shape[place]
        size = usual if asked == -1 else whole(asked, "s")
        if size < 1:
            raise ShapeError(f"wants at least 1 element to transform and gets {size}", option="s")
        half = size // 2 + 1
        read = half if halved and kind.gives_real else size
        found.append(_Axis(place, min(read, shape[place]), size, half if halved and kind.takes_real else size))
    return found


def _places(ndim: int, sizes: Dims, dim: Dims) -> tuple[int, ...]:
    if dim is not None:
        return several(dim, ndim)
    count = len(sizes) if isinstance(sizes, tuple | list) else ndim if sizes is None else 1
    if count > ndim:
        raise ShapeError(f"has {count} sizes in s and gets a tensor of {ndim} axes", option="s")
    return tuple(range(ndim - count, ndim))


def _checked(input: TensorSpec, axes: list[_Axis], norm: Any, kind: _Kind) -> TensorSpec:
    if norm not in _NORMS:
        raise OptionError(f'norm wants "backward", "ortho" or "forward", not {norm!r}', option="norm")
    if kind.takes_real and is_complex(input.dtype):
        raise ShapeError(f"wants real numbers and gets {input.dtype}", hint="x.real, or the fft without r or i")
    if not axes and (kind.takes_real or kind.gives_real):
        raise ShapeError("wants at least one axis to transform and gets none", option="dim")
    shape, dtype = list(input.shape), input.dtype
    for axis in axes:
        shape[axis.place] = axis.made
    dtype = dtype if is_complex(dtype) else with_parts(floating(dtype))
    return TensorSpec(shape, real(dtype) if kind.gives_real else dtype)


def _transformed(input: np.ndarray, axes: list[_Axis], norm: str | None, kind: _Kind) -> np.ndarray:
    array, norm = input.astype(floating(input.dtype.name), copy=False), _NORMS[norm]
    if not axes:
        return array
    if kind.hermitian:
        norm, array = _TURNED[norm], np.conj(array) if kind.gives_real else array
    transform = getattr(np.fft, kind.numpy)
    result = transform(array, [axis.size for axis in axes], [axis.place for axis in axes], norm)
    return np.conj(result) if kind.hermitian and kind.takes_real else result


def _seen(input: TensorSpec, axes: list[_Axis]) -> dict[str, Reaches]:
    reaches: list[Reach] = list(map(Kept, range(input.ndim)))
    for axis in axes:
        reaches[axis.place] = WHOLE if axis.read == input.shape[axis.place] else Part(0, axis.read)
    return {"input": tuple(reaches)}


@op
def over_one_axis(
    input: np.ndarray, n: int | None = None, dim: int = -1, norm: str | None = None, *, kind: str
) -> np.ndarray:
    """The transform of signals along an axis, cropped to `n` elements or zeros put behind them.

    norm: "backward" divides the inverse by n, "forward" the other one, "ortho" each of them by the root of n. What is
    real in one domain has half of n and one elements in the other.
    """
    return _transformed(input, _axes(input.shape, n, dim, _KINDS[kind]), norm, _KINDS[kind])


def _on_one(input: TensorSpec, n: int | None, dim: int, kind: str) -> list[_Axis]:
    place = real_axis(dim, input.ndim)
    return _axes(input.shape, None if n is None else (whole(n, "n"),), (place,), _KINDS[kind])


@over_one_axis.shape
def _(input: TensorSpec, n: int | None, dim: int, norm: Any, kind: str) -> TensorSpec:
    if n is not None and whole(n, "n") < 1:
        raise ShapeError(f"wants n of at least 1 and gets {n}", option="n")
    return _checked(input, _on_one(input, n, dim, kind), norm, _KINDS[kind])


@over_one_axis.axes
def _(input: TensorSpec, n: int | None, dim: int, kind: str) -> dict[str, Reaches]:
    return _seen(input, _on_one(input, n, dim, kind))


@op
def over_two_axes(
    input: np.ndarray, s: Dims = None, dim: Dims = (-2, -1), norm: str | None = None, *, kind: str
) -> np.ndarray:
    """The transform over two axes, or those in `dim`, of the sizes `s`: see `fft_fftn`."""
    return _transformed(input, _axes(input.shape, s, dim, _KINDS[kind]), norm, _KINDS[kind])


@op
def over_axes(input: np.ndarray, s: Dims = None, dim: Dims = None, norm: str | None = None, *, kind: str) -> np.ndarray:
    """The transform over all axes, or those in `dim`, cropped or filled with zeros to the sizes `s`; -1 keeps one.

    norm: "backward" divides the inverse by the number of elements, "forward" the other one, "ortho" each of them by its
    root. What is real in one domain has half of the last size and one elements in the other.
    """
    return _transformed(input, _axes(input.shape, s, dim, _KINDS[kind]), norm, _KINDS[kind])


def _over(input: TensorSpec, s: Dims, dim: Dims, norm: Any, kind: str) -> TensorSpec:
    return _checked(input, _axes(input.shape, s, dim, _KINDS[kind]), norm, _KINDS[kind])


def _seen_over(input: TensorSpec, s: Dims, dim: Dims, kind: str) -> dict[str, Reaches]:
    return _seen(input, _axes(input.shape, s, dim, _KINDS[kind]))


for _family in (over_two_axes, over_axes):
    _family.shape(_over)
    _family.axes(_seen_over)
takes_complex(over_one_axis, over_two_axes, over_axes)

# fft_fft, fft_ifft, fft_rfft, ...; fft_fft2, ...; fft_fftn, ...
for _end, _family in (("", over_one_axis), ("2", over_two_axes), ("n", over_axes)):
    globals().update({f"fft_{kind}{_end}": _family.alias(f"fft_{kind}{_end}", kind=kind) for kind in _KINDS})


def _shifted(input: np.ndarray, dim: Dims, more: int) -> np.ndarray:
    ndim = len(input.shape)
    places = several(tuple(range(ndim)) if dim is None else dim, ndim)
    if not places:
        return clone(input)
    return roll(input, tuple((input.shape[place] + more) // 2 for place in places), places)


@composed
def fft_fftshift(input: np.ndarray, dim: Dims = None) -> np.ndarray:
    """The frequencies with 0 in the middle of all axes, or of those in `dim`."""
    return _shifted(input, dim, 0)


@composed
def fft_ifftshift(input: np.ndarray, dim: Dims = None) -> np.ndarray:
    """The frequencies with 0 in front again: undoes `fft_fftshift`."""
    return _shifted(input, dim, 1)


takes_complex(fft_fftshift, fft_ifftshift)


def _steps(n: int, d: float) -> np.ndarray:
    return np.divide(1.0, n * d)


@creation
def fft_fftfreq(
    n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> np.ndarray:
    """The frequencies of `fft_fft` of n elements at distances d: 0 and up, then those below 0."""
    places = np.concatenate([np.arange((n + 1) // 2), np.arange(-(n // 2), 0)])
    return places * _steps(n, d)


@creation
def fft_rfftfreq(
    n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> np.ndarray:
    """The frequencies of `fft_rfft` of n elements at distances d, from 0 up."""
    return np.arange(n // 2 + 1) * _steps(n, d)


def _frequencies(count: int, dtype: Any) -> TensorSpec:
    if dtype is not None and not is_floating(named(dtype)):
        raise OptionError(f"dtype wants a real one with fractions, not {dtype}", option="dtype")
    return made((count,), dtype)


fft_fftfreq.shape(lambda n, dtype: _frequencies(whole(n, "n"), dtype))
fft_rfftfreq.shape(lambda n, dtype: _frequencies(whole(n, "n") // 2 + 1, dtype))
for _made in (fft_fftfreq, fft_rfftfreq):
    _made.axes(no_tensors)
