"""Tracing past mistakes: every independent one is found, and none that follows from another."""

from __future__ import annotations

import pytest

from nnbuild import TensorSpec, load, nn
from nnbuild.graph.onward import trace_onward
from nnbuild.spec.build.unbuilt import Unbuilt

N = nn


def mistakes(shape, *layers):
    graph, found = trace_onward(nn.Sequential(*layers).eval(), TensorSpec(shape))
    return [(error.path, error.message) for error in found], [value.shape for value in graph.outputs]


@pytest.mark.parametrize(
    ("shape", "layers", "paths", "outputs"),
    [
        ((2, 4), [N.Linear(4, 5), N.ReLU(), N.Linear(5, 6)], [], [(2, 6)]),
        ((2, 4), [N.Linear(3, 5), N.ReLU(), N.Linear(6, 7), N.Linear(7, 8)], ["0", "2"], [(2, 8)]),
        ((2, 3, 9, 9), [N.Conv2d(1, 4, 3), N.Conv2d(4, 6, 3), N.Conv2d(7, 8, 3)], ["0", "2"], [(2, 8, 3, 3)]),
        # a layer that keeps its size: which of its neighbours is right is not known, and it is told once
        ((2, 3, 9, 9), [N.Conv2d(3, 4, 3), N.BatchNorm2d(5), N.Conv2d(4, 6, 3)], ["1"], [(2, 6, 5, 5)]),
        ((2, 3, 9, 9), [N.Conv2d(3, 4, 3), N.BatchNorm2d(5), N.Conv2d(5, 6, 3)], ["1"], [(2, 6, 5, 5)]),
        ((2, 4), [N.Linear(4, 6), N.LayerNorm(5), N.Linear(6, 2), N.Linear(3, 2)], ["1", "3"], [(2, 2)]),
        # a Flatten that is missing
        ((2, 3, 4, 4), [N.Linear(48, 6), N.BatchNorm1d(6), N.Linear(5, 2)], ["0", "2"], [(2, 2)]),
        # sizes that no declared one mends: the pass ends
        ((2, 3, 4, 4), [N.Conv2d(1, 2, 1), N.Conv2d(2, 2, 7), N.Linear(99, 1)], ["0", "1"], []),
        ((2, 3), [N.Conv2d(3, 2, 1), N.Linear(99, 1)], ["0"], []),
        ((5, 2, 8), [N.TransformerEncoderLayer(12, 2), N.Linear(12, 3), N.Linear(4, 1)], ["0.self_attn", "2"], None),
    ],
)
def test_mistakes(shape, layers, paths, outputs):
    found, given = mistakes(shape, *layers)
    assert [path for path, _ in found] == paths
    assert outputs is None or given == outputs


def test_words_are_those_of_a_single_mistake():
    (first, second), _ = mistakes((2, 4), nn.Linear(3, 5), nn.Linear(6, 7))
    assert first == ("0", "Linear wants 3 input features and gets 4")
    assert second == ("1", "Linear wants 6 input features and gets 5")


@pytest.mark.parametrize("name", ["lenet", "alexnet", "resnet18", "googlenet", "vit", "swin_t", "unet", "char_lstm"])
def test_a_layer_that_is_not_known_makes_no_mistakes(name):
    """Whatever layer is taken out of a network without mistakes, none is found behind it."""
    model = load(name).eval()
    inputs = [TensorSpec(given.sized(), given.dtype) for given in model.spec.inputs]
    paths = [path for path, module in model.named_modules() if path and not module._modules]
    for path in paths[:: max(1, len(paths) // 12)]:
        owner, _, child = path.rpartition(".")
        place = model.get_submodule(owner)
        layer, place._modules[child] = place._modules[child], Unbuilt()
        _, found = trace_onward(model, *inputs)
        assert not found, (path, found[0])
        place._modules[child] = layer
