"""Chains of stages in strips of rows: the numbers of whole images in a fraction of their memory."""

from typing import Any

import numpy as np
import pytest

from nnbuild import nn
from nnbuild.engine import chains, compile
from nnbuild.engine.plan import Plan
from nnbuild.engine.sliding import strip_chain
from tests.engine.test_compile import drawn
from tests.engine.test_memory import peak


@pytest.fixture(autouse=True)
def large_begins_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "_LARGE", 1 << 16)
    monkeypatch.setattr(strip_chain, "_AT_ONCE", 1 << 18)


def algorithms(run: Any, *inputs: np.ndarray) -> list[str]:
    return [step.algorithm for step in run.plan(*inputs).steps]


def block(*layers: Any) -> Any:
    nn.manual_seed(0)
    return nn.Sequential(*layers).eval()


MODELS = {
    "vgg": lambda: block(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
    ),
    "strided": lambda: block(nn.Conv2d(3, 8, 7, 2, 3), nn.BatchNorm2d(8), nn.ReLU6(), nn.MaxPool2d(3, 2, 1)),
    "ceil": lambda: block(nn.Conv2d(3, 8, 3), nn.Tanh(), nn.MaxPool2d(3, 2, 1, ceil_mode=True), nn.Conv2d(8, 4, 1)),
    "dilated": lambda: block(nn.Conv2d(3, 8, 3, padding=2, dilation=2), nn.Conv2d(8, 8, (5, 1), padding=(2, 0))),
    "norm first": lambda: block(nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 8, 3, padding=1), nn.AvgPool2d(2, 2)),
    "depthwise": lambda: block(nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.Conv2d(8, 4, 1)),
    "volume": lambda: block(nn.Conv3d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool3d(2)),
}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", MODELS)
def test_strips_give_what_whole_images_give(name: str, threads: int) -> None:
    model = MODELS[name]()
    shape = (2, 3, 30, 20, 24) if name == "volume" else (2, 3, 151, 64)
    run = compile(model, threads=threads)
    for inputs in (drawn(*shape), drawn(*shape) * 2):
        expected = model(inputs)
        np.testing.assert_allclose(run(inputs), expected, rtol=0, atol=1e-4 * np.abs(expected).max())
    assert "strips: " in algorithms(run, inputs)[0]


def test_a_chain_ends_where_a_value_is_read_twice() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)

        def forward(self, x: Any) -> Any:
            x = self.first(x)
            return self.second(x) + x

    model, inputs = Twice().eval(), drawn(1, 3, 200, 64)
    run = compile(model)
    np.testing.assert_allclose(run(inputs), model(inputs), rtol=0, atol=1e-4)
    assert not any("strips: " in algorithm for algorithm in algorithms(run, inputs))


def test_what_would_be_computed_too_often_is_not_chained() -> None:
    model = block(*(nn.Conv2d(8, 8, 31, padding=15) for _ in range(2)))
    assert not any("strips: " in algorithm for algorithm in algorithms(compile(model), drawn(1, 8, 400, 64)))


def test_memory_of_a_large_image_is_that_of_its_strips() -> None:
    model = MODELS["vgg"]()
    inputs = drawn(1, 3, 2048, 256)
    run = compile(model, inputs)
    result = 8 * 1024 * 128 * 4
    assert peak(lambda: run(inputs)) < result + (2 << 20)
    plan = run.plan(inputs)
    assert isinstance(plan, Plan)
    assert plan.bytes < inputs.nbytes + (1 << 20)
