"""The arithmetic of weight and spectral norm: with ops where a graph shall show it, on arrays where values start.

Source: https://arxiv.org/abs/1602.07868, https://arxiv.org/abs/1802.05957
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import deepcopy
from functools import cached_property
from typing import Any

from nnbuild import ops
from nnbuild.errors import OptionError
from nnbuild.lazy import np
from nnbuild.nn import init
from nnbuild.nn.options import Option
from nnbuild.nn.parameter import Buffer, Parameter
from nnbuild.ops.nests import array_of

#: The options of both norms, with their types.
_OPTIONS = {
    "name": Option("name", "str"),
    "dim": Option("dim", "int | None"),
    "n_power_iterations": Option("n_power_iterations", "int"),
    "eps": Option("eps", "float"),
}

#: Power iterations on the way to the first singular vectors.
STARTING = 15


def check(norm: str, **options: Any) -> None:
    """Raise OptionError for an option of another type, and for no power iteration."""
    for name, value in options.items():
        _OPTIONS[name].checked(value, norm)
    if options.get("n_power_iterations", 1) <= 0:
        given = options["n_power_iterations"]
        raise OptionError(
            f"{norm} wants n_power_iterations of at least 1 and gets {given}", option="n_power_iterations"
        )


def checked_axis(norm: str, dim: int, weight: Any) -> int:
    """The axis, counted from the front. Raises OptionError if the weight does not have it."""
    axes = len(weight.shape)
    if not -axes <= dim < axes:
        raise OptionError(f"{norm} wants a dim from {-axes} to {axes - 1} and gets {dim}", option="dim")
    return dim % axes


def axis_of_outputs(module: Any, dim: int | None) -> int:
    """The axis of a weight that spectral_norm takes for the outputs: 1 in transposed convolutions, else 0."""
    return dim if dim is not None else int(getattr(type(module), "transposed", False))


# Weight norm: a size g times a direction v


def sizes(direction: Any, dim: int | None) -> Any:
    """The norms of the slices along `dim`; of all elements for None and for -1, as in torch."""
    if dim is None or dim == -1:
        return ops.norm(direction, 2)
    axes = len(direction.shape)
    others = [axis for axis in range(axes) if axis != dim % axes]
    return ops.norm(direction, 2, others, keepdim=True) if others else ops.abs(direction)


def scaled(size: Any, direction: Any, dim: int | None) -> Any:
    """The direction, its slices along `dim` of these sizes."""
    return ops.mul(direction, ops.div(size, sizes(direction, dim)))


def sizes_parameter(weight: Any, dim: int | None) -> Parameter:
    """A Parameter with the sizes of a weight as it is now; neither has values before somebody looks."""
    shape: tuple[int, ...] = ()
    if dim is not None and dim != -1:
        axis = checked_axis("weight_norm", dim, weight)
        shape = tuple(size if place == axis else 1 for place, size in enumerate(weight.shape))
    made = Parameter.empty(shape, weight.dtype, requires_grad=weight.requires_grad)
    now = deepcopy(weight)
    made.assign(lambda: array_of(sizes(now.data, dim)))
    return made


# Spectral norm: a weight over its largest singular value


def matrix(weight: Any, dim: int) -> Any:
    """The weight with a row for each place along `dim`."""
    if dim:
        weight = ops.permute(weight, (dim, *(axis for axis in range(len(weight.shape)) if axis != dim)))
    return ops.reshape(weight, matrix_shape(weight))


def matrix_shape(weight: Any, dim: int = 0) -> tuple[int, int]:
    """Rows and columns of that matrix."""
    rows = weight.shape[dim]
    return rows, math.prod(size for axis, size in enumerate(weight.shape) if axis != dim)


def over_singular_value(weight: Any, u: Any, v: Any, dim: int) -> Any:
    """The weight over u . (W v). Written without matrix products: they would count as the layer's multiply-adds."""
    products = ops.sum(ops.mul(matrix(weight, dim), v), 1)
    return ops.div(weight, ops.sum(ops.mul(u, products)))


def approach(weight: np.ndarray, vectors: Sequence[Any], eps: float, *, v_first: bool) -> None:
    """One power iteration, in place: each vector becomes what the matrix makes of the other, with length 1."""
    u, v = map(array_of, vectors)
    for _ in range(2):
        into, made = (v, u @ weight) if v_first else (u, weight @ v)
        into[...] = made / max(float(np.linalg.norm(made)), eps)
        v_first = not v_first


class Vectors:
    """The first u and v of a weight as it is now, drawn at once in torch's order and made when first looked at.

    Params: steps, the power iterations behind the draw.
    """

    def __init__(self, weight: Any, dim: int, eps: float, steps: int) -> None:
        self._weight = deepcopy(weight)
        self._dim, self._eps, self._steps = dim, eps, steps
        self._drawn = [Buffer.empty(size, str(weight.dtype)) for size in matrix_shape(weight, dim)]
        for vector in self._drawn:
            init.normal_(vector)

    def buffers(self) -> tuple[Buffer, Buffer]:
        """Buffers of u and of v."""
        made = tuple(Buffer.empty(vector.shape, vector.dtype) for vector in self._drawn)
        made[0].assign(lambda: self._found[0].copy())
        made[1].assign(lambda: self._found[1].copy())
        return made[0], made[1]

    @cached_property
    def _found(self) -> list[np.ndarray]:
        found = [array_of(ops.normalize(vector.data, dim=0, eps=self._eps)) for vector in self._drawn]
        if self._steps:
            weight = matrix(array_of(self._weight), self._dim)
            for _ in range(self._steps):
                approach(weight, found, self._eps, v_first=False)
        return found
