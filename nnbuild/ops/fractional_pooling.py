"""Fractional max pooling: windows at random places, to any output size.

Source: Graham, Fractional max-pooling, https://arxiv.org/abs/1412.6071
"""

from __future__ import annotations

from math import prod
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import fractions
from nnbuild.ops.op import op
from nnbuild.ops.planes import at_least, plane_sizes
from nnbuild.ops.randomness import noise
from nnbuild.ops.reach import Reaches, Unknown, kept
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.window import each

Sizes = int | tuple[int, ...]


def _outputs(
    sizes: tuple[int, ...], output_size: Sizes | None, output_ratio: float | tuple[float, ...] | None
) -> tuple[int, ...]:
    if output_size is not None:
        return each(output_size, len(sizes), "output_size")
    if output_ratio is None:
        raise OptionError("output_size or output_ratio must be given", option="output_size")
    ratios = (output_ratio,) * len(sizes) if isinstance(output_ratio, int | float) else tuple(output_ratio)
    if len(ratios) != len(sizes) or not all(0 < ratio < 1 for ratio in ratios):
        raise OptionError(
            f"output_ratio wants one number or {len(sizes)} between 0 and 1, not {output_ratio}", option="output_ratio"
        )
    return tuple(int(size * ratio) for size, ratio in zip(sizes, ratios, strict=True))


def _places(samples: np.ndarray, length: int, out: int, kernel: int) -> np.ndarray:
    """(planes, out, kernel): the places of each window along one axis, from a random number a plane."""
    starts = np.full((len(samples), out), length - kernel)
    if out > 1:
        step = samples.dtype.type(length - kernel) / samples.dtype.type(out - 1)
        steps = ((np.arange(out - 1, dtype=samples.dtype) + samples[:, None]) * step).astype(np.intp)
        starts[:, :-1] = steps - (samples[:, None] * step).astype(np.intp)
    return starts[:, :, None] + np.arange(kernel)


@op
def fractional_max_pool(
    input: np.ndarray,
    kernel_size: Sizes,
    output_size: Sizes | None = None,
    output_ratio: float | tuple[float, ...] | None = None,
    return_indices: bool = False,
    _random_samples: np.ndarray | None = None,
    *,
    axes: int,
) -> Any:
    """The largest elements of windows at random places; `return_indices` as for max_pool.

    `_random_samples` (N, C, axes), between 0 and 1, are drawn where they are not given.
    """
    sizes, kernels = input.shape[-axes:], each(kernel_size, axes, "kernel_size")
    outs = _outputs(sizes, output_size, output_ratio)
    planes = input.reshape(prod(input.shape[:-axes]), *sizes)
    if _random_samples is None:
        samples = noise().random((len(planes), axes)).astype(input.dtype)
    else:
        batch = input.shape[0] if input.ndim == axes + 2 else 1
        samples = _random_samples[:batch].reshape(len(planes), axes)
    flat = np.zeros((len(planes),) + (1,) * 2 * axes, np.int64)
    for axis in range(axes):
        # torch takes the numbers of a plane from W to H, those of a volume from D to W
        places = _places(samples[:, 1 - axis if axes == 2 else axis], sizes[axis], outs[axis], kernels[axis])
        shape = [len(planes)] + [1] * 2 * axes
        shape[1 + axis], shape[1 + axes + axis] = outs[axis], kernels[axis]
        flat = flat * sizes[axis] + places.reshape(shape)
    flat = flat.reshape(len(planes), prod(outs), prod(kernels))
    rows = planes.reshape(len(planes), 1, prod(sizes))
    windows = np.take_along_axis(rows, flat.reshape(len(planes), 1, prod(outs) * prod(kernels)), 2).reshape(flat.shape)
    best = windows.argmax(-1)[..., None] if windows.size else np.zeros((*flat.shape[:-1], 1), np.intp)
    result = (*input.shape[:-axes], *outs)
    values = np.take_along_axis(windows, best, -1).reshape(result)
    return (values, np.take_along_axis(flat, best, -1).reshape(result)) if return_indices else values


@fractional_max_pool.shape
def _(
    input: TensorSpec,
    kernel_size: Sizes,
    output_size: Sizes | None,
    output_ratio: float | tuple[float, ...] | None,
    return_indices: bool,
    _random_samples: TensorSpec | None,
    axes: int,
) -> Any:
    sizes, kernels = plane_sizes(input, axes), each(kernel_size, axes, "kernel_size")
    fractions(input.dtype)
    outs = _outputs(sizes, output_size, output_ratio)
    at_least(1, kernel_size=kernels)
    at_least(0, output_size=outs)
    for size, kernel, out in zip(sizes, kernels, outs, strict=True):
        limit = size if axes == 2 else size - 1  # torch wants a volume to have room to spare
        if out + kernel - 1 > limit:
            raise ShapeError(
                f"cannot place {out} windows of {kernel} over {size} elements: {out} + {kernel} - 1 > {limit}",
                hint="a smaller kernel_size or output_size",
                option="output_size",
            )
    batch = input.shape[0] if input.ndim == axes + 2 else 1
    if _random_samples is not None:
        count, *rest = _random_samples.shape or (0,)
        if count < batch or rest != [input.shape[-axes - 1], axes] or _random_samples.dtype != input.dtype:
            raise ShapeError(
                f"wants _random_samples of {(batch, input.shape[-axes - 1], axes)} in {input.dtype} and gets "
                f"{_random_samples.shape} in {_random_samples.dtype}"
            )
    output = input.with_shape((*input.shape[:-axes], *outs))
    return (output, output.with_dtype("int64")) if return_indices else output


@fractional_max_pool.axes
def _(input: TensorSpec, axes: int) -> dict[str, Reaches]:
    return {"input": (*kept(input)[:-axes], *(Unknown("the windows lie at random places"),) * axes)}


@fractional_max_pool.draws
def _(_random_samples: TensorSpec | None) -> bool:
    return _random_samples is None


fractional_max_pool2d, fractional_max_pool3d = fractional_max_pool.over(2, 3)
