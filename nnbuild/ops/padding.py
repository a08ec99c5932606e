"""Padding: constants, reflections, copies of the edge or the other end around the last axes; or cropping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import has_fractions
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import Reach, Reaches, Strided, taken
from nnbuild.ops.spec import ITEM_SIZES, TensorSpec
from nnbuild.ops.window import Slide

_MODES = ("constant", "reflect", "replicate", "circular")


def _sides(pad: Sequence[int], axes: int) -> list[tuple[int, int]]:
    """Elements before and after each of the axes; `pad` tells those of the last axis first."""
    pairs = [(pad[at], pad[at + 1]) for at in range(0, len(pad), 2)]
    return [(0, 0)] * (axes - len(pairs)) + pairs[::-1]


def _reflected(length: int, before: int, after: int) -> Iterator[int]:
    places = map(abs, range(-before, length + after))
    return (place if place < length else 2 * (length - 1) - place for place in places)


def _replicated(length: int, before: int, after: int) -> Iterator[int]:
    return (min(max(place, 0), length - 1) for place in range(-before, length + after))


def _circular(length: int, before: int, after: int) -> Iterator[int]:
    """Around what a negative padding leaves, as in torch."""
    first = max(0, -before)
    left = length - first - max(0, -after)
    return (first + place % left for place in range(-max(0, before), left + max(0, after)))


_PLACES = {"reflect": _reflected, "replicate": _replicated, "circular": _circular}


@op
def pad(input: np.ndarray, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> np.ndarray:
    """More elements before and after the last axes, fewer where `pad` is negative.

    `pad` is (before, after) of the last axis, then of the one before it, and so on. `mode` says what they are: `value`
    (constant), the input mirrored (reflect), its edge (replicate) or its other end (circular).
    """
    sides = _sides(pad, input.ndim)
    if mode != "constant":
        for axis, (before, after) in enumerate(sides):
            if before or after:
                input = input.take(list(_PLACES[mode](input.shape[axis], before, after)), axis)
        return input.copy() if not any(pad) else input
    sizes = [before + size + after for size, (before, after) in zip(input.shape, sides, strict=True)]
    result = np.full(sizes, 0 if value is None else value, input.dtype)
    into = tuple(
        slice(max(0, before), size - max(0, after)) for size, (before, after) in zip(sizes, sides, strict=True)
    )
    kept = tuple(
        slice(max(0, -before), size - max(0, -after)) for size, (before, after) in zip(input.shape, sides, strict=True)
    )
    result[into] = input[kept]
    return result


@pad.shape
def _(input: TensorSpec, pad: Sequence[int], mode: str, value: float | None) -> TensorSpec:
    if mode not in _MODES:
        raise OptionError(f"mode is {', '.join(map(repr, _MODES[:-1]))} or {_MODES[-1]!r}, not {mode!r}", option="mode")
    if len(pad) % 2 or not all(isinstance(size, int) for size in pad):
        raise OptionError(f"pad wants pairs of whole numbers, before and after an axis, not {tuple(pad)}", option="pad")
    if len(pad) > 2 * input.ndim:
        raise ShapeError(f"pads {len(pad) // 2} axes and gets an input of {input.ndim}: {input.shape}", option="pad")
    sides = _sides(pad, input.ndim)
    if mode == "constant":
        _check_value(input.dtype, value)
    else:
        _check_source(input, sides, len(pad) // 2, mode, value)
    kept = [size + min(0, before) + min(0, after) for size, (before, after) in zip(input.shape, sides, strict=True)]
    sizes = [before + size + after for size, (before, after) in zip(input.shape, sides, strict=True)]
    if any(size < 0 for size in (*kept, *sizes)):
        raise ShapeError(f"crops more than there is: {tuple(pad)} of sizes {input.shape}", option="pad")
    return input.with_shape(sizes)


@pad.axes
def _(input: TensorSpec, pad: Sequence[int], mode: str) -> dict[str, Reaches]:
    def reach(axis: int, before: int, after: int) -> Reach:
        if mode == "constant" or not (before or after):
            return Strided(axis, -before)
        return taken(axis, _PLACES[mode](input.shape[axis], before, after))

    return {"input": tuple(reach(axis, *side) for axis, side in enumerate(_sides(pad, input.ndim)))}


def _check_value(dtype: str, value: float | None) -> None:
    if dtype != "bool" and not has_fractions(dtype) and value is not None:
        bits = 8 * ITEM_SIZES[dtype]
        low, high = (0, 2**bits) if dtype == "uint8" else (-(2 ** (bits - 1)), 2 ** (bits - 1))
        if not low <= value < high:
            raise OptionError(f"value must be one that {dtype} holds, not {value}", option="value")


def _check_source(input: TensorSpec, sides: list[tuple[int, int]], padded: int, mode: str, value: float | None) -> None:
    """Refuse what a mode that takes elements from the input cannot do."""
    if value is not None and value != 0:
        raise OptionError(f"value is for mode='constant', not for {mode!r}", option="value")
    if padded not in (1, 2, 3) or input.ndim not in (padded + 1, padded + 2):
        wanted = f"{input.ndim - 2} or {input.ndim - 1}" if input.ndim > 2 else "1"
        raise ShapeError(
            f"with mode={mode!r} pads the axes behind the channels ({wanted} of {input.shape}) and gets {padded} pairs",
            option="pad",
        )
    if input.dtype == "bool" and mode != "circular":
        raise ShapeError(f"with mode={mode!r} wants numbers and gets bool")
    if 0 in input.shape[input.ndim - padded - 1 :] and mode != "circular":
        raise ShapeError(f"wants at least one element of every axis but the batch and gets {input.shape}")
    for size, (before, after) in zip(input.shape, sides, strict=True):
        limit = {"reflect": size - 1, "circular": size}.get(mode)
        if limit is not None and max(before, after) > max(0, limit):
            raise ShapeError(
                f"with mode={mode!r} takes at most {limit} elements from an axis of {size}, not {max(before, after)}",
                option="pad",
            )
        if mode != "circular" and size and before + size + after < 1:
            raise ShapeError(f"leaves nothing of an axis of {size}: {(before, after)}", option="pad")
        if mode == "circular" and size and size + min(0, before) + min(0, after) < 1:
            raise ShapeError(
                f"crops {(before, after)} from an axis of {size}, which leaves nothing to repeat", option="pad"
            )


@pad.window
def _(pad: Sequence[int]) -> tuple[Slide, ...]:
    return tuple(Slide(1, 1, before, after) for before, after in _sides(pad, len(pad) // 2))


@pad.formula
def _(output: TensorSpec, input: TensorSpec, pad: Sequence[int]) -> list[str]:
    lines = []
    for place, (before, after) in enumerate(_sides(pad, input.ndim)):
        if before or after:
            from_end = input.ndim - place
            name = "WHD"[from_end - 1] if from_end <= 3 and len(pad) > 2 else "L" if len(pad) == 2 else f"axis {place}"
            terms = "".join(f" {'-' if size < 0 else '+'} {abs(size)}" for size in (before, after))
            lines.append(f"{name} = {input.shape[place]}{terms} = {output.shape[place]}")
    return lines


takes_complex(pad)
