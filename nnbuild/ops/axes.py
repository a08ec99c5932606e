"""Axes and sizes as callers write them: negative, left out, one after another or in a tuple."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index as as_int
from typing import Any

from nnbuild.errors import OptionError, ShapeError


def whole(value: Any, option: str) -> int:
    """The value as an int. Raises OptionError for anything that is not a whole number."""
    try:
        return as_int(value)
    except TypeError:
        raise OptionError(f"{option} wants a whole number, not {value!r}", option=option) from None


def spread(values: Sequence[Any], option: str = "sizes") -> tuple[int, ...]:
    """Whole numbers given one after another, `(2, -1)`, or as one tuple or list, `((2, -1),)`."""
    if len(values) == 1 and isinstance(values[0], tuple | list):
        values = values[0]
    return tuple(whole(value, option) for value in values)


def axis(dim: Any, ndim: int, option: str = "dim") -> int:
    """The axis from 0, of a tensor with `ndim` of them; a single number is taken as one axis."""
    ndim = max(ndim, 1)
    number = whole(dim, option)
    if not -ndim <= number < ndim:
        raise ShapeError(f"wants {option} from {-ndim} to {ndim - 1} and gets {number}", option=option)
    return number % ndim


def real_axis(dim: Any, ndim: int, option: str = "dim") -> int:
    """The axis from 0, of a tensor that must have axes."""
    if not ndim:
        raise ShapeError("wants a tensor of at least one axis and gets a single number")
    return axis(dim, ndim, option)


def several(dims: Any, ndim: int, option: str = "dim") -> tuple[int, ...]:
    """The axes from 0, of an int or a sequence of them. Raises ShapeError where one comes twice."""
    given = dims if isinstance(dims, tuple | list) else (dims,)
    axes = tuple(axis(dim, ndim, option) for dim in given)
    if len(set(axes)) != len(axes):
        raise ShapeError(f"wants each {option} once and gets {tuple(given)}", option=option)
    return axes


def arranged(count: int, sizes: tuple[int, ...], option: str = "shape") -> tuple[int, ...]:
    """The sizes for `count` elements, with -1 worked out."""
    if any(size < -1 for size in sizes) or sizes.count(-1) > 1:
        raise ShapeError(f"wants sizes of at least 0, and -1 at most once, and gets {sizes}", option=option)
    known = math.prod(size for size in sizes if size != -1)
    if -1 in sizes and known == 0:
        raise ShapeError(f"cannot work out the -1 in {sizes}: the other sizes make 0 elements", option=option)
    if count % known if -1 in sizes else count != known:
        raise ShapeError(f"cannot arrange {count} elements as {sizes}", option=option)
    return tuple(count // known if size == -1 else size for size in sizes)


def listed_shape(value: Any) -> tuple[int, ...]:
    """The shape of a tensor, of a number, or of numbers in lists in lists."""
    if hasattr(value, "shape"):
        return value.shape
    if not isinstance(value, tuple | list):
        return ()
    shapes = {listed_shape(item) for item in value}
    if len(shapes) > 1:
        raise ShapeError(f"wants lists of one length and gets {' and '.join(map(str, sorted(shapes)))}")
    return (len(value), *(shapes.pop() if shapes else ()))
