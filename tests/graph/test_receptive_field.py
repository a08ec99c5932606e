"""Receptive fields: known figures, figures by hand, and what really reaches an element."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from nnbuild import TensorSpec, load, nn, ops, trace
from nnbuild.graph.graph import Graph, Value
from nnbuild.graph.receptive_field import Field, receptive_fields
from nnbuild.graph.sight import Seen, sights
from tests.graph.extents import Of, measured, positive, said


@pytest.mark.parametrize(
    ("name", "size", "jump"), [("alexnet", 195, 32), ("vgg16", 212, 32), ("resnet18", 435, 32), ("resnet50", 427, 32)]
)
def test_known_networks(name: str, size: int, jump: int) -> None:
    graph = trace(load(name, weights=False).eval(), TensorSpec((1, 3, 224, 224)))
    fields = receptive_fields(graph)
    planes = [value for node in graph.nodes for value in node.outputs if value.ndim == 4 and value.shape[-1] in (6, 7)]
    assert [(field.size, field.jump) for field in fields[planes[-1]] if field] == [(size, jump)] * 2


@pytest.mark.parametrize(
    ("name", "path", "size"), [("convnext_tiny", "features", 1688), ("swin_t", "features.1.0", 28)]
)
def test_networks_with_channels_last(name: str, path: str, size: int) -> None:
    graph = trace(load(name, weights=False).eval(), TensorSpec((1, 3, 224, 224)))
    (value,) = next(call.outputs for call in graph.calls() if call.path == path)
    assert {field.size for field in receptive_fields(graph)[value].seen.values()} == {size}


class Level(nn.Module):
    """Of a temporal convolutional network: what looks ahead is cut off, and a shortcut leads past."""

    def __init__(self, inplanes: int, planes: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.tail = (kernel - 1) * dilation
        self.first = nn.Conv1d(inplanes, planes, kernel, padding=self.tail, dilation=dilation)
        self.second = nn.Conv1d(planes, planes, kernel, padding=self.tail, dilation=dilation)
        self.shortcut = nn.Conv1d(inplanes, planes, 1)

    def forward(self, x: Any) -> Any:
        y = ops.relu(self.first(x)[:, :, : -self.tail])
        return ops.relu(ops.relu(self.second(y)[:, :, : -self.tail]) + self.shortcut(x))


def test_a_temporal_convolutional_network() -> None:
    """1 + 2*(4 - 1)*(1 + 2 + ... + 64)."""
    model = nn.Sequential(Level(1, 8, 4, 1), *[Level(8, 8, 4, 2**power) for power in range(1, 7)])
    graph = trace(model, TensorSpec((1, 1, 2000)))
    assert receptive_fields(graph)[graph.outputs[0]][2] == Field(2, 763, 1, -762)


def squeezed(m: Any, x: Any) -> Any:
    gate = ops.sigmoid(m.up(ops.relu(m.down(ops.mean(x, (2, 3))))))
    return x * ops.view(gate, (1, 4, 1, 1))


def focused(m: Any, x: Any) -> Any:
    parts = [x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]]
    return m.c(ops.cat(parts, 1))


def attended(m: Any, x: Any) -> Any:
    places = ops.transpose(x, 1, 2)
    return ops.scaled_dot_product_attention(places, places, places)


def attended_by_hand(m: Any, x: Any) -> Any:
    scores = ops.matmul(ops.transpose(x, 1, 2), x)
    return ops.matmul(ops.softmax(scores / 2, -1), ops.transpose(x, 1, 2))


LINE, LINES, IMAGE = (1, 1, 40), (1, 4, 24), (1, 4, 12, 12)
ALL = ("all", None)

#: A name, layers and what is done with them, the input's shape, and size, jump and start along each axis of space.
CASES: dict[str, tuple[nn.Module, tuple[int, ...], list[tuple[Any, ...]]]] = {
    "stride": (nn.Conv1d(1, 1, 3, stride=2, padding=1), LINE, [(3, 2, -1)]),
    "dilation": (nn.Conv1d(1, 1, 3, dilation=3), LINE, [(7, 1, 0)]),
    "stack": (
        nn.Sequential(nn.Conv1d(1, 1, 4, stride=2, padding=1), nn.AvgPool1d(3, 2), nn.Conv1d(1, 1, 2)),
        LINE, [(12, 4, -1)],
    ),
    "transposed": (nn.ConvTranspose1d(1, 1, 4, stride=2, padding=1), LINE, [(2, Fraction(1, 2), -1)]),
    "down and up": (
        nn.Sequential(nn.Conv1d(1, 1, 3, stride=2), nn.ConvTranspose1d(1, 1, 2, stride=2), nn.Conv1d(1, 1, 3)),
        LINE, [(5, 1, 0)],
    ),
    "cropped": (Of(lambda m, x: x + m.c(x)[:, :, :-8], c=nn.Conv1d(1, 1, 9, padding=8)), LINE, [(9, 1, -8)]),
    "gate": (Of(lambda m, x: x + ops.glu(m.c(x), 1), c=nn.Conv1d(4, 8, 9, padding=4)), LINES, [(9, 1, -4)]),
    "maximum": (
        Of(lambda m, x: ops.maximum(x, m.d(m.c(x))), c=nn.Conv1d(1, 1, 3, padding=1), d=nn.Conv1d(1, 1, 3, padding=1)),
        LINE, [(5, 1, -2)],
    ),
    "squeeze and excitation": (Of(squeezed, down=nn.Linear(4, 2), up=nn.Linear(2, 4)), IMAGE, [ALL, ALL]),
    "mean with keepdim": (Of(lambda m, x: x * ops.mean(x, 2, keepdim=True)), LINES, [ALL]),
    "pooled gate": (
        Of(lambda m, x: m.c(ops.mul(x, m.p(x))), p=nn.AdaptiveAvgPool1d(1), c=nn.Conv1d(1, 1, 3)), LINE, [ALL]),
    "softmax": (nn.Softmax(-1), LINES, [ALL]),
    "normalize": (Of(lambda m, x: ops.normalize(x, dim=2)), LINES, [ALL]),
    "group norm": (nn.GroupNorm(2, 4), IMAGE, [ALL, ALL]),
    "instance norm": (nn.InstanceNorm2d(4, affine=True), IMAGE, [ALL, ALL]),
    "layer norm over space": (nn.LayerNorm((12, 12)), IMAGE, [ALL, ALL]),
    "linear over length": (nn.Linear(24, 24), LINES, [ALL]),
    "cumsum": (Of(lambda m, x: ops.cumsum(x, 2)), LINES, [ALL]),
    "square matmul": (Of(lambda m, x: ops.matmul(x, x)), IMAGE, [ALL, ALL]),
    "einsum": (Of(lambda m, x: ops.einsum("ncij,ncjk->ncik", x, x)), IMAGE, [ALL, ALL]),
    "attention by hand": (Of(attended_by_hand), LINES, [ALL]),
    "attention": (Of(attended), LINES, [ALL]),
    "lstm": (Of(lambda m, x: m.l(x)[0], l=nn.LSTM(4, 4, batch_first=True, bidirectional=True)), (1, 24, 4), [ALL]),
    "roll": (Of(lambda m, x: ops.roll(x, 3, 2)), LINE, [(1, None, 37)]),
    "flip": (Of(lambda m, x: m.c(ops.flip(x, [2])), c=nn.Conv1d(1, 1, 3)), LINE, [(3, -1, 37)]),
    "focus": (Of(focused, c=nn.Conv2d(16, 4, 3, padding=1)), IMAGE, [(6, 2, -2), (6, 2, -2)]),
    "chunk": (Of(lambda m, x: m.c(ops.chunk(x, 2, 2)[1]), c=nn.Conv1d(1, 1, 3)), LINE, [(3, 1, 20)]),
    "view": (Of(lambda m, x: ops.mean(ops.view(x, (1, 5, 8)), -1)), LINE, [(8, 8, 0)]),
    "pixel shuffle": (
        Of(lambda m, x: ops.pixel_shuffle(m.c(x), 2), c=nn.Conv2d(4, 8, 3, padding=1)),
        IMAGE, [(3, Fraction(1, 2), -1)] * 2,
    ),
    "unfold": (Of(lambda m, x: ops.amax(ops.unfold(x, 3), 2)), IMAGE, [(10, None, 0)] * 2),
    "line without a batch": (nn.Conv1d(1, 1, 5), (1, 64), [(5, 1, 0)]),
    "image without a batch": (nn.Conv2d(1, 1, (3, 5), (1, 2)), (1, 16, 16), [(3, 1, 0), (5, 2, 0)]),
}  # fmt: skip


def traced(model: nn.Module, shape: tuple[int, ...]) -> tuple[Graph, Value]:
    graph = trace(model, TensorSpec(shape, "float64"))
    return graph, graph.outputs[0]


@pytest.mark.parametrize("name", CASES)
def test_figures(name: str) -> None:
    model, shape, figures = CASES[name]
    graph, output = traced(positive(model), shape)
    fields = receptive_fields(graph)[output].seen.values()
    assert [(field.size, field.jump, *(() if field.size == "all" else (field.start,))) for field in fields] == figures


def check(model: nn.Module, shape: tuple[int, ...], axes: list[int]) -> None:
    """Each element of the output sees exactly what is said of it; the field's size is that of the widest."""
    graph, output = traced(model, shape)
    x = np.random.default_rng(2).uniform(0.5, 1.5, shape)
    for axis in axes:
        sight = sights(graph, graph.inputs[0], axis)[output]
        assert isinstance(sight, Seen), sight
        claim, moved = said(sight, output.shape), measured(model, x, axis)
        inside = claim.within(shape[axis])
        assert not moved.beyond(claim).any()
        assert not inside.beyond(moved).any()
        whole = (claim.first >= 0) & (claim.last < shape[axis])
        widest = (claim.last - claim.first + 1).max()
        assert sight.size() == widest
        assert not whole.any() or sight.size() >= (moved.last - moved.first + 1)[whole].max()


@pytest.mark.parametrize("name", CASES)
def test_each_element_sees_what_is_said(name: str) -> None:
    model, shape, _ = CASES[name]
    graph, output = traced(positive(model), shape)
    check(model, shape, [axis for _, axis in receptive_fields(graph)[output].seen])


def test_a_size_that_is_not_known_has_a_reason() -> None:
    scores = Of(lambda m, x: ops.matmul(ops.transpose(x, 1, 2), x))
    graph, output = traced(scores, LINES)
    (field,) = receptive_fields(graph)[output].seen.values()
    assert field == Field(
        2, None, None, None, "places that belong together are cut by a reshape, or run along different axes"
    )


def test_other_axes_are_followed() -> None:
    def moved(m: Any, x: Any) -> Any:
        x = ops.max_pool2d(x, (2, 3))
        return ops.transpose(ops.permute(ops.pad(x, (1, 0)), 0, 2, 3, 1), 1, 2)

    graph, output = traced(Of(moved), (1, 4, 12, 12))
    assert receptive_fields(graph)[output] == (None, Field(3, 3, 3, -3), Field(2, 2, 2, 0), None)
    graph, output = traced(nn.Flatten(), (1, 4, 3, 3))
    assert receptive_fields(graph)[output] == (None, None)
