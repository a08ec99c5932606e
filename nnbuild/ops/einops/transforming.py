"""rearrange, reduce and repeat: the steps of a plan as ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnbuild import ops
from nnbuild.errors import OptionError
from nnbuild.ops.axes import whole
from nnbuild.ops.einops.pattern import EinopsError
from nnbuild.ops.einops.plan import Kind, planned
from nnbuild.ops.nests import is_tensor

#: Reductions by einops' names: what the axes are given to.
_REDUCTIONS = {"min": "amin", "max": "amax", "sum": "sum", "mean": "mean", "any": "any", "all": "all", "prod": "prod"}

Reduction = str | Callable[[Any, tuple[int, ...]], Any]


def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Any:
    """Axes in another order, split or joined: `rearrange(x, 'b (h w) c -> b c h w', h=7)`.

    A list of tensors has its own axis in front.
    """
    return _transformed("rearrange", tensor, pattern, "", axes_lengths)


def reduce(tensor: Any, pattern: str, reduction: Reduction, **axes_lengths: int) -> Any:
    """The axes that the right side lacks reduced by min, max, sum, mean, prod, any, all, or a function of axes."""
    if not callable(reduction) and reduction not in _REDUCTIONS:
        raise OptionError(f"reduction wants one of {', '.join(_REDUCTIONS)}, not {reduction!r}", option="reduction")
    return _transformed("reduce", tensor, pattern, reduction, axes_lengths)


def repeat(tensor: Any, pattern: str, **axes_lengths: int) -> Any:
    """Axes that the left side lacks made new: `repeat(x, 'h w -> h w c', c=3)`."""
    return _transformed("repeat", tensor, pattern, "", axes_lengths)


def _transformed(kind: Kind, tensor: Any, pattern: str, reduction: Reduction, lengths: dict[str, int]) -> Any:
    tensor = _stacked(kind, tensor)
    if not isinstance(pattern, str):
        raise OptionError(f"{kind} wants a pattern of text and gets {pattern!r:.80}", option="pattern")
    given = tuple((name, whole(length, name)) for name, length in sorted(lengths.items()))
    plan = planned(kind, pattern, tuple(map(int, tensor.shape)), given)
    if plan.split is not None:
        tensor = ops.reshape(tensor, plan.split)
    if plan.order is not None:
        tensor = ops.permute(tensor, plan.order)
    if plan.reduced:
        tensor = _reduced(tensor, reduction, plan.reduced)
    if plan.spread is not None:
        tensor = ops.reshape(tensor, plan.spread)
    if plan.repeated is not None:
        tensor = ops.expand(tensor, plan.repeated)
    return tensor if plan.joined is None else ops.reshape(tensor, plan.joined)


def _stacked(kind: Kind, tensor: Any) -> Any:
    if isinstance(tensor, list | tuple):
        if not tensor:
            raise EinopsError(f"{kind} wants at least one tensor and gets an empty list")
        return ops.stack(tensor)
    if not is_tensor(tensor):
        raise OptionError(f"{kind} wants a tensor, or a list of them, and gets {tensor!r:.80}", option="tensor")
    return tensor


def _reduced(tensor: Any, reduction: Reduction, axes: tuple[int, ...]) -> Any:
    if callable(reduction):
        return reduction(tensor, axes)
    op = getattr(ops, _REDUCTIONS[reduction])
    if op is not ops.prod:
        return op(tensor, axes)
    for axis in reversed(axes):
        tensor = op(tensor, axis)
    return tensor
