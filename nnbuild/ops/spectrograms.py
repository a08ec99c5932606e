"""Fourier transforms of short frames of a signal, and back.

Source: https://docs.pytorch.org/docs/stable/generated/torch.stft.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.arithmetic import mul
from nnbuild.ops.complex_parts import view_as_real
from nnbuild.ops.composed import composed
from nnbuild.ops.dtypes import is_complex, promote, real
from nnbuild.ops.fourier import over_one_axis
from nnbuild.ops.nests import spec_of
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.padding import pad
from nnbuild.ops.reach import WHOLE, Kept, Picked, Reaches
from nnbuild.ops.shaping import reshape, transpose
from nnbuild.ops.sliding import tensor_unfold
from nnbuild.ops.spec import TensorSpec

_fft = over_one_axis.alias("fft_fft", kind="fft")
_rfft = over_one_axis.alias("fft_rfft", kind="rfft")


def _frame(n_fft: int, hop_length: int | None, win_length: int | None) -> tuple[int, int]:
    """The distance of frames and the size of the window. Raises OptionError for such as do not fit."""
    hop, size = hop_length if hop_length is not None else n_fft // 4, win_length if win_length is not None else n_fft
    if hop < 1:
        raise OptionError(f"hop_length must be at least 1, not {hop}", option="hop_length")
    if not 0 < size <= n_fft:
        raise OptionError(f"win_length must be from 1 to n_fft={n_fft}, not {size}", option="win_length")
    return hop, size


def _check_window(window: Any, size: int) -> None:
    if window is not None and tuple(window.shape) != (size,):
        raise ShapeError(f"wants a window of win_length={size} elements and gets {tuple(window.shape)}")


def _room(n_fft: int, size: int) -> tuple[int, int]:
    """Zeros before and after a window of this size in a frame."""
    before = (n_fft - size) // 2
    return before, n_fft - size - before


@composed
def stft(
    input: np.ndarray,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: np.ndarray | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
) -> np.ndarray:
    """The spectra of frames of signals (N, L) or (L): (N, n_fft // 2 + 1, frames), or all n_fft where not onesided.

    A frame begins every `hop_length` elements, n_fft // 4 unless said, and is multiplied by the `window`, around which
    it is 0. center: frame t lies around element t * hop_length, and the signal is padded for it. normalized: divided
    by the root of n_fft. return_complex: False gives pairs of real numbers in an axis behind.
    """
    hop, size = _frame(n_fft, hop_length, win_length)
    _check_window(window, size)
    shape, dtype = tuple(input.shape), spec_of(input).dtype
    if len(shape) not in (1, 2):
        raise ShapeError(f"stft wants signals (N, L) or (L) and gets {shape}")
    complex_given = is_complex(dtype) or (window is not None and is_complex(spec_of(window).dtype))
    if return_complex is None and not complex_given:
        raise OptionError("stft wants return_complex said for real signals: True", option="return_complex")
    half = not complex_given if onesided is None else onesided
    if half and complex_given:
        raise OptionError("onesided spectra are those of real signals and windows", option="onesided")
    signal = input
    if center:
        padded = pad(reshape(input, (1,) * (3 - len(shape)) + shape), (n_fft // 2, n_fft // 2), pad_mode)
        signal = reshape(padded, (*shape[:-1], padded.shape[-1]))
    if not 0 < n_fft <= signal.shape[-1]:
        raise ShapeError(f"stft wants n_fft from 1 to the {signal.shape[-1]} elements of the signal and gets {n_fft}")
    frames = tensor_unfold(signal, -1, n_fft, hop)
    if window is not None or size < n_fft:
        frames = mul(frames, _in_frame(window, n_fft, size, dtype))
    spectra = (_rfft if half else _fft)(frames, norm="ortho" if normalized else None)
    result = transpose(spectra, -2, -1)
    return view_as_real(result) if return_complex is False else result


def _in_frame(window: Any, n_fft: int, size: int, dtype: str) -> Any:
    """The window with zeros around it."""
    if window is None:
        window = np.ones(size, real(dtype))
    return window if size == n_fft else pad(window, _room(n_fft, size))


class _Inverse(NamedTuple):
    """What is settled of an inverse: hop and window size, where the result starts in all frames, and its length."""

    hop: int
    size: int
    half: bool
    start: int
    kept: int
    length: int


def _inverse(shape: tuple[int, ...], n_fft: int, options: dict[str, Any]) -> _Inverse:
    hop, size = _frame(n_fft, options["hop_length"], options["win_length"])
    bins, frames = shape[-2:]
    half = bins != n_fft if options["onesided"] is None else options["onesided"]
    if bins != (n_fft // 2 + 1 if half else n_fft):
        wanted = f"n_fft // 2 + 1 = {n_fft // 2 + 1}" if half else f"n_fft = {n_fft}"
        raise ShapeError(f"wants {wanted} frequencies and gets {bins}: {shape}")
    if hop > size:
        raise OptionError(f"hop_length must be at most win_length={size}, not {hop}", option="hop_length")
    everything, start = n_fft + hop * (frames - 1), n_fft // 2 if options["center"] else 0
    length = options["length"]
    there = everything - start - (start if length is None else 0)
    return _Inverse(hop, size, half, start, min(there, length or there), there if length is None else length)


@op
def istft(
    input: np.ndarray,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: np.ndarray | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> np.ndarray:
    """The signals (N, L) or (L) of spectra (N, frequencies, frames) that `stft` gave with these options.

    length: that of the signals; without it, what the frames cover for certain.
    """
    options = {"hop_length": hop_length, "win_length": win_length, "center": center, "onesided": onesided}
    plan = _inverse(input.shape, n_fft, options | {"length": length})
    frames = _frames(input.swapaxes(-1, -2), n_fft, normalized, return_complex)
    taper = np.ones(plan.size, frames.real.dtype) if window is None else window
    taper = np.pad(taper, _room(n_fft, plan.size))
    part = slice(plan.start, plan.start + plan.kept)
    weights = _added(np.broadcast_to(np.square(taper), (input.shape[-1], n_fft)), plan.hop)[part]
    if np.abs(weights).min(initial=1) < 1e-11:
        raise ShapeError("cannot undo a window that leaves elements of the signal out", hint="a smaller hop_length")
    signal = _added(frames * taper, plan.hop)[..., part] / weights
    return np.pad(signal, [(0, 0)] * (signal.ndim - 1) + [(0, plan.length - plan.kept)])


def _frames(spectra: np.ndarray, n_fft: int, normalized: bool, return_complex: bool) -> np.ndarray:
    norm = "ortho" if normalized else None
    if return_complex:
        return over_one_axis.kernel(spectra, norm=norm, kind="ifft")
    return over_one_axis.kernel(spectra[..., : n_fft // 2 + 1], n_fft, norm=norm, kind="irfft")


def _added(frames: np.ndarray, hop: int) -> np.ndarray:
    """Frames (*, T, n) laid down at distances of `hop`, one added to another where they overlap."""
    count, size = frames.shape[-2:]
    result = np.zeros((*frames.shape[:-2], size + hop * (count - 1)), frames.dtype)
    for place in range(count):
        result[..., place * hop : place * hop + size] += frames[..., place, :]
    return result


@istft.shape
def _(input: TensorSpec, n_fft: int, return_complex: bool, arguments: Any) -> TensorSpec:
    if not is_complex(input.dtype):
        raise ShapeError(f"wants complex spectra and gets {input.dtype}", hint="view_as_complex(x)")
    if input.ndim not in (2, 3) or not input.numel():
        raise ShapeError(f"wants spectra (N, frequencies, frames) or (frequencies, frames) and gets {input.shape}")
    plan = _inverse(input.shape, n_fft, arguments)
    window = arguments["window"]  # by name it would be the facet of that name
    _check_window(window, plan.size)
    if return_complex and plan.half:
        raise OptionError("onesided spectra are those of real signals", option="return_complex")
    dtype = input.dtype
    if window is not None:
        if is_complex(window.dtype) and not return_complex:
            raise ShapeError(f"wants a window of real numbers and gets {window.dtype}", hint="return_complex=True")
        dtype = promote(dtype, window.dtype)
    return TensorSpec((*input.shape[:-2], plan.length), dtype if return_complex else real(dtype))


@istft.axes
def _(input: TensorSpec, n_fft: int, output: TensorSpec, arguments: Any) -> dict[str, Reaches]:
    plan = _inverse(input.shape, n_fft, arguments)

    def frames(place: int) -> tuple[int, int] | None:
        at = place + plan.start
        first, last = max(0, -(-(at - n_fft + 1) // plan.hop)), min(input.shape[-1] - 1, at // plan.hop)
        return (first, last) if place < plan.kept and first <= last else None

    along = Picked(output.ndim - 1, tuple(map(frames, range(plan.length))))
    batch = (Kept(0),) if input.ndim == 3 else ()
    return {"input": (*batch, WHOLE, along), "window": (WHOLE,)}


takes_complex(stft, istft)
