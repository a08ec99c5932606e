"""The bench networks at a reduced size: the engine gives what the plain ops give."""

from typing import Any

import numpy as np
import pytest
from numpy.random import default_rng

from nnbuild import nn, ops
from nnbuild.engine import compile
from tests.bench.networks import networks

NAMES = list(networks(nn, ops))


def small(name: str, dtype: str = "float32") -> Any:
    """The network with an eighth of its channels and lively batch statistics, in evaluation mode."""
    nn.manual_seed(0)
    model = networks(nn, ops, 1 / 8)[name]().eval()
    random = default_rng(0)
    for key, value in model.state_dict().items():
        if key.endswith(("running_mean", "running_var", "weight")) and value.ndim == 1:
            value[...] = random.uniform(0.5, 1.5, value.shape)
    return model.to(dtype)


def images(name: str, batch: int, dtype: str = "float32") -> np.ndarray:
    side = 32 if name == "LeNet" else 64
    return default_rng(1).normal(size=(batch, 3, side, side)).astype(dtype)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", NAMES)
def test_engine_equals_ops(name: str, batch: int, threads: int) -> None:
    model, inputs = small(name), images(name, batch)
    kept = inputs.copy()
    expected, found = model(inputs), compile(model, threads=threads)(inputs)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * np.abs(expected).max())
    assert np.array_equal(inputs, kept)


@pytest.mark.parametrize("name", NAMES)
def test_double_precision(name: str) -> None:
    model, inputs = small(name, "float64"), images(name, 2, "float64")
    expected, found = model(inputs), compile(model, threads=2)(inputs)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10 * np.abs(expected).max())


def test_a_result_is_not_overwritten_by_the_next_run() -> None:
    model, inputs = small("ResNet-18"), images("ResNet-18", 1)
    run = compile(model, inputs)
    first = run(inputs)
    kept = first.copy()
    run(inputs + 1)
    assert np.array_equal(first, kept)
