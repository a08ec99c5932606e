"""RNN, LSTM and GRU: by their op where it does the same, else step by step."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.exchange.onnx.node import OnnxNode, constant, reads, reshaped
from nnbuild.exchange.onnx.recurrence import DEFAULTS, Direction, activations_of, steps

#: From ONNX's order of gates to torch's.
GATES = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}


@reads("LSTM", "GRU", "RNN")
def _recurrent(
    node: OnnxNode, input: Any, weight: Any, recurrence: Any, bias: Any = None, lengths: Any = None,
    hidden: Any = None, cell: Any = None, peepholes: Any = None,
) -> Any:  # fmt: skip
    first = node.get("layout", 0)
    sequence = ops.transpose(input, 0, 1) if first else input  # (T, N, features)
    states = [state if state is None or not first else ops.transpose(state, 0, 1) for state in (hidden, cell)]
    outputs, *last = _by_directions(node, sequence, weight, recurrence, bias, lengths, states, peepholes)
    if first:
        outputs = ops.permute(outputs, 2, 0, 1, 3)
        last = [ops.transpose(state, 0, 1) for state in last]
    return outputs, *last


def _by_directions(
    node: OnnxNode, input: Any, weight: Any, recurrence: Any, bias: Any, lengths: Any, states: list[Any],
    peepholes: Any,
) -> list[Any]:  # fmt: skip
    """The outputs (T, directions, N, hidden), then the last states (directions, N, hidden)."""
    size, count = recurrence.shape[2], weight.shape[0]
    direction = node.get("direction")
    zeros = ops.zeros(count, input.shape[1], size, dtype=str(input.dtype))
    starts = [zeros if state is None else state for state in states[: 2 if node.op == "LSTM" else 1]]
    if usual(node, lengths, peepholes):
        return by_op(node, input, weight, recurrence, bias, starts, direction == "reverse")
    found = []
    for way in range(count):
        own = Direction(
            ops.select(weight, 0, way),
            ops.select(recurrence, 0, way),
            None if bias is None else ops.select(bias, 0, way),
            None if peepholes is None else ops.select(peepholes, 0, way),
            [ops.select(state, 0, way) for state in starts],
            activations_of(node, way),
        )
        turned = direction == "reverse" or way == 1
        found.append(steps(node, input, own, lengths, turned))
    outputs, *last = zip(*found, strict=True)
    return [ops.stack(list(outputs), 1), *(ops.stack(list(state), 0) for state in last)]


def usual(node: OnnxNode, lengths: Any, peepholes: Any) -> bool:
    """Whether the op of that name does just this."""
    names = [name.lower() for name in node.get("activations") or ()]
    count = len(DEFAULTS[node.op])
    kinds = {tuple(names[at : at + count]) for at in range(0, len(names), count)} or {()}
    default = tuple(name.lower() for name in DEFAULTS[node.op])
    known = ((), default, ("relu",)) if node.op == "RNN" else ((), default)
    return (
        len(kinds) == 1
        and kinds <= set(known)
        and lengths is None
        and peepholes is None
        and not node.get("clip")
        and not node.get("input_forget", 0)
        and (node.op != "GRU" or bool(node.get("linear_before_reset", 0)))
    )


def op_of(node: OnnxNode) -> Any:
    """The op of the node."""
    relu = [name.lower() for name in node.get("activations") or ()][:1] == ["relu"]
    return {"LSTM": ops.lstm, "GRU": ops.gru, "RNN": ops.rnn_relu if relu else ops.rnn_tanh}[node.op]


def by_op(
    node: OnnxNode, input: Any, weight: Any, recurrence: Any, bias: Any, starts: list[Any], reverse: bool
) -> list[Any]:
    """The op's call; the gates' weights are put into its order first."""
    gates, size = len(GATES[node.op]), recurrence.shape[2]
    order = constant([gate * size + at for gate in GATES[node.op] for at in range(size)], "int64")
    both = constant([half * gates * size + at for half in range(2) for at in order.tolist()], "int64")
    params = []
    for way in range(weight.shape[0]):
        params += [ops.index_select(ops.select(tensor, 0, way), 0, order) for tensor in (weight, recurrence)]
        if bias is not None:
            own = ops.index_select(ops.select(bias, 0, way), 0, both)
            params += [ops.narrow(own, 0, 0, gates * size), ops.narrow(own, 0, gates * size, gates * size)]
    if reverse:
        input = ops.flip(input, 0)
    states = tuple(starts) if node.op == "LSTM" else starts[0]
    output, *last = op_of(node)(
        input, states, params, bias is not None, bidirectional=weight.shape[0] == 2, train=False
    )
    if reverse:
        output = ops.flip(output, 0)
    steps, count = output.shape[:2]
    by_direction = reshaped(output, steps, count, weight.shape[0], size)
    return [ops.transpose(by_direction, 1, 2), *last]
