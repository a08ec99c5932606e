"""Items put into a tensor: x[index] = value."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.in_place import check_target, replaced
from nnbuild.ops.indexing import getitem, parts, places
from nnbuild.ops.nests import is_tensor
from nnbuild.ops.op import Op, takes_complex
from nnbuild.ops.reach import Kept, Part, Picked, Placed, Reach, Reaches, Strided, Unknown, picked
from nnbuild.ops.spec import TensorSpec


class _Put(Op):
    """An op in place. A mask of bools and a number fill what the mask picks, whatever its values are."""

    def __call__(self, input: Any, index: Any, value: Any) -> Any:
        check_target(self.name, input)
        mask = index[0] if isinstance(index, tuple) and len(index) == 1 else index
        if is_tensor(mask) and str(mask.dtype) == "bool" and mask.shape:
            return replaced(input, _filled(input, mask, value))
        return replaced(input, super().__call__(input, places(index, input), value))


def _filled(input: Any, mask: Any, value: Any) -> Any:
    from nnbuild import ops

    if is_tensor(value) and value.shape:
        raise ShapeError(
            f"how many elements a mask picks depends on the data, so a value {tuple(value.shape)} may not fit",
            hint="where(mask, value, x) takes the value's elements at the places of the mask",
        )
    if tuple(mask.shape) != tuple(input.shape[: len(mask.shape)]):
        raise ShapeError(f"a mask {tuple(mask.shape)} does not lie on the first axes of {tuple(input.shape)}")
    aligned = ops.view(mask, (*mask.shape, *[1] * (len(input.shape) - len(mask.shape))))
    return ops.masked_fill(input, aligned, value)


def _setitem(input: np.ndarray, index: tuple[Any, ...], value: Any) -> np.ndarray:
    """Python's x[index] = value: the tensor with the value, in its dtype, in the places of the index."""
    result = input.copy()
    basic, taken = parts(index, input.ndim)
    if taken:
        result[basic][taken] = value
    else:
        result[basic] = value
    return result


setitem = _Put(_setitem, "setitem")


@setitem.shape
def _(input: TensorSpec, index: tuple[Any, ...], value: Any) -> TensorSpec:
    picked = getitem.facets["shape"](input, index).shape
    if not isinstance(value, TensorSpec):
        if not isinstance(value, bool | int | float):
            raise OptionError(f"an item is a tensor or a number, not {value!r:.80}", option="value")
        return input
    shape = value.shape
    while len(shape) > len(picked) and shape[0] == 1:
        shape = shape[1:]
    ends = picked[len(picked) - len(shape) :]
    if len(shape) > len(picked) or any(size not in (1, wanted) for size, wanted in zip(shape, ends, strict=True)):
        raise ShapeError(f"wants a value {picked}, or what broadcasts to it, for these items and gets {value.shape}")
    return input


@setitem.axes
def _(input: TensorSpec, index: tuple[Any, ...], value: Any) -> dict[str, Reaches]:
    picked = getitem.facets["axes"](input, index)["input"]
    sizes = getitem.facets["shape"](input, index).shape
    found: dict[str, Reaches] = {
        "input": tuple(
            Kept(axis) if isinstance(reach, Strided) and sizes[reach.axis] == input.shape[axis] else Placed(axis)
            for axis, reach in enumerate(picked)
        )
    }
    return found | {"value": _value_reaches(input, index, value)} if isinstance(value, TensorSpec) else found


def _value_reaches(input: TensorSpec, index: tuple[Any, ...], value: TensorSpec) -> Reaches:
    """The value's axes are the last of those that the index picks; each lies along the axis that it was picked of."""
    seen = getitem.facets["axes"](input, index)["input"]
    axes: dict[int, Reach] = {}
    for place, reach in enumerate(seen):
        if isinstance(reach, Unknown):
            return reach
        if isinstance(reach, Strided):
            size, length = input.shape[place], getitem.facets["shape"](input, index).shape[reach.axis]
            inside = range(reach.start, reach.start + reach.step * length, reach.step)
            axes[reach.axis] = picked(place, ((inside.index(at),) * 2 if at in inside else None for at in range(size)))
        elif isinstance(reach, Picked):
            return Unknown("where it looks depends on the index")
    missing = getitem.facets["shape"](input, index).ndim - value.ndim
    return tuple(
        axes.get(place + missing, Part(0, 1)) if size > 1 or missing < 0 else Part(0, 1)
        for place, size in enumerate(value.shape)
    )


takes_complex(setitem)
