"""Fourier transforms, as products with the matrix of sines and cosines, and the filters of mel spectrograms."""

from __future__ import annotations

import math
from typing import Any

from nnbuild import ops
from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.node import OnnxNode, axis_of, constant, reads


def _waves(length: int, rows: int, dtype: str, sign: int) -> tuple[Any, Any]:
    """The real and the imaginary part of the transform's matrix (rows, length)."""
    places = ops.arange(length, dtype="int64")
    turns = ops.remainder(ops.outer(ops.arange(rows, dtype="int64"), places), constant(length, "int64"))
    angles = ops.mul(ops.to(turns, "float64"), sign * 2 * math.pi / length)
    return ops.to(ops.cos(angles), dtype), ops.to(ops.sin(angles), dtype)


def _fitted(signal: Any, length: int) -> Any:
    """The signal (..., time) cut to the length, or with zeros behind it."""
    size = signal.shape[-1]
    return ops.narrow(signal, -1, 0, length) if size > length else ops.pad(signal, (0, length - size))


def _transformed(real: Any, imaginary: Any, rows: int, sign: int) -> tuple[Any, Any]:
    """The transform of signals (..., time), real where there is no imaginary part."""
    length = real.shape[-1]
    cosine, sine = _waves(length, rows, str(real.dtype), sign)
    first, second = ops.linear(real, cosine), ops.linear(real, sine)
    if imaginary is None:
        return first, second
    return ops.sub(first, ops.linear(imaginary, sine)), ops.add(second, ops.linear(imaginary, cosine))


def _parts(signal: Any) -> tuple[Any, Any]:
    """The real part, and the imaginary one if there is one, of signals whose last axis holds them."""
    if signal.shape[-1] == 1:
        return ops.select(signal, -1, 0), None
    if signal.shape[-1] != 2:
        raise SpecError(f"wants a last axis of 1 or 2, real or complex, and gets {tuple(signal.shape)}")
    return ops.select(signal, -1, 0), ops.select(signal, -1, 1)


@reads("DFT")
def _dft(node: OnnxNode, signal: Any, length: Any = None, axis: Any = None) -> Any:
    rank = len(signal.shape)
    place = axis_of(int(node.get("axis", 1) if node.version < 20 else node.number("axis", axis, -2)), rank)
    inverse, onesided = bool(node.get("inverse")), bool(node.get("onesided"))
    usual = 2 * (signal.shape[place] - 1) if inverse and onesided else signal.shape[place]
    size = usual if length is None else int(node.number("dft_length", length))
    parts = [None if part is None else ops.movedim(part, place, -1) for part in _parts(signal)]
    if inverse and onesided:  # the other half mirrors this one
        return ops.unsqueeze(ops.movedim(_real_again(parts[0], parts[1], size), -1, place), -1)
    real, imaginary = (None if part is None else _fitted(part, size) for part in parts)
    made = _transformed(real, imaginary, size // 2 + 1 if onesided else size, 1 if inverse else -1)
    joined = ops.stack([ops.movedim(part, -1, place) for part in made], -1)
    return ops.div(joined, constant(size, joined.dtype)) if inverse else joined


def _real_again(real: Any, imaginary: Any, size: int) -> Any:
    """The real signal of so many samples whose one-sided transform this is."""
    half = size // 2 + 1
    real = _fitted(real, half)
    imaginary = ops.zeros_like(real) if imaginary is None else _fitted(imaginary, half)
    twice = constant([1.0 if at == 0 or 2 * at == size else 2.0 for at in range(half)], real.dtype)
    cosine, sine = _waves(size, half, str(real.dtype), 1)
    waves = ops.sub(ops.matmul(ops.mul(real, twice), cosine), ops.matmul(ops.mul(imaginary, twice), sine))
    return ops.div(waves, constant(size, real.dtype))


@reads("STFT")
def _stft(node: OnnxNode, signal: Any, step: Any, window: Any = None, frame: Any = None) -> Any:
    size = window.shape[0] if frame is None and window is not None else int(node.number("frame_length", frame))
    real, imaginary = _parts(signal) if len(signal.shape) == 3 else (signal, None)
    frames = []
    for part in (real, imaginary):
        cut = None if part is None else ops.tensor_unfold(part, -1, size, int(node.number("frame_step", step)))
        frames.append(cut if cut is None or window is None else ops.mul(cut, window))
    made = _transformed(frames[0], frames[1], size // 2 + 1 if node.get("onesided") and imaginary is None else size, -1)
    return ops.stack(list(made), -1)


@reads("MelWeightMatrix")
def _mel(node: OnnxNode, bins: Any, length: Any, rate: Any, low: Any, high: Any) -> Any:
    """Triangles over the frequencies, evenly spaced on the mel scale. All of it is known before the run."""
    count, size = int(node.number("num_mel_bins", bins)), int(node.number("dft_length", length))
    ends = [2595 * math.log10(1 + float(node.number(name, value)) / 700)
            for name, value in (("lower_edge_hertz", low), ("upper_edge_hertz", high))]  # fmt: skip
    sample_rate = int(node.number("sample_rate", rate))
    hertz = [700 * (10 ** ((ends[0] + at * (ends[1] - ends[0]) / (count + 2)) / 2595) - 1) for at in range(count + 2)]
    places = [int((size + 1) * each // sample_rate) for each in hertz]
    columns = [_triangle(*ends, size // 2 + 1) for ends in zip(places, places[1:], places[2:], strict=False)]
    return ops.transpose(constant(columns, node.dtype("output_datatype")), 0, 1)


def _triangle(first: int, middle: int, last: int, rows: int) -> list[float]:
    """A filter that rises from the first row to the middle one and falls to the last."""
    found = [0.0] * rows
    for row in range(first, middle + 1):
        found[row] = (row - first) / (middle - first) if middle > first else 1.0
    for row in range(middle, last):
        found[row] = (last - row) / (last - middle)
    return found
