"""Pooling to a given output size: the windows follow from it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from nnbuild.errors import OptionError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import fractions
from nnbuild.ops.largest import largest
from nnbuild.ops.op import Op, op
from nnbuild.ops.planes import LETTERS, at_least, plane_sizes
from nnbuild.ops.reach import Kept, Reach, Reaches, Slid, kept, picked
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.window import Slide

OutputSize = int | None | tuple[int | None, ...]


def _outputs(output_size: OutputSize, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The output's sizes: None keeps the input's."""
    axes = len(sizes)
    wanted = (output_size,) * axes if output_size is None or isinstance(output_size, int) else tuple(output_size)
    kept = axes > 1 and output_size is not None  # as torch, which knows None in a pair or a triple alone
    if len(wanted) != axes or not all((size is None and kept) or isinstance(size, int) for size in wanted):
        raise OptionError(
            f"output_size wants one whole number{f' or {axes}, with None to keep a size' if axes > 1 else ''}, "
            f"not {output_size!r}",
            option="output_size",
        )
    outputs = tuple(size if out is None else out for out, size in zip(wanted, sizes, strict=True))
    at_least(0, output_size=outputs)
    return outputs


def _ranges(length: int, out: int) -> Iterator[range]:
    """The window of each output element: from floor(i*length/out) to ceil((i + 1)*length/out)."""
    return (range(place * length // out, -(-(place + 1) * length // out)) for place in range(out))


def _window_sizes(length: int, out: int) -> list[int]:
    """The sizes that windows have. As i*length mod out runs through the multiples of their greatest common divisor,
    a window has one element more than the quotient, or two where the remainder leads past the next whole number.
    """
    if not out:
        return []
    whole, rest = divmod(length, out)
    if not rest:
        return [whole]
    return [whole + 1, whole + 2] if rest > math.gcd(length, out) else [whole + 1]


@op
def adaptive_avg_pool(input: np.ndarray, output_size: OutputSize, *, axes: int) -> np.ndarray:
    """The averages of as many windows an axis as `output_size` says; they cover the input evenly."""
    result = input
    outputs = _outputs(output_size, input.shape[-axes:])
    for axis, out in reversed(list(enumerate(outputs, start=input.ndim - axes))):
        length = result.shape[axis]
        if out == length:
            continue
        if out and length % out == 0:
            blocks = result.reshape(*result.shape[:axis], out, length // out, *result.shape[axis + 1 :])
            result = blocks.mean(axis + 1)
        else:
            before = (slice(None),) * axis
            parts = [result[(*before, slice(part.start, part.stop))] for part in _ranges(length, out)]
            means = [part.mean(axis, keepdims=True) for part in parts]
            result = np.concatenate(means, axis) if means else result.take([], axis)
    return result.copy() if result is input else result


@op
def adaptive_max_pool(input: np.ndarray, output_size: OutputSize, return_indices: bool = False, *, axes: int) -> Any:
    """The largest elements of as many windows an axis as `output_size` says; `return_indices` as for max_pool."""
    sizes = input.shape[-axes:]
    taps = [[tuple(part) for part in _ranges(*pair)] for pair in zip(sizes, _outputs(output_size, sizes), strict=True)]
    values, indices = largest(input, taps, bool(return_indices))
    return (values, indices) if return_indices else values


@adaptive_avg_pool.shape
def _(input: TensorSpec, output_size: OutputSize, axes: int) -> TensorSpec:
    sizes = plane_sizes(input, axes, empty=True)
    fractions(input.dtype)
    return input.with_shape((*input.shape[:-axes], *_outputs(output_size, sizes)))


@adaptive_max_pool.shape
def _(input: TensorSpec, output_size: OutputSize, return_indices: bool, axes: int) -> Any:
    sizes = plane_sizes(input, axes)
    fractions(input.dtype)
    output = input.with_shape((*input.shape[:-axes], *_outputs(output_size, sizes)))
    return (output, output.with_dtype("int64")) if return_indices else output


def _window(input: TensorSpec, output_size: OutputSize, axes: int) -> tuple[Slide, ...]:
    """Exact where the size divides; else the narrowest stride with the kernel that then covers the input."""
    slides = []
    for length, out in zip(input.shape[-axes:], _outputs(output_size, input.shape[-axes:]), strict=True):
        stride = max(1, length // max(1, out))
        slides.append(Slide(max(1, length - (out - 1) * stride), stride))
    return tuple(slides)


def _formula(output: TensorSpec, input: TensorSpec, axes: int) -> list[str]:
    lines: dict[str, str] = {}
    for letter, length, out in zip(
        LETTERS[axes - 1].split(", "), input.shape[-axes:], output.shape[-axes:], strict=True
    ):
        sizes = " to ".join(map(str, _window_sizes(length, out))) or 0
        text = f"{out}, by output_size: windows of {sizes} over {length}"
        lines[text] = f"{lines[text]}, {letter}" if text in lines else letter
    return [f"{letters} = {text}" for text, letters in lines.items()]


def _axes(input: TensorSpec, output: TensorSpec, axes: int) -> dict[str, Reaches]:
    first = input.ndim - axes
    return {
        "input": (
            *kept(input)[:first],
            *(averaged(at, input.shape[at], output.shape[at]) for at in range(first, input.ndim)),
        )
    }


def averaged(axis: int, length: int, out: int) -> Reach:
    """What an output of adaptive pooling sees of an axis."""
    if out == length:
        return Kept(axis)
    if out and length % out == 0 and out > 1:
        return Slid(axis, Slide(length // out, length // out))
    return picked(axis, ((part.start, part.stop - 1) for part in _ranges(length, out)))


_families: tuple[Op, ...] = (adaptive_avg_pool, adaptive_max_pool)
for _family in _families:
    _family.window(_window)
    _family.formula(_formula)
    _family.axes(_axes)

adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = adaptive_avg_pool.over(1, 2, 3)
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = adaptive_max_pool.over(1, 2, 3)
