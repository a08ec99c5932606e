"""Dropout in its forms: what it does to the numbers, and that it vanishes outside training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnbuild import nn, ops
from nnbuild.graph import trace
from nnbuild.ops import TensorSpec
from nnbuild.ops.randomness import noise, seed_noise
from tests.ops.rows.noise import FORMS

SHAPES = {"dropout1d": (50, 40, 3), "dropout3d": (50, 40, 2, 2, 2)}


def ones(form: str) -> np.ndarray:
    return np.ones(SHAPES.get(form, (50, 40, 2, 2)), np.float32)


@pytest.mark.parametrize("form", FORMS)
def test_outside_training_the_input_comes_back_itself(form: str) -> None:
    array = ones(form)
    assert getattr(ops, form)(array, 0.5, False) is array
    assert getattr(ops, form)(array, 0.0, True) is array
    spec = TensorSpec(array.shape)
    assert getattr(ops, form)(spec, 0.5, False) is spec


def test_outside_training_it_leaves_no_trace() -> None:
    model = nn.Sequential(nn.Dropout(), nn.ReLU(), nn.Dropout(inplace=True)).eval()
    assert [node.op.name for node in trace(model, TensorSpec((2, 3))).nodes] == ["relu"]
    names = [node.op.name for node in trace(model.train(), TensorSpec((2, 3))).nodes]
    assert names == ["dropout", "relu", "dropout"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("p", [0.25, 0.5])
def test_the_share_that_is_dropped(form: str, p: float) -> None:
    seed_noise(1)
    result = getattr(ops, form)(ones(form), p, True)
    low, high = np.unique(result)
    assert result.dtype == np.float32
    assert abs((result == low).mean() - p) < 0.06
    if "alpha" not in form:
        assert (low, high) == (0, np.float32(1 / (1 - p)))


@pytest.mark.parametrize("form", ["dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"])
def test_whole_channels_are_dropped(form: str) -> None:
    result = getattr(ops, form)(ones(form), 0.5, True)
    assert all(len(np.unique(channel)) == 1 for sample in result for channel in sample)


@pytest.mark.parametrize("form", FORMS)
def test_all_is_dropped_with_probability_1(form: str) -> None:
    assert not getattr(ops, form)(ones(form), 1.0, True).any()


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    seed_noise(2)
    selu = ops.alpha_dropout(np.random.default_rng(0).standard_normal(200_000), 0.3, True)
    assert abs(selu.mean()) < 0.01
    assert abs(selu.std() - 1) < 0.01


def test_randomized_slopes() -> None:
    result = ops.rrelu(-np.ones(5000), 0.1, 0.3, True)
    assert -0.3 <= result.min() < -0.29
    assert -0.11 < result.max() <= -0.1
    assert ops.rrelu(np.array([-1.0, 2.0]), 0.1, 0.3).tolist() == [-0.2, 2]


def test_the_seed_of_the_weights_seeds_the_noise() -> None:
    nn.manual_seed(5)
    first = noise().random(3)
    nn.manual_seed(5)
    assert np.array_equal(noise().random(3), first)


@pytest.mark.torch
@pytest.mark.parametrize("form", ["alpha_dropout", "feature_alpha_dropout"])
def test_alpha_dropouts_two_values_are_torchs(form: str) -> None:
    torch: Any = pytest.importorskip("torch")
    array = ones(form)
    expected = getattr(torch.nn.functional, form)(torch.from_numpy(array), 0.3, True).numpy()
    np.testing.assert_allclose(np.unique(getattr(ops, form)(array, 0.3, True)), np.unique(expected), rtol=1e-5)
