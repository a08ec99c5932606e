"""Receptive fields: which part of the network's input each element of a tensor can see.

A field is followed axis by axis through any graph, by the windows that the ops state and by how other ops carry axes
along. Where paths join, the field is the smallest interval around those of the paths.

Source: Araujo et al., Computing Receptive Fields of Convolutional Neural Networks, https://distill.pub/2019/computing-receptive-fields
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from nnbuild.graph.graph import Graph, Node, Value
from nnbuild.ops import OPS
from nnbuild.ops.axes import spread
from nnbuild.ops.window import Slide

Number = int | Fraction


class Field(NamedTuple):
    """What the elements along one axis of a tensor see of the input's axis `axis`.

    Params: size, elements of the input that one element sees; jump, elements of the input from one element's field to
    the next one's; start, the first input element that element 0 sees, negative in the padding. size "all" stands for
    the whole axis, whatever its length; it has no jump. After a transposed convolution, whose outputs see different
    numbers of elements in turn, the numbers are those of the interval that holds them all, and may be fractions.
    """

    axis: int
    size: Any = 1
    jump: Number | None = 1
    start: Number = 0


Fields = tuple[Field | None, ...]

#: Families of ops that work on each element alone, or only along axes without a field.
_POINTWISE = {"activation", "arithmetic", "noise"}
_ALONG_CHANNELS = {"batch_norm", "local_response_norm", "cat", "concat", "concatenate", "contiguous", "clone", "detach"}


def receptive_fields(graph: Graph) -> dict[Value, Fields]:
    """For each tensor of the graph a field, or None, for each of its axes. The channel and batch axes have none."""
    fields: dict[Value, Fields] = {}
    for value in graph.inputs:
        fields[value] = tuple(Field(axis) if axis >= 2 else None for axis in range(value.ndim))
    for node in graph.nodes:
        for output in node.outputs:
            fields[output] = _through(node, output, fields)
    return fields


def _through(node: Node, output: Value, fields: dict[Value, Fields]) -> Fields:
    sources = [(value, fields[value]) for value in node.inputs]
    if not sources:
        return (None,) * output.ndim
    windows = node.ask("window")
    if windows is not None:
        return _slid(windows, sources[0][1], output)
    carry = _CARRIED.get(node.op.name)
    if carry is not None:
        return carry(node, sources[0][1], output)
    if OPS.get(node.op.name) in _POINTWISE or node.op.name in _ALONG_CHANNELS:
        return _joined([aligned for value, own in sources if (aligned := _aligned(value, own, output))], output)
    return _reshaped(sources[0][0], sources[0][1], output)


def _slid(windows: Any, own: Fields, output: Value) -> Fields:
    """Windows slide over the last axes; those before them stay as they are."""
    count = len(windows)
    moved = (
        None if field is None else _moved(field, window) for field, window in zip(own[-count:], windows, strict=True)
    )
    before = own[:-count] if len(own) == output.ndim else (None,) * (output.ndim - count)
    return (*before, *moved)


def _moved(field: Field, window: Any) -> Field:
    if field.jump is None:
        return field
    if isinstance(window, Slide):
        return field._replace(
            size=field.size + (window.extent - 1) * field.jump,
            jump=field.jump * window.stride,
            start=field.start - window.before * field.jump,
        )
    reach = Fraction(window.extent - 1, window.stride)  # the elements that reach one output lie this far apart at most
    return field._replace(
        size=_whole(field.size + reach * field.jump),
        jump=_whole(Fraction(field.jump) / window.stride),
        start=_whole(field.start + (Fraction(window.before, window.stride) - reach) * field.jump),
    )


def _whole(number: Fraction) -> Number:
    return int(number) if number.denominator == 1 else number


def _aligned(value: Value, own: Fields, output: Value) -> Fields:
    """An operand's fields at the output's axes; broadcasting an axis of size 1 keeps what its one element sees."""
    missing = output.ndim - value.ndim
    result: list[Field | None] = [None] * max(0, missing)
    for field, size, wide in zip(own, value.shape, output.shape[missing:], strict=True):
        result.append(field._replace(size="all", jump=None) if field and size == 1 and wide > 1 else field)
    return tuple(result)


def _joined(paths: list[Fields], output: Value) -> Fields:
    return tuple(_union([path[axis] for path in paths if path[axis] is not None]) for axis in range(output.ndim))


def _union(fields: list[Any]) -> Field | None:
    if not fields:
        return None
    widest = next((field for field in fields if field.jump is None), None)
    if widest is not None or len({field.axis for field in fields}) > 1:
        return Field(fields[0].axis, "all", None)
    start = min(field.start for field in fields)
    end = max(field.start + field.size for field in fields)
    return Field(fields[0].axis, end - start, max(field.jump for field in fields), start)


def _reshaped(value: Value, own: Fields, output: Value) -> Fields:
    """Any other op: trailing axes of unchanged size keep their fields if only a view of the others changed."""
    if OPS.get(value.name) is None and value.numel() == output.numel():
        kept = 0
        while kept < min(value.ndim, output.ndim) and value.shape[-1 - kept] == output.shape[-1 - kept]:
            kept += 1
        if kept and all(field is None for field in own[: value.ndim - kept]):
            return (None,) * (output.ndim - kept) + own[value.ndim - kept :]
    return (None,) * output.ndim


def _everything(node: Node, own: Fields, output: Value) -> Fields:
    """Adaptive pooling: where the size changes, an element sees more than a fixed window."""
    before = node.inputs[0].shape
    return tuple(
        field._replace(size="all", jump=None) if field and size != now else field
        for field, size, now in zip(own, before, output.shape, strict=True)
    )


def _permuted(node: Node, own: Fields, output: Value) -> Fields:
    dims = spread(node.arguments["dims"], "dims")
    return tuple(own[dim] for dim in dims) if len(dims) == len(own) else (None,) * output.ndim


def _transposed(node: Node, own: Fields, output: Value) -> Fields:
    _, first, second = node.arguments.values()
    result = list(own)
    result[first], result[second] = result[second], result[first]
    return tuple(result)


_CARRIED: dict[str, Callable[[Node, Fields, Value], Fields]] = {
    "permute": _permuted,
    "transpose": _transposed,
    "swapaxes": _transposed,
    **{f"adaptive_{kind}_pool{axes}d": _everything for kind in ("avg", "max") for axes in (1, 2, 3)},
}
