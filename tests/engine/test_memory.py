"""What planning and running take besides the model's own weights, by tracemalloc."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnbuild import nn, ops
from nnbuild.engine import compile, plan
from nnbuild.engine.forms import winograd
from nnbuild.engine.sliding import winograd_tiles
from nnbuild.graph.trace import trace
from tests.bench.networks import CASES, networks
from tests.engine.test_compile import drawn

MB = 1 << 20
SMALL = {"LeNet", "SqueezeNet 1.1", "MobileNetV2", "ResNet-18"}


def peak(run: Callable[[], Any]) -> int:
    """Bytes allocated at the most while this runs."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "batch"), [case if case[0] in SMALL else pytest.param(*case, marks=pytest.mark.large) for case in CASES]
)
def test_a_network_takes_its_weights_and_little_more_than_its_largest_pair(name: str, batch: int) -> None:
    model = networks(nn, ops)[name]().eval()
    inputs = drawn(batch, 3, *(32, 32) if name == "LeNet" else (224, 224))
    model(inputs[:1])  # all weights are drawn
    pair = max(sum(value.nbytes for value in (*node.inputs, node.output)) for node in trace(model, inputs).nodes)
    assert peak(lambda: compile(model)(inputs)) <= 1.5 * pair + 80 * MB


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("batch", [1, 3])
def test_lean_weights_are_transformed_in_each_run(batch: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Conv2d(96, 96, 3, padding=1), nn.BatchNorm2d(96))

        def forward(self, x: Any) -> Any:
            return ops.relu(self.body(x) + x)

    nn.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(96, 96, 5, padding=2), Block()).eval()
    inputs = drawn(batch, 96, 27, 30)
    monkeypatch.setattr(plan, "_PREPARED", -(1 << 40))
    monkeypatch.setattr(winograd_tiles, "_AT_ONCE", 1 << 18)  # several blocks
    monkeypatch.setattr(winograd, "_transforming", lambda conv: 0.0)
    run = compile(model, inputs, threads=threads)
    found = run.plan(inputs)
    assert isinstance(found, plan.Plan)
    assert [step.algorithm for step in found.steps] == ["winograd 2x2, lean", "winograd 4x4, lean"]
    assert [step.prepared for step in found.steps] == [0, 96 * 96 * 9 * 4]
    expected = model(inputs)
    for _ in range(2):
        np.testing.assert_allclose(run(inputs), expected, rtol=0, atol=1e-4 * np.abs(expected).max())


def test_a_large_weight_before_a_normalisation_is_not_copied() -> None:
    model = nn.Sequential(nn.Conv2d(512, 512, 1, bias=False), nn.BatchNorm2d(512), nn.ReLU()).eval()
    model[1].running_var.data[...] = 4.0
    inputs = drawn(1, 512, 4, 4)
    run = compile(model, inputs)
    np.testing.assert_allclose(run(inputs), model(inputs), rtol=1e-4, atol=1e-5)
    found = run.plan(inputs)
    assert isinstance(found, plan.Plan)
    assert [(step.algorithm, step.prepared) for step in found.steps] == [("product", 0)]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    from nnbuild.engine import batches

    monkeypatch.setattr(batches, "_LARGE", 8 << 20)
    monkeypatch.setattr(batches, "_AT_ONCE", 1 << 20)


def test_a_large_batch_runs_in_flat_memory(small_parts: None) -> None:
    model = nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 4, 5), nn.AdaptiveAvgPool2d(1))
    inputs = drawn(1, 3, 32, 32).repeat(601, 0)
    run = compile(model.eval())
    assert peak(lambda: run(inputs)) < 8 << 20
    results = run(inputs)
    np.testing.assert_allclose(results, np.broadcast_to(model(inputs[:1]), results.shape), rtol=1e-4, atol=1e-5)


def test_a_batch_that_stands_in_the_model_is_not_divided(small_parts: None) -> None:
    class Fixed(nn.Module):
        def forward(self, x: Any) -> Any:
            return ops.relu(ops.view(x, 300, 4096))

    model, inputs = Fixed().eval(), drawn(1, 1, 64, 64).repeat(300, 0)
    assert np.array_equal(compile(model)(inputs), model(inputs))
