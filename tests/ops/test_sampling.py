"""Random tensors: the seed, torch's numbers, and what a trace keeps of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild import TensorSpec, nn, ops

P = np.array([0.1, 0.7, 0.2, 0.4, 0.9], np.float32)


class _Sampled(nn.Module):
    """The sampling of a variational autoencoder."""

    def forward(self, mean: Any) -> Any:
        return ops.add(mean, ops.mul(ops.randn_like(mean), ops.bernoulli(ops.rand(*mean.shape))))


def test_a_seed_gives_the_same_again_and_a_run_others() -> None:
    mean = np.zeros((2, 30), np.float32)
    compiled = nnbuild.compile(_Sampled(), TensorSpec((2, 30)))
    results = []
    for run in (_Sampled(), compiled):
        nn.manual_seed(3)
        results += [np.array(run(mean)), np.array(run(mean))]
    first, second, compiled_first, compiled_second = results
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, compiled_first)
    np.testing.assert_array_equal(second, compiled_second)


def test_each_draw_is_a_node() -> None:
    graph = nnbuild.trace(_Sampled(), TensorSpec((2, 30)))
    assert [node.op.name for node in graph.nodes] == ["randn_like", "rand", "bernoulli", "mul", "add"]
    assert [bool(node.ask("draws")) for node in graph.nodes] == [True, True, True, False, False]


def test_drawing_leaves_the_default_weights_alone() -> None:
    nn.manual_seed(1)
    ops.randn(100)
    drawn_after = nn.Linear(2, 2).weight.data.copy()
    nn.manual_seed(1)
    np.testing.assert_array_equal(nn.Linear(2, 2).weight.data, drawn_after)


@pytest.mark.parametrize("replacement", [True, False])
def test_how_often_each_is_chosen(replacement: bool) -> None:
    nn.manual_seed(0)
    weights = np.tile(np.array([1, 2, 5, 0], np.float32), (4000, 1))
    first = ops.multinomial(weights, 2, replacement)[:, 0]
    counts = Counter(first.tolist())
    assert counts[3] == 0
    np.testing.assert_allclose([counts[index] / 4000 for index in range(3)], [1 / 8, 2 / 8, 5 / 8], atol=0.03)


def test_none_is_chosen_twice_without_replacement() -> None:
    assert sorted(ops.multinomial(P, 5).tolist()) == [0, 1, 2, 3, 4]


@pytest.mark.torch
@pytest.mark.parametrize(
    "draw",
    [
        lambda lib, p: [lib.randn(3), lib.randn(2, 9), lib.rand(5), lib.randn_like(p), lib.rand_like(p)],
        lambda lib, p: [lib.bernoulli(p), lib.bernoulli(p, 0.3), lib.bernoulli(lib.rand(40))],
        lambda lib, p: [lib.multinomial(p, 7, replacement=True), lib.multinomial(lib.rand(3, 4), 5, True)],
    ],
)
def test_numbers_are_torchs(draw: Callable[[Any, Any], list[Any]]) -> None:
    torch: Any = pytest.importorskip("torch")
    torch.manual_seed(7)
    expected = draw(torch, torch.from_numpy(P))
    nn.manual_seed(7)
    for array, wanted in zip(draw(ops, P), expected, strict=True):
        np.testing.assert_allclose(array, wanted.numpy(), rtol=1e-6, atol=1e-7)
