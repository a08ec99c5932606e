"""Whether samples stay apart: networks that may be run in parts, and those that may not, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnbuild import TensorSpec, nn, ops, trace
from nnbuild.graph.samples import Samples
from nnbuild.ops.nests import tensors_in

TOKEN = nn.Parameter(np.ones((1, 1, 3), np.float32))

TOGETHER: dict[str, tuple[Callable[[Any], Any], str]] = {
    "pieces as long as there are samples": (
        lambda x: ops.mean(ops.tensor_unfold(ops.tile(x, 1, 30, 1), 1, x.shape[0], 1), (1, 3)),
        "tensor_unfold is told another size for another number of samples",
    ),
    "mean of the batch": (lambda x: x - ops.mean(x, 0), "mean joins samples"),
    "softmax over the batch": (lambda x: ops.softmax(x, 0), "softmax joins samples"),
    "softmax without an axis, of three": (ops.softmax, "softmax joins samples"),
    "running sum": (lambda x: ops.cumsum(x, 0), "cumsum joins samples"),
    "sorted": (lambda x: ops.sort(x, 0)[0], "sort joins samples"),
    "turned round": (lambda x: ops.flip(x, 0), "the first axis of a result is not that of the samples"),
    "moved": (lambda x: ops.roll(x, 1, 0), "the first axis of a result is not that of the samples"),
    "axes exchanged": (lambda x: ops.transpose(x, 0, 1), "the first axis of a result is not that of the samples"),
    "all in one axis": (lambda x: ops.reshape(x, -1), "the first axis of a result is not that of the samples"),
    "one number": (lambda x: ops.sum(x), "sum joins samples"),
    "a sample for all": (lambda x: x + x[0], "add joins samples"),
    "distances": (lambda x: ops.matmul(ops.flatten(x, 1), ops.t(ops.flatten(x, 1))), "matmul joins samples"),
    "their number": (lambda x: x / x.shape[0], "div is told another other for another number of samples"),
    "their places": (
        lambda x: x + ops.view(ops.arange(x.shape[0]), -1, 1, 1),
        "arange is told another start for another number of samples",
    ),
    "places summed up": (lambda x: x + ops.cumsum(ops.ones_like(x), 0), "cumsum joins samples"),
    "half of them": (
        lambda x: x[: x.shape[0] // 2],
        "getitem is told another index for another number of samples",
    ),
    "as many steps": (
        lambda x: [x := ops.relu(x) for _ in range(x.shape[0])][-1],
        "the network computes in another way for another number of samples",
    ),
    "the first of them": (lambda x: x[:1], "the first axis of a result is not that of the samples"),
    "a triangle": (lambda x: ops.tril(ops.flatten(x, 1)), "tril treats samples by their places"),
    "one of them changed": (lambda x: ops.setitem(ops.clone(x), 0, 1.0), "setitem treats samples by their places"),
    "random": (lambda x: ops.dropout(x, 0.5, True), "dropout draws random numbers for all samples in turn"),
    "neighbours": (
        lambda x: ops.conv1d(ops.permute(x, (1, 2, 0)), np.ones((3, 3, 3), "float32"), padding=1),
        "conv1d joins samples",
    ),
}

APART: dict[str, Callable[[Any], Any]] = {
    "each alone": ops.relu,
    "sizes read off the input": lambda x: ops.view(x, x.shape[0], -1),
    "joined with another axis and parted": lambda x: ops.view(ops.relu(ops.view(x, -1, 3)), x.shape),
    "moved and moved back": lambda x: ops.transpose(ops.softmax(ops.transpose(x, 0, 2), 0), 0, 2),
    "zeros for each": lambda x: ops.cat([ops.zeros(x.shape[0], 1, 3), x], 1),
    "a token for each": lambda x: ops.cat([ops.expand(TOKEN, x.shape[0], -1, -1), x], 1),
    "a token repeated": lambda x: ops.cat([ops.repeat(TOKEN, x.shape[0], 1, 1), x], 1),
    "attention inside": lambda x: ops.scaled_dot_product_attention(x, x, x),
    "its own mean": lambda x: x - ops.mean(x, (1, 2), True),
    "several": lambda x: {"a": ops.chunk(x, 2, 1), "b": [x * 2]},
}


class Net(nn.Module):
    def __init__(self, forward: Callable[[Any], Any]) -> None:
        super().__init__()
        self.__dict__["forward"] = forward


def _why(model: nn.Module, shape: tuple[int, ...] = (4, 3)) -> str | None:
    graph, other = (trace(model, TensorSpec((count, *shape))) for count in (64, 36))
    return Samples(graph, other).why_together()


@pytest.mark.parametrize("name", TOGETHER)
def test_what_joins_samples_is_named(name):
    forward, reason = TOGETHER[name]
    assert _why(Net(forward)) == reason


@pytest.mark.parametrize("name", APART)
def test_samples_apart(name):
    forward = APART[name]
    model, x = Net(forward), np.random.default_rng(0).normal(size=(10, 4, 3)).astype(np.float32)
    assert _why(model) is None
    whole, *parts = (tensors_in(model(some)) for some in (x, x[:6], x[6:]))
    for one, pieces in zip(whole, zip(*parts, strict=True), strict=True):
        np.testing.assert_allclose(np.concatenate(pieces), one, rtol=1e-6)


@pytest.mark.parametrize(
    ("layer", "shape", "reason"),
    [
        (nn.BatchNorm1d(4, track_running_stats=False), (4, 3), "batch_norm joins samples"),
        (nn.LSTM(3, 3), (4, 3), "lstm joins samples"),
        (nn.GRU(3, 3, batch_first=True), (4, 3), None),
        (nn.MultiheadAttention(4, 2), (3, 4), "joins samples"),
        (nn.TransformerEncoderLayer(4, 2, 8), (3, 4), "joins samples"),
        (nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), (3, 4), None),
        (nn.InstanceNorm1d(4), (4, 3), None),
        (nn.GroupNorm(2, 4), (4, 3), None),
    ],
    ids=repr,
)
def test_layers(layer, shape, reason):
    model = layer.eval()
    given = Net(lambda x: model(x, x, x)[0]) if isinstance(layer, nn.MultiheadAttention) else model
    if isinstance(layer, nn.LSTM | nn.GRU):
        given = Net(lambda x: model(x)[0])
    found = _why(given, shape)
    assert found is None if reason is None else found is not None and found.endswith(reason)
