"""pack and unpack: tensors with different axes in one place of a pattern as one tensor, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from nnbuild import ops
from nnbuild.errors import OptionError
from nnbuild.ops.einops.pattern import EinopsError, is_name


@lru_cache(256)
def _around(kind: str, pattern: str) -> tuple[int, int]:
    """How many axes the pattern has before and after the *."""
    names = pattern.split()
    if names.count("*") != 1:
        raise EinopsError(f"{kind} {pattern!r} wants one * in the pattern")
    for name in names:
        if name != "*" and (not is_name(name) or names.count(name) > 1):
            raise EinopsError(f"{kind} {pattern!r} wants names of axes, each once, and has {name!r}")
    before = names.index("*")
    return before, len(names) - before - 1


def pack(tensors: Sequence[Any], pattern: str) -> tuple[Any, list[tuple[int, ...]]]:
    """The tensors as one, the axes in place of the * joined and put side by side; and what those axes were."""
    before, after = _around("pack", pattern)
    flat, shapes = [], []
    for place, tensor in enumerate(tensors):
        shape = tuple(map(int, tensor.shape))
        if len(shape) < before + after:
            raise EinopsError(
                f"pack {pattern!r} wants at least {before + after} axes, and tensor {place} has {len(shape)}: {shape}"
            )
        end = len(shape) - after
        shapes.append(shape[before:end])
        flat.append(ops.reshape(tensor, (*shape[:before], math.prod(shapes[-1]), *shape[end:])))
    if not flat:
        raise EinopsError(f"pack {pattern!r} wants at least one tensor and gets none")
    return ops.cat(flat, before), shapes


def unpack(tensor: Any, packed_shapes: Sequence[Any], pattern: str) -> list[Any]:
    """The tensors that `pack` made one of. Params: packed_shapes, what the axes were; one of them may have a -1."""
    before, after = _around("unpack", pattern)
    shape = tuple(map(int, tensor.shape))
    if len(shape) != before + 1 + after:
        raise EinopsError(f"unpack {pattern!r} wants a tensor of {before + 1 + after} axes and gets {shape}")
    shapes = [tuple(each) if isinstance(each, tuple | list) else (each,) for each in packed_shapes]
    sizes = _sizes(shapes, shape[before], pattern)
    parts = ops.split(tensor, sizes, before)
    return [
        ops.reshape(part, (*shape[:before], *own, *shape[before + 1 :]))
        for part, own in zip(parts, shapes, strict=True)
    ]


def _sizes(shapes: list[tuple[int, ...]], whole: int, pattern: str) -> list[int]:
    """How many elements each tensor has of the axis; what is not known of one is the rest."""
    open_places = [place for place, own in enumerate(shapes) if -1 in own]
    if len(open_places) > 1 or any(own.count(-1) > 1 for own in shapes):
        raise OptionError("unpack wants at most one -1 in packed_shapes", option="packed_shapes")
    sizes = [math.prod(own) for own in shapes]
    if open_places:
        sizes[open_places[0]] = 0
        rest, known = whole - sum(sizes), -math.prod(shapes[open_places[0]])
        if rest < 0 or not known or rest % known:
            raise EinopsError(f"unpack {pattern!r} cannot part an axis of {whole} into {shapes}")
        sizes[open_places[0]] = rest
    if sum(sizes) != whole:
        raise EinopsError(f"unpack {pattern!r} cannot part an axis of {whole} into {shapes}")
    return sizes
