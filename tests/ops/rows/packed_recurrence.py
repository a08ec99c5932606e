"""Recurrence over packed and padded sequences; tests/nn/test_sequences.py holds the values beside PyTorch."""

from __future__ import annotations

from tests.ops.table import T, Table, call, ours

DATA, SIZES = T((6, 3), low=0, high=1), (3, 2, 1)
PADDED, FIRST = T((3, 2, 3), low=0, high=1), T((2, 3, 3), low=0, high=1)
FULL = T((2,), "int64", values=[3, 3])
SOME, SORTED = T((2,), "int64", values=[2, 3]), T((2,), "int64", values=[3, 1])
GATES = {"rnn_tanh": 1, "rnn_relu": 1, "gru": 3, "lstm": 4}


def weights(gates: int, directions: int = 1) -> list[T]:
    shapes = [(gates * 2, 3), (gates * 2, 2), (gates * 2,), (gates * 2,)]
    return [T(shape, low=0.1, high=0.3) for shape in shapes] * directions


def states(name: str, shape: tuple[int, ...]) -> object:
    small = T(shape, low=0.1, high=0.5)
    return (small, small) if name == "lstm" else small


def _packed(name: str, gates: int) -> list:
    given, both = weights(gates), weights(gates, 2)
    return [
        ours(call(f"packed_{name}", DATA, SIZES, None, given)),
        ours(call(f"packed_{name}", DATA, SIZES, states(name, (1, 3, 2)), given)),
        ours(call(f"packed_{name}", DATA, [3, 2, 1], states(name, (2, 3, 2)), both, bidirectional=True)),
        ours(call(f"padded_{name}", PADDED, SOME, None, given)),
        ours(call(f"padded_{name}", FIRST, SORTED, states(name, (2, 2, 2)), both, bidirectional=True,
                  batch_first=True, enforce_sorted=True)),
        ours(call(f"padded_{name}", PADDED, FULL, states(name, (1, 2, 2)), given)),
    ]  # fmt: skip


ROWS = [
    *(row for name, gates in GATES.items() for row in _packed(name, gates)),
    ours(call("pad_steps", PADDED, SOME, 4)), ours(call("pad_steps", PADDED, FULL, 3)),
    ours(call("pad_steps", FIRST, SORTED, 3, -1.5, True)),
    ours(call("pad_steps", T((3, 2)), SORTED, 3)),
]  # fmt: skip

MACS = [
    (ours(call("packed_lstm", DATA, SIZES, None, weights(4))), 6 * (24 + 16)),
    (ours(call("padded_lstm", PADDED, SOME, None, weights(4))), None),
]

BY_HAND = [
    (ours(call("pad_steps", T(values=[[1, 2], [3, 4]]), T((2,), "int64", values=[1, 2]), 3, 9)),
     [[1, 2], [9, 4], [9, 9]]),
    (ours(call("packed_rnn_relu", T(values=[[1], [2], [3]]), (2, 1), None, [T(values=[[1]]), T(values=[[1]])], False)),
     ([[1], [2], [4]], [[[4], [2]]])),
]  # fmt: skip

REFUSED = [
    (ours(call("packed_lstm", DATA, (3, 4), None, weights(4))),
     "packed_lstm wants batch_sizes of at least 1, each no more than that before, and gets [3, 4]"),
    (ours(call("packed_lstm", DATA, (3, 2), None, weights(4))),
     "packed_lstm wants data of 5 steps (steps, features) and gets (6, 3)"),
    (ours(call("padded_lstm", DATA, SOME, None, weights(4))),
     "padded_lstm wants an input (L, N, features) and gets (6, 3)"),
    (ours(call("padded_lstm", FIRST, T((2,), "float32"), None, weights(4), batch_first=True)),
     "padded_lstm wants lengths of int64, one for each of 2 sequences, and gets (2,) float32"),
    (ours(call("pad_steps", T((3,)), SOME, 3)), "pad_steps wants sequences, of at least 2 axes, and gets (3,)"),
]  # fmt: skip

REFUSED_BY_DATA = [
    (ours(call("padded_gru", PADDED, T((2,), "int64", values=[0, 3]), None, weights(3))),
     "padded_gru wants lengths of at least 1 and gets 0"),
    (ours(call("padded_gru", PADDED, T((2,), "int64", values=[4, 3]), None, weights(3))),
     "padded_gru wants lengths up to the 3 steps there are and gets 4"),
    (ours(call("padded_gru", PADDED, SOME, None, weights(3), enforce_sorted=True)),
     "padded_gru wants the longest sequence first and gets lengths [2, 3]"),
    (ours(call("pad_steps", PADDED, SOME, 2)),
     "pad_steps wants total_length of at least the longest length, 3, and gets 2"),
]  # fmt: skip

TABLE = Table(ROWS, BY_HAND, MACS, REFUSED, REFUSED_BY_DATA)
