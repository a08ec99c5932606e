"""Branches and loops: run as written where what they hang on is known, else only on data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnbuild import ops
from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.body import Body, Frame
from nnbuild.exchange.onnx.node import OnnxNode, axis_of, constant

#: Readers that take the frame that the node stands in, after the node.
CONTROLS: dict[str, Callable[..., Any]] = {}

#: Turns of a loop at most: a file may hold one that never ends.
_TURNS = 1 << 20


def controls(operator: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: the function that runs this operator."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        CONTROLS[operator] = function
        return function

    return add


def _body(node: OnnxNode, name: str) -> Body:
    body = node.attributes.get(name)
    if not isinstance(body, Body):
        raise SpecError(f"{node.op} has no {name}")
    return body


@controls("If")
def _if(node: OnnxNode, frame: Frame, condition: Any) -> Any:
    chosen = "then_branch" if bool(node.number("its condition", condition)) else "else_branch"
    return tuple(_body(node, chosen).run((), frame))


@controls("Loop")
def _loop(node: OnnxNode, frame: Frame, most: Any, go_on: Any = None, *state: Any) -> Any:
    body = _body(node, "body")
    turns = _TURNS if most is None else int(node.number("its number of turns", most))
    going = True if go_on is None else bool(node.number("whether to go on", go_on))
    values, rows = list(state), []
    at = 0
    while going and at < turns:
        if at == _TURNS:
            raise SpecError(f"Loop is at its turn {at:,} and does not end")
        further, *results = body.run([constant(at, "int64"), constant(going, "bool"), *values], frame)
        going = bool(node.number("whether to go on", further))
        values, row = results[: len(values)], results[len(values) :]
        rows.append(row)
        at += 1
    count = len(body.outputs) - 1 - len(values)
    return (*values, *(_stacked([row[place] for row in rows], 0) for place in range(count)))


def _stacked(parts: Sequence[Any], axis: int) -> Any:
    return ops.stack(list(parts), axis) if parts else constant([], "float32")


@controls("Scan")
def _scan(node: OnnxNode, frame: Frame, *inputs: Any) -> Any:
    if node.version >= 9:
        return tuple(_scanned(node, frame, inputs))
    lengths, *batched = inputs  # version 8 has an axis of samples in front of everything
    if lengths is not None:
        raise SpecError("Scan of version 8 with lengths is not read", hint="export it with opset 9 or later")
    samples = [
        _scanned(node, frame, [ops.select(value, 0, at) for value in batched]) for at in range(batched[0].shape[0])
    ]
    return tuple(ops.stack(list(parts), 0) for parts in zip(*samples, strict=True))


def _scanned(node: OnnxNode, frame: Frame, inputs: Sequence[Any]) -> list[Any]:
    body = _body(node, "body")
    count = node.get("num_scan_inputs")
    if not 1 <= count <= len(inputs):
        raise SpecError(f"Scan goes over {count} of its {len(inputs)} inputs")
    values, scanned = list(inputs[: len(inputs) - count]), inputs[len(inputs) - count :]
    axes = node.get("scan_input_axes") or [0] * count
    ways = node.get("scan_input_directions") or node.get("directions") or [0] * count
    places = [axis_of(axis, len(value.shape)) for axis, value in zip(axes, scanned, strict=True)]
    length = scanned[0].shape[places[0]]
    rows: list[list[Any]] = []
    for at in range(length):
        slices = [
            ops.select(value, place, length - 1 - at if way else at)
            for value, place, way in zip(scanned, places, ways, strict=True)
        ]
        results = body.run([*values, *slices], frame)
        values, row = results[: len(values)], results[len(values) :]
        rows.append(row)
    outputs = len(body.outputs) - len(values)
    out_axes = node.get("scan_output_axes") or [0] * outputs
    out_ways = node.get("scan_output_directions") or [0] * outputs
    return values + [
        _stacked([row[place] for row in (reversed(rows) if way else rows)], axis)
        for place, (axis, way) in enumerate(zip(out_axes, out_ways, strict=True))
    ]


@controls("SequenceMap")
def _sequence_map(node: OnnxNode, frame: Frame, sequence: list[Any], *more: Any) -> Any:
    body = _body(node, "body")
    rows = [
        body.run([tensor, *(other[at] if isinstance(other, list) else other for other in more)], frame)
        for at, tensor in enumerate(sequence)
    ]
    return tuple([row[place] for row in rows] for place in range(len(body.outputs)))
