"""Complex numbers and their parts, Fourier transforms, window functions, spectrograms."""

from __future__ import annotations

from tests.ops.table import T, Table, call, ours

X, C, I = T((2, 4, 6)), T((2, 4, 6), "complex64"), T((2, 3), "int64")
V, W, S = T((7,)), T((6,), "complex128"), T((2, 30))
Z = T((3,), "complex64", values=[3 + 4j, 0, -1])
ONE = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
TAKES = {name: X if name in ("rfft", "ihfft") else C for name in ONE}
WINDOWS = ("hann_window", "hamming_window", "blackman_window", "bartlett_window", "kaiser_window")
HANN = T((8,), values=[0.1, 0.2, 0.5, 0.9, 1, 0.9, 0.5, 0.2])
SPECTRA, PAIR = T((2, 5, 6), "complex64"), T((2, 3, 2))

ROWS = [
    *(call(name, given) for name in ("real", "conj", "conj_physical", "resolve_conj", "angle", "sgn", "isreal")
      for given in (C, X, I, T(()), T((2,), "complex128"))),
    call("imag", C), call("imag", T((), "complex64")), call("view_as_real", C), call("view_as_real", W),
    call("angle", T((4,), values=[1, -1, 0, float("nan")])), call("angle", T((2,), "float16")), call("sgn", Z),
    call("angle", Z), call("isreal", Z), call("adjoint", C), call("adjoint", PAIR),
    *(call("view_as_complex", T(sizes, dtype)) for sizes in ((3, 2), (2,)) for dtype in ("float32", "float64")),
    call("complex", X, X), call("complex", PAIR, T((2,))), call("complex", T((3, 1), "float64"), T((4,), "float64")),
    call("polar", X, X), call("polar", T((3, 1), "float64", low=0), T((4,), "float64")),
    *(call(f"fft_{name}", given) for name, given in TAKES.items()),
    *(call(f"fft_{name}", given, 4, 1, norm) for name, given in TAKES.items() for norm in ("ortho", "forward")),
    *(call(f"fft_{name}", given, 9) for name, given in TAKES.items()),
    *(call(f"fft_{name}", X, norm="backward") for name in ONE), call("fft_fft", I), call("fft_irfft", I),
    call("fft_rfft", T((5,), "bool")), call("fft_fft", W), call("fft_ihfft", T((5,), "float64"), n=4),
    ours(call("fft_fft", T((0, 4)))),
    *(call(f"fft_{name}2", given) for name, given in TAKES.items()),
    *(call(f"fft_{name}2", given, (3, 5), (0, 2), "ortho") for name, given in TAKES.items()),
    *(call(f"fft_{name}2", given, s=(-1, 4)) for name, given in TAKES.items()),
    *(call(f"fft_{name}n", given) for name, given in TAKES.items()),
    *(call(f"fft_{name}n", given, (3, 4), norm="forward") for name, given in TAKES.items()),
    *(call(f"fft_{name}n", given, dim=(2, 0)) for name, given in TAKES.items()),
    call("fft_fftn", T(())), call("fft_fftn", X, dim=()), call("fft_fftn", X, dim=1), call("fft_fftn", X, 3),
    *(call(name, given) for name in ("fft_fftshift", "fft_ifftshift") for given in (V, C, I)),
    *(call(name, X, dim) for name in ("fft_fftshift", "fft_ifftshift") for dim in (1, (0, 2))),
    *(call(name, n) for name in ("fft_fftfreq", "fft_rfftfreq") for n in (4, 5)), call("fft_fftfreq", 0),
    call("fft_rfftfreq", 4, 0.5, dtype="float64"), ours(call("view_as_complex", T((0, 2)))),
    *(call(name, n) for name in WINDOWS for n in (0, 1, 5, 8)), *(call(name, 6, False) for name in WINDOWS),
    *(call(name, 5, dtype="float64") for name in WINDOWS), call("hamming_window", 6, True, 0.5, 0.4),
    call("kaiser_window", 7, False, 6.0),
    call("stft", S, 8, return_complex=True), call("stft", S, 8, 3, window=HANN, return_complex=True),
    call("stft", V, 4, 1, 3, T((3,), low=1), return_complex=False),
    call("stft", S, 9, center=False, return_complex=True),
    call("stft", S, 8, pad_mode="constant", normalized=True, return_complex=True),
    call("stft", S, 8, onesided=False, return_complex=True), call("stft", T((20,), "complex64"), 6),
    call("stft", T((20,), "float64"), 8, 2, 5, return_complex=True),
    call("istft", SPECTRA, 8, window=HANN), call("istft", SPECTRA, 8, 3, window=HANN, length=11),
    call("istft", T((5, 6), "complex128"), 8, 2, center=False, normalized=True),
    call("istft", SPECTRA, 8, 2, window=HANN, length=20), call("istft", SPECTRA, 8, window=T((8,), "float64", low=1)),
    call("istft", SPECTRA, 8, 2, 6, T((6,), low=1)), call("istft", T((8, 4), "complex64"), 8),
    call("istft", T((8, 4), "complex64"), 8, return_complex=True), call("istft", SPECTRA, 8, onesided=True, length=10),
]  # fmt: skip

BY_HAND = [
    (call("real", Z), [3, 0, -1]),
    (call("imag", Z), [4, 0, 0]),
    (call("conj", Z), [3 - 4j, 0, -1]),
    (call("view_as_real", Z), [[3, 4], [0, 0], [-1, 0]]),
    (call("view_as_complex", T(values=[[1, 2], [3, -4]])), [1 + 2j, 3 - 4j]),
    (call("complex", T(values=[1]), T(values=[2])), [1 + 2j]),
    (call("abs", Z), [5, 0, 1]),
    (call("fft_fft", T(values=[1, 2, 3, 4])), [10, -2 + 2j, -2, -2 - 2j]),
    (call("fft_rfft", T(values=[1, 2, 3, 4])), [10, -2 + 2j, -2]),
    (call("fft_irfft", T((3,), "complex64", values=[10, -2 + 2j, -2])), [1, 2, 3, 4]),
    (call("fft_fftshift", T(values=[0, 1, 2, 3, 4])), [3, 4, 0, 1, 2]),
    (call("fft_fftfreq", 4), [0, 0.25, -0.5, -0.25]),
    (call("hann_window", 4), [0, 0.5, 1, 0.5]),
    (call("bartlett_window", 4), [0, 0.5, 1, 0.5]),
]

REFUSED = [
    (call("imag", X), "imag wants complex numbers and gets float32"),
    (call("view_as_real", X), "view_as_real wants complex numbers and gets float32"),
    (call("view_as_complex", V), "view_as_complex wants pairs, a last axis of size 2, and gets (7,)"),
    (call("view_as_complex", T((3, 2), "int64")),
     "view_as_complex wants float32 or float64 for complex numbers and gets int64"),
    (call("complex", V, T((7,), "float64")), "complex wants tensors of one dtype and gets float32 and float64"),
    (call("polar", I, I), "polar wants float32 or float64 for complex numbers and gets int64"),
    (call("adjoint", V), "adjoint wants matrices, of at least 2 axes, and gets (7,)"),
    (call("fft_fft", T((4,), "float16")), "fft_fft wants float32 or float64 for complex numbers and gets float16"),
    (call("fft_fft", T(())), "fft_fft wants a tensor of at least one axis and gets a single number"),
    (call("fft_fft", X, 0), "fft_fft wants n of at least 1 and gets 0"),
    (call("fft_fft", T((2, 0))), "fft_fft wants at least 1 element to transform and gets 0"),
    (call("fft_fft", X, norm="x"), 'norm wants "backward", "ortho" or "forward", not \'x\''),
    (call("fft_fft", X, dim=3), "fft_fft wants dim from -3 to 2 and gets 3"),
    (call("fft_rfft", C), "fft_rfft wants real numbers and gets complex64"),
    (call("fft_irfft", T((2, 1), "complex64")), "fft_irfft wants at least 1 element to transform and gets 0"),
    (call("fft_fftn", V, (2, 3)), "fft_fftn has 2 sizes in s and gets a tensor of 1 axes"),
    (call("fft_fftn", X, dim=(0, 0)), "fft_fftn wants each dim once and gets (0, 0)"),
    (call("fft_fftn", X, (2,), (0, 1)), "s wants one size for each axis and gets 1 for 2 axes"),
    (call("fft_fft2", V), "fft_fft2 wants dim from -1 to 0 and gets -2"),
    (call("fft_rfftn", T(())), "fft_rfftn wants at least one axis to transform and gets none"),
    (call("fft_fftfreq", 4, dtype="int64"), "dtype wants a real one with fractions, not int64"),
    (call("hann_window", -1), "hann_window wants window_length of at least 0 and gets -1"),
    (call("hann_window", 4, dtype="int64"), "dtype wants a real one with fractions, not int64"),
    (call("stft", S, 8), "stft wants return_complex said for real signals: True"),
    (call("stft", X, 8, return_complex=True), "stft wants signals (N, L) or (L) and gets (2, 4, 6)"),
    (call("stft", S, 40, center=False, return_complex=True),
     "stft wants n_fft from 1 to the 30 elements of the signal and gets 40"),
    (call("stft", S, 8, 0, return_complex=True), "hop_length must be at least 1, not 0"),
    (call("stft", S, 8, win_length=9, return_complex=True), "win_length must be from 1 to n_fft=8, not 9"),
    (call("stft", S, 8, window=V, return_complex=True), "wants a window of win_length=8 elements and gets (7,)"),
    (call("stft", T((20,), "complex64"), 6, onesided=True), "onesided spectra are those of real signals and windows"),
    (call("istft", X, 8), "istft wants complex spectra and gets float32"),
    (call("istft", C, 8), "istft wants n_fft // 2 + 1 = 5 frequencies and gets 4: (2, 4, 6)"),
    (call("istft", SPECTRA, 8, 9), "hop_length must be at most win_length=8, not 9"),
    (call("istft", SPECTRA, 8, return_complex=True), "onesided spectra are those of real signals"),
    (call("istft", SPECTRA, 8, window=T((8,), "complex64")),
     "istft wants a window of real numbers and gets complex64"),
    (call("istft", SPECTRA, 8, window=V), "istft wants a window of win_length=8 elements and gets (7,)"),
    (call("istft", T((5,), "complex64"), 8),
     "istft wants spectra (N, frequencies, frames) or (frequencies, frames) and gets (5,)"),
]  # fmt: skip

REFUSED_BY_DATA = [
    (call("istft", SPECTRA, 8, 4, window=T((8,), values=[0] * 8)),
     "istft cannot undo a window that leaves elements of the signal out"),
]  # fmt: skip

TABLE = Table(ROWS, BY_HAND, refused=REFUSED, refused_by_data=REFUSED_BY_DATA, tolerance=1e-6)
