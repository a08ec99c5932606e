"""Bytes of activations: what a pass allocates in PyTorch, and what only looks at memory that is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nnbuild import TensorSpec, nn, ops, trace
from nnbuild.graph.totals import activation_bytes

#: Of an input of 2*3*4 float32, 96 bytes: what the program makes, in inputs' sizes.
PROGRAMS: dict[str, tuple[Callable[[Any], Any], float]] = {
    "a copy": (ops.clone, 1),
    "a view": (lambda x: ops.view(x, 2, 12), 0),
    "axes in another order": (lambda x: ops.permute(x, 2, 0, 1), 0),
    "a reshape of them": (lambda x: ops.reshape(ops.permute(x, 2, 0, 1), -1), 1),
    "a reshape": (lambda x: ops.reshape(x, -1), 0),
    "contiguous of what is": (ops.contiguous, 0),
    "contiguous of what is not": (lambda x: ops.contiguous(ops.transpose(x, 0, 1)), 1),
    "pieces": (lambda x: ops.split(x, 1, 1), 0),
    "a slice": (lambda x: x[:, 1:], 0),
    "items by index": (lambda x: x[:, [0, 2]], 2 / 3),
    "in place": (lambda x: ops.relu(ops.exp(x), inplace=True), 1),
    "by its own name": (lambda x: ops.relu_(ops.exp(x)), 1),
    "the dtype that it has": (lambda x: ops.float(x), 0),
    "another dtype": (lambda x: ops.double(x), 2),
    "repeated without a copy": (lambda x: ops.expand(x[:, :1], -1, 5, -1), 0),
    "repeated": (lambda x: ops.repeat(x, 2, 1, 1), 2),
    "turned round": (lambda x: ops.flip(x, 0), 1),
}


class _Net(nn.Module):
    def __init__(self, forward: Callable[[Any], Any]) -> None:
        super().__init__()
        self.__dict__["forward"] = forward


@pytest.mark.parametrize("name", PROGRAMS)
def test_only_what_is_made_counts(name):
    forward, made = PROGRAMS[name]
    graph = trace(_Net(forward), TensorSpec((2, 3, 4)))
    assert activation_bytes(graph) == round(96 * made)
