"""Reductions of numbers whose squares are beyond their dtype: the numbers of the same call on smaller ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnbuild import ops

ORDINARY = np.array([[1, 2, 3, 4], [-1, 0.5, 2, 7], [8, 8, -8, 0]], np.float64)
#: Of each dtype a power of two whose square is too large, and one whose square is too small.
LARGE, SMALL = {"float32": 2.0**100, "float64": 2.0**700}, {"float32": 2.0**-100, "float64": 2.0**-700}

Reduction = Callable[[np.ndarray], np.ndarray]

#: What does not change when all numbers are multiplied by one.
STEADY: dict[str, Reduction] = {
    "layer_norm": lambda x: ops.layer_norm(x, (4,), eps=0),
    "group_norm": lambda x: ops.group_norm(x[None], 3, eps=0),
    "instance_norm": lambda x: ops.instance_norm(x[None], eps=0),
    "batch_norm": lambda x: ops.batch_norm(x, None, None, training=True, eps=1e-300),
    "rms_norm": lambda x: ops.rms_norm(x, (4,), eps=0),
    "normalize": lambda x: ops.normalize(x, eps=0),
    "normalize by cubes": lambda x: ops.normalize(x, 3, eps=0),
    "cosine_similarity": lambda x: ops.cosine_similarity(x, x[:, ::-1], eps=0),
}

#: What is multiplied by the same.
GROWING: dict[str, Reduction] = {
    "std": lambda x: ops.std(x, 1),
    "std of all": lambda x: ops.std(x, False),
    "norm": lambda x: ops.norm(x, dim=1),
    "norm of cubes": lambda x: ops.norm(x, 3, 0, True),
    "norm of reciprocals": lambda x: ops.norm(x[:2], -2, 1),
    "pairwise_distance": lambda x: ops.pairwise_distance(x, x[:, ::-1], eps=0),
}


@pytest.mark.parametrize("dtype", LARGE)
@pytest.mark.parametrize("name", [*STEADY, *GROWING])
def test_large_numbers(name: str, dtype: str) -> None:
    function, factor = {**STEADY, **GROWING}[name], LARGE[dtype]
    wanted = function(ORDINARY)
    result = function((ORDINARY * factor).astype(dtype))
    assert result.dtype == dtype
    np.testing.assert_allclose(result, wanted * (factor if name in GROWING else 1), rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", SMALL)
@pytest.mark.parametrize("name", ["normalize", "normalize by cubes", "cosine_similarity", *GROWING])
def test_small_numbers(name: str, dtype: str) -> None:
    if "std" in name:
        pytest.skip("0, as in torch")
    function, factor = {**STEADY, **GROWING}[name], SMALL[dtype]
    result = function((ORDINARY * factor).astype(dtype))
    np.testing.assert_allclose(result / (factor if name in GROWING else 1), function(ORDINARY), rtol=2e-6)


def test_large_and_ordinary_rows_beside_each_other() -> None:
    rows = np.concatenate([ORDINARY, ORDINARY * LARGE["float32"], ORDINARY * 0]).astype(np.float32)
    alone = ops.layer_norm(ORDINARY.astype(np.float32), (4,))
    together = ops.layer_norm(rows, (4,))
    np.testing.assert_array_equal(together[:3], alone)
    np.testing.assert_allclose(together[3:6], ops.layer_norm(ORDINARY, (4,), eps=0), rtol=2e-6, atol=1e-7)
    assert not together[6:].any()
    assert ops.norm(rows, dim=1)[6:].tolist() == [0, 0, 0]


def test_what_is_infinite_stays_so() -> None:
    row = np.array([[np.inf, 1, 2, 3], [np.nan, 1, 2, 3]], np.float32)
    assert np.isnan(ops.layer_norm(row, (4,))).all() and np.isnan(ops.std(row, 1)).all()
    assert ops.norm(row, dim=1).tolist()[0] == np.inf
    assert np.isnan(ops.norm(row, dim=1)[1])


def test_running_statistics_hold_what_the_dtype_can() -> None:
    mean, var = np.zeros(4, np.float32), np.ones(4, np.float32)
    ops.batch_norm((ORDINARY * 1e30).astype(np.float32), mean, var, training=True, momentum=1.0)
    np.testing.assert_allclose(mean, ORDINARY.mean(0) * 1e30, rtol=1e-6)
    assert np.isinf(var).all()


@pytest.mark.torch
@pytest.mark.parametrize("function", ["softmax", "log_softmax", "logsumexp", "mean", "var"])
def test_as_torch(function: str) -> None:
    torch: Any = pytest.importorskip("torch")
    array = (ORDINARY * 1e30).astype(np.float32)
    expected = getattr(torch, function)(torch.from_numpy(array), dim=1).numpy()
    np.testing.assert_allclose(getattr(ops, function)(array, dim=1), expected, rtol=1e-6)
