"""What pooling and its kin work on: (N, C, *size), or (C, *size) without a batch."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.ops.spec import TensorSpec

LETTERS = ("L", "H, W", "D, H, W")


def check_rank(input: TensorSpec, axes: int) -> None:
    """Refuse an input that is neither (N, C, *size) nor (C, *size)."""
    letters = LETTERS[axes - 1]
    if input.ndim not in (axes + 1, axes + 2):
        raise ShapeError(
            f"wants an input of {axes + 2} axes (N, C, {letters}) or {axes + 1} (C, {letters}) and gets {input.shape}"
        )


def plane_sizes(input: TensorSpec, axes: int, *, empty: bool = False) -> tuple[int, ...]:
    """The sizes of the last axes. Only the batch may be of size 0, unless `empty` channels do no harm either."""
    check_rank(input, axes)
    sizes = input.shape[-axes:]
    if 0 in sizes or (input.shape[-axes - 1] == 0 and not empty):
        raise ShapeError(f"wants at least one element of every axis but the batch and gets {input.shape}")
    return sizes


def at_least(limit: int, **options: tuple[int, ...]) -> None:
    """Refuse options with a size below the limit."""
    for name, sizes in options.items():
        if any(size < limit for size in sizes):
            shown: Any = sizes[0] if len(set(sizes)) == 1 else sizes
            raise OptionError(f"{name} must be at least {limit}, not {shown}", option=name)
