"""Whether an array fits an input, and what makes it fit: one sample, channels last, another dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nnbuild.errors import InputError
from nnbuild.formats.array_source import ArraySource
from nnbuild.ops.spec import ITEM_SIZES
from nnbuild.spec.build.stated import BATCH, Input


def as_tensor(source: ArraySource) -> ArraySource:
    """The source, if a network can take its values as they are. Raises InputError."""
    if source.dtype.name not in ITEM_SIZES:
        hint = f"these are taken: {', '.join(ITEM_SIZES)}"
        raise InputError(f"{source.path} holds {source.dtype}, which is no dtype of tensors", hint=hint)
    _refuse_empty(source)
    return source


def _refuse_empty(source: ArraySource) -> None:
    if not all(source.shape):
        raise InputError(f"{source.path} is empty: {source.shape}")


def fitted(source: ArraySource, input: Input, note: Callable[[str], None]) -> ArraySource:
    """The source in the input's dtype and rank. Raises InputError where that cannot be."""
    change = _conversion(source, input, note)
    wanted = str(input)
    if (
        len(source.shape) == len(input.shape) - 1
        and input.shape[0] == BATCH
        and (_matches(source.shape, input.shape[1:]) or _channels_last((1, *source.shape), input.shape))
    ):
        note(f"{source.path} {source.shape} is taken as one sample of {wanted}")
        source = _as_one_sample(source)
    if _channels_last(source.shape, input.shape):
        note(f"{source.path} {source.shape} has its channels last; they are taken to the front")
        source = _channels_first(source)
    if len(source.shape) != len(input.shape):
        raise InputError(
            f"the input {input.name} has {len(input.shape)} axes, {wanted}, and {source.path} has "
            f"{len(source.shape)}: {source.shape}",
            hint=_axis_hint(source.shape, input.shape),
        )
    if len(input.shape) > 2 and isinstance(input.shape[1], int) and source.shape[1] != input.shape[1]:
        what = "channels" if len(input.shape) > 3 else "in its second axis"
        raise InputError(
            f"the input {input.name} has {input.shape[1]} {what}, {wanted}, and {source.path} has "
            f"{source.shape[1]}: {source.shape}",
            hint=_channel_hint(source.shape, input.shape),
        )
    _refuse_empty(source)
    read = source.part
    return ArraySource(source.path, source.shape, np.dtype(input.dtype), lambda start, stop: change(read(start, stop)))


def _as_one_sample(source: ArraySource) -> ArraySource:
    return ArraySource(
        source.path, (1, *source.shape), source.dtype, lambda start, stop: source.whole()[None][start:stop]
    )


def _channels_last(shape: tuple[int, ...], wanted: tuple[Any, ...]) -> bool:
    """Whether an array fits an input of images, or of volumes, once its last axis is the second."""
    if len(shape) != len(wanted) or len(shape) < 4 or _matches(shape, wanted):
        return False
    return (
        isinstance(wanted[1], int) and shape[1] != wanted[1] and _matches((shape[0], shape[-1], *shape[1:-1]), wanted)
    )


def _channels_first(source: ArraySource) -> ArraySource:
    count, *sizes, channels = source.shape
    return ArraySource(
        source.path, (count, channels, *sizes), source.dtype,
        lambda start, stop: np.moveaxis(source.part(start, stop), -1, 1),
    )  # fmt: skip


def _matches(shape: tuple[int, ...], wanted: tuple[Any, ...]) -> bool:
    return all(isinstance(want, str) or size == want for size, want in zip(shape, wanted, strict=True))


def _axis_hint(shape: tuple[int, ...], wanted: tuple[Any, ...]) -> str | None:
    if len(shape) == len(wanted) - 1 and len(wanted) > 2 and wanted[1] == 1 and _matches(shape[1:], wanted[2:]):
        return "add the axis of channels: array[:, None]"
    if len(shape) == len(wanted) - 1:
        return "add the missing axis, as with array[None] for one sample"
    return None


def _channel_hint(shape: tuple[int, ...], wanted: tuple[Any, ...]) -> str | None:
    if len(shape) == 3 and shape[2] == wanted[2]:
        return f"if this axis may have any length, say so in the spec: [N, T={wanted[1]}, {wanted[2]}]"
    return None


def _conversion(source: ArraySource, input: Input, note: Callable[[str], None]) -> Callable[[np.ndarray], np.ndarray]:
    """How the source's values become the input's dtype."""
    have, want = source.dtype, np.dtype(input.dtype)
    kinds = {"c": "cfiub", "f": "fiub", "i": "iub", "u": "iub", "b": "b"}[want.kind]
    if have.kind not in kinds:
        real = {"i": f"round them: array.astype({input.dtype!r})", "b": "compare: array != 0"}.get(want.kind)
        hint = "take array.real, or np.abs(array)" if have.kind == "c" else real
        raise InputError(
            f"the input {input.name} is {input.dtype} and {source.path} holds {have}",
            hint=hint if have.kind in "cfiub" else "give it an array of numbers",
        )
    if want.kind == "f" and have.kind in "iub":
        note(f"{source.path} holds {have}; its values are taken as they are, as {want}")
    if want.kind not in "iu" or np.can_cast(have, want):
        return lambda array: array.astype(want, copy=False)

    def narrowed(array: np.ndarray) -> np.ndarray:
        limits = np.iinfo(want)
        if array.size and (array.min() < limits.min or array.max() > limits.max):
            raise InputError(f"{source.path} holds numbers that {want} cannot hold")
        return array.astype(want)

    return narrowed
