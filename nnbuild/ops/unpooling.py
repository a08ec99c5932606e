"""Max unpooling: what max pooling took goes back to its place."""

from __future__ import annotations

from math import prod
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.op import op
from nnbuild.ops.planes import at_least, plane_sizes
from nnbuild.ops.reach import Reaches, slid
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.window import Spread, each, formula_of_windows, output_sizes

Sizes = int | tuple[int, ...]


def _spreads(
    sizes: tuple[int, ...],
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: tuple[int, ...] | None = None,
    *,
    axes: int,
) -> tuple[Spread, ...]:
    kernels = each(kernel_size, axes, "kernel_size")
    strides = kernels if stride is None or stride == () else each(stride, axes, "stride")
    pads = each(padding, axes, "padding")
    at_least(1, kernel_size=kernels, stride=strides)
    spreads = tuple(Spread(kernel, step, pad, pad) for kernel, step, pad in zip(kernels, strides, pads, strict=True))
    if output_size is None:
        return spreads
    wanted = tuple(output_size)[-axes:]
    if len(output_size) not in (axes, axes + 2):
        raise OptionError(
            f"output_size wants {axes} or {axes + 2} sizes, not {tuple(output_size)}", option="output_size"
        )
    return tuple(_resized(spread, size, out) for spread, size, out in zip(spreads, sizes, wanted, strict=True))


def _resized(spread: Spread, size: int, out: int) -> Spread:
    usual = spread.size(size)
    if not usual - spread.stride < out < usual + spread.stride:
        raise OptionError(
            f"output_size must lie between {usual - spread.stride} and {usual + spread.stride}, not {out}",
            option="output_size",
        )
    return spread._replace(extra=out - usual)


@op
def max_unpool(
    input: np.ndarray,
    indices: np.ndarray,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: tuple[int, ...] | None = None,
    *,
    axes: int,
) -> np.ndarray:
    """Each element at the place that `max_pool` took it from, given by `indices`; zeros elsewhere."""
    sizes = input.shape[-axes:]
    spreads = _spreads(sizes, kernel_size, stride, padding, output_size, axes=axes)
    outputs = [spread.size(size) for spread, size in zip(spreads, sizes, strict=True)]
    result = np.zeros((prod(input.shape[:-axes]), prod(outputs)), input.dtype)
    flat = indices.reshape(len(result), prod(sizes))
    if flat.size and (flat.min() < 0 or flat.max() >= result.shape[1]):
        wrong = flat.max() if flat.max() >= result.shape[1] else flat.min()
        raise ShapeError(
            f"wants indices into the {result.shape[1]} elements of an output plane {tuple(outputs)} and gets {wrong}",
            hint="give the input's size before pooling as output_size",
            option="output_size",
        )
    np.put_along_axis(result, flat, input.reshape(flat.shape), axis=1)
    return result.reshape(*input.shape[:-axes], *outputs)


@max_unpool.window
def _(
    input: TensorSpec, kernel_size: Sizes, stride: Sizes | None, padding: Sizes, output_size: Any, axes: int
) -> tuple[Spread, ...]:
    return _spreads(input.shape[-axes:], kernel_size, stride, padding, output_size, axes=axes)


@max_unpool.shape
def _(input: TensorSpec, indices: TensorSpec, axes: int, window: tuple[Spread, ...]) -> TensorSpec:
    sizes = plane_sizes(input, axes)
    if indices.dtype != "int64":
        raise ShapeError(
            f"wants indices of int64 and gets {indices.dtype}", hint="take those of a pooling with return_indices=True"
        )
    if indices.shape != input.shape:
        raise ShapeError(f"wants indices of the input's shape {input.shape} and gets {indices.shape}")
    return input.with_shape((*input.shape[:-axes], *output_sizes(window, sizes)))


@max_unpool.axes
def _(input: TensorSpec, window: tuple[Spread, ...]) -> dict[str, Reaches]:
    """As far as the indices are those of a pooling with the same windows."""
    return {"input": slid(input, window), "indices": slid(input, window)}


max_unpool.formula(formula_of_windows)

max_unpool1d, max_unpool2d, max_unpool3d = max_unpool.over(1, 2, 3)
