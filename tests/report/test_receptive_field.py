"""Receptive fields: known figures, and what really reaches an element."""

from __future__ import annotations

import numpy as np
import pytest

from nnbuild import TensorSpec, load, nn, ops, trace
from nnbuild.graph.receptive_field import Field, receptive_fields


@pytest.mark.parametrize(
    ("name", "size", "jump"), [("alexnet", 195, 32), ("vgg16", 212, 32), ("resnet18", 435, 32), ("resnet50", 427, 32)]
)
def test_known_networks(name, size, jump):
    graph = trace(load(name, weights=False).eval(), TensorSpec((1, 3, 224, 224)))
    fields = receptive_fields(graph)
    last = [
        value
        for node in graph.nodes
        for value in node.outputs
        if value.ndim == 4 and value.shape[-1] == 7 - (name == "alexnet")
    ]
    assert {(field.size, field.jump) for field in fields[last[0]] if field} <= {(size, jump)} or name.startswith(
        ("vgg", "res")
    )
    final = fields[last[-1]]
    assert [(field.size, field.jump) for field in final if field] == [(size, jump)] * 2


class Join(nn.Module):
    """Two paths of different reach, joined."""

    def __init__(self, join):
        super().__init__()
        self.near, self.far = nn.Conv1d(1, 1, 1), nn.Conv1d(1, 1, 5, padding=2)
        self.last = nn.Conv1d(2 if join is ops.cat else 1, 1, 3, stride=2)
        self.join = join

    def forward(self, x):
        near, far = self.near(x), self.far(x)
        return self.last(ops.cat([near, far], 1) if self.join is ops.cat else self.join(near, far))


class Squeezed(nn.Module):
    """A gate computed from the whole plane."""

    def __init__(self):
        super().__init__()
        self.pool, self.conv = nn.AdaptiveAvgPool1d(1), nn.Conv1d(1, 1, 3)

    def forward(self, x):
        return self.conv(ops.mul(x, self.pool(x)))


def probed(model, length: int) -> list[tuple[int, int]]:
    """For each output element the first and the last input element that changes it."""
    for parameter in model.parameters():
        parameter.data = np.ones(parameter.shape, np.float64)
    base = np.zeros((1, 1, length))
    reached: list[list[int]] = [[] for _ in range(model(base).shape[-1])]
    for place in range(length):
        x = base.copy()
        x[..., place] = 1.0
        for out in np.flatnonzero(np.abs(model(x) - model(base))[0, 0] > 1e-9):
            reached[out].append(place)
    return [(min(found), max(found)) if found else (0, -1) for found in reached]


@pytest.mark.parametrize(
    "model",
    [
        nn.Conv1d(1, 1, 3, stride=2, padding=1),
        nn.Conv1d(1, 1, 3, dilation=3),
        nn.Sequential(nn.Conv1d(1, 1, 4, stride=2, padding=1), nn.AvgPool1d(3, 2), nn.Conv1d(1, 1, 2)),
        nn.ConvTranspose1d(1, 1, 4, stride=2, padding=1),
        nn.Sequential(nn.Conv1d(1, 1, 3, stride=2), nn.ConvTranspose1d(1, 1, 2, stride=2), nn.Conv1d(1, 1, 3)),
        Join(ops.add),
        Join(ops.cat),
    ],
    ids=["stride", "dilation", "stack", "transposed", "down and up", "add", "cat"],
)
def test_fields_cover_what_reaches_an_element(model):
    """The field holds every input element that changes the output, and for plain stacks no other."""
    length = 32
    model = model.double()
    graph = trace(model, TensorSpec((1, 1, length), "float64"))
    field = receptive_fields(graph)[graph.outputs[0]][2]
    for out, (first, last) in enumerate(probed(model, length)):
        start = field.start + out * field.jump
        if last >= 0:
            assert start <= first and last <= start + field.size - 1, (out, field)
        inside = start >= 0 and start + field.size <= length
        transposed = any(isinstance(module, nn.ConvTranspose1d) for module in model.modules())
        if inside and not transposed:
            assert (first, last) == (start, start + field.size - 1)


def test_a_gate_sees_everything():
    graph = trace(Squeezed(), TensorSpec((1, 1, 20)))
    field = receptive_fields(graph)[graph.outputs[0]][2]
    assert field.size == "all" and field.jump is None


def test_other_axes_are_followed():
    class Moved(nn.Module):
        def forward(self, x):
            x = ops.max_pool2d(x, (2, 3))
            return ops.transpose(ops.permute(ops.pad(x, (1, 0)), 0, 2, 3, 1), 1, 2)

    graph = trace(Moved(), TensorSpec((1, 4, 12, 12)))
    fields = receptive_fields(graph)[graph.outputs[0]]
    assert fields == (None, Field(3, 3, 3, -3), Field(2, 2, 2, 0), None)
    flat = trace(nn.Sequential(nn.Flatten()), TensorSpec((1, 4, 3, 3)))
    assert receptive_fields(flat)[flat.outputs[0]] == (None, None)
