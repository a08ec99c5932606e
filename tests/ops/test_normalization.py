"""Normalisation: running statistics, by hand and beside PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import ops
from nnbuild.errors import NnbuildError
from tests.ops.table import T

FEW = settings(max_examples=25, deadline=None, derandomize=True)


def test_running_statistics_move_to_the_batchs_in_place() -> None:
    mean, variance = np.zeros(1, np.float32), np.ones(1, np.float32)
    ops.batch_norm(np.array([[1.0], [3.0]], np.float32), mean, variance, training=True, momentum=0.5)
    assert (mean.tolist(), variance.tolist()) == ([1], [1.5])  # the unbiased variance is 2
    ops.instance_norm(np.array([[[1, 3]], [[3, 5]]], np.float32), mean, variance, momentum=1.0)
    assert (mean.tolist(), variance.tolist()) == ([3], [2])
    with pytest.raises(NnbuildError):
        ops.batch_norm(np.zeros((1, 1), np.float32), mean, variance, training=True)
    assert mean.tolist() == [3]


@pytest.mark.torch
@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
@FEW
@given(data=st.data())
def test_statistics_as_torchs(name: str, data: Any) -> None:
    torch = pytest.importorskip("torch")
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=3, max_size=5)))
    dtype = data.draw(st.sampled_from(["float32", "float64"]))
    input, channels = T(shape, dtype).array(), shape[1]
    own = [np.zeros(channels, dtype), np.ones(channels, dtype)]
    theirs = [torch.from_numpy(array.copy()) for array in own]
    weights = [T((channels,), dtype).array() if data.draw(st.booleans()) else None for _ in range(2)]
    options = {"momentum": data.draw(st.sampled_from([0.0, 0.1, 1.0])), "eps": data.draw(st.sampled_from([1e-5, 0.1]))}
    flag = data.draw(st.booleans())
    tensors = [None if array is None else torch.from_numpy(array) for array in weights]
    try:
        expected = getattr(torch.nn.functional, name)(torch.from_numpy(input), *theirs, *tensors, flag, **options)
    except ValueError:
        with pytest.raises(NnbuildError):
            getattr(ops, name)(input, *own, *weights, flag, **options)
        return
    result = getattr(ops, name)(input, *own, *weights, flag, **options)
    tolerance = 1e-10 if dtype == "float64" else 2e-4
    for array, tensor in zip([result, *own], [expected, *theirs], strict=True):
        np.testing.assert_allclose(array, tensor.numpy(), rtol=tolerance, atol=tolerance)
