"""Normalisation: by hand, running statistics, beside PyTorch, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import ops
from nnbuild.errors import NnbuildError
from tests.ops.rows import Row, T, agrees, call, computed, holds_shape_law, ids, inferred

FEW = settings(max_examples=25, deadline=None, derandomize=True)
X, C = T((2, 4, 3, 5)), T((4,))
V = T((4,), low=0.1)

BY_HAND = [
    (call("batch_norm", T(values=[[1], [3]]), None, None, training=True, eps=1e-9), [[-1], [1]]),
    (call("batch_norm", T(values=[[5]]), T(values=[1]), T(values=[4]), T(values=[3]), T(values=[7]), eps=0.0), [[13]]),
    (call("instance_norm", T(values=[[[1, 3]]]), eps=0.0), [[[-1, 1]]]),
    (call("layer_norm", T(values=[[1, 3]]), (2,), T(values=[2, 2]), T(values=[1, 1]), 0.0), [[-1, 3]]),
    (call("group_norm", T(values=[[1, 3, 10, 10]]), 2), [[-1, 1, 0, 0]]),
    (call("rms_norm", T(values=[[3, 4]]), (2,), eps=0.0), [[3 / 12.5**0.5, 4 / 12.5**0.5]]),
    (call("local_response_norm", T(values=[[[1], [2]]]), 2, 1.0, 1.0, 1.0), [[[1 / 1.5], [2 / 3.5]]]),
]  # fmt: skip

REFUSED = [
    (call("batch_norm", T((4,)), None, None, training=True),
     "batch_norm wants an input of at least 2 axes (N, C, ...) and gets (4,)"),
    (call("batch_norm", X, T((3,)), T((3,))),
     "batch_norm wants 3 channels, the size of its running_mean, and gets 4: (2, 4, 3, 5)"),
    (call("batch_norm", X, C, V, T((4,), "float64")),
     "batch_norm wants input and weight of one dtype and gets float32 and float64"),
    (call("batch_norm", X, None, None), "batch_norm wants running_mean and running_var when it is not training"),
    (call("batch_norm", X, None, None, training=True, eps=0.0), "eps must be above 0 in training, not 0.0"),
    (call("batch_norm", T((1, 4)), None, None, training=True),
     "batch_norm wants more than 1 value a channel in training and gets (1, 4)"),
    (call("batch_norm", T((2, 4), "int64"), None, None, training=True),
     "batch_norm wants numbers with fractions and gets int64"),
    (call("instance_norm", T((2, 4, 1))), "instance_norm wants more than 1 element of space and gets (2, 4, 1)"),
    (call("instance_norm", X, use_input_stats=False),
     "instance_norm wants running_mean and running_var or use_input_stats"),
    (call("layer_norm", X, (4, 5)), "layer_norm normalizes over last axes of (4, 5) and gets (2, 4, 3, 5)"),
    (call("layer_norm", X, ()), "normalized_shape wants at least one size"),
    (call("layer_norm", X, (5,), T((4,))), "layer_norm wants a weight of the normalized shape (5,) and gets (4,)"),
    (call("rms_norm", X, (3,)), "rms_norm normalizes over last axes of (3,) and gets (2, 4, 3, 5)"),
    (call("group_norm", X, 3), "group_norm has 3 groups, which do not divide 4 channels"),
    (call("local_response_norm", T((2, 4)), 2),
     "local_response_norm wants an input of at least 3 axes (N, C, L) and gets (2, 4)"),
    (call("local_response_norm", X, 0), "size must be at least 1, not 0"),
]  # fmt: skip

ROWS = [
    call("batch_norm", X, C, V), call("batch_norm", X, C, V, C, C, False, 0.1, 0.5),
    call("batch_norm", T((0, 4, 2)), C, V),
    call("batch_norm", X, None, None, C, None, True),
    call("batch_norm", T((3, 4), "float64"), None, None, training=True),
    call("batch_norm", T((2, 4), "float16"), C, V), call("batch_norm", T((2, 4, 2, 2, 2)), C, V, None, C),
    call("instance_norm", X), call("instance_norm", X, weight=C, bias=C, eps=0.1), call("instance_norm", T((0, 4, 3))),
    call("instance_norm", X, C, V, C, C, False), call("instance_norm", T((2, 4, 2, 2, 2), "float64")),
    call("layer_norm", X, (5,)), call("layer_norm", X, (3, 5), T((3, 5)), T((3, 5)), 0.1),
    call("layer_norm", T((5,)), [5]),
    call("layer_norm", T((0, 5)), (5,)), call("layer_norm", T((2, 5), "float16"), (5,)), call("layer_norm", X, X.shape),
    call("rms_norm", X, (5,)), call("rms_norm", X, (3, 5), T((3, 5)), 0.1), call("rms_norm", T((2, 5), "float64"), [5]),
    call("group_norm", X, 1), call("group_norm", X, 2, C, C, 0.1), call("group_norm", T((0, 4, 2)), 2),
    call("group_norm", T((2, 4)), 2),
    call("local_response_norm", X, 1), call("local_response_norm", X, 2),
    call("local_response_norm", X, 3, 0.5, 0.5, 2.0),
    call("local_response_norm", X, 9), call("local_response_norm", T((2, 4, 3), "float64"), 4),
]  # fmt: skip


@pytest.mark.parametrize(("row", "expected"), BY_HAND, ids=ids)
def test_values_by_hand(row: Row, expected: list[Any]) -> None:
    holds_shape_law(row)
    np.testing.assert_allclose(computed(row), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_shape_rule_is_the_computed_shape(row: Row) -> None:
    holds_shape_law(row)


@pytest.mark.parametrize(("row", "message"), REFUSED, ids=ids)
def test_refusals_say_why(row: Row, message: str) -> None:
    for way in (computed, inferred):
        with pytest.raises(NnbuildError) as caught:
            way(row)
        assert caught.value.message == message


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
@pytest.mark.parametrize("row", ROWS + [row for row, _ in BY_HAND], ids=ids)
def test_as_torch(row: Row) -> None:
    assert agrees(row)


@pytest.mark.torch
@pytest.mark.parametrize("row", [row for row, _ in REFUSED], ids=ids)
def test_torch_refuses_too(row: Row) -> None:
    assert not agrees(row)


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


def test_cross_map_lrn2d_refuses() -> None:
    for shape, size, message in [
        (
            (2, 4, 3),
            2,
            "cross_map_lrn2d wants an input of 4 axes (N, C, H, W), at least one channel, and gets (2, 4, 3)",
        ),
        ((2, 4, 3, 3), 0, "size must be at least 1, not 0"),
    ]:
        with pytest.raises(NnbuildError) as caught:
            ops.cross_map_lrn2d(T(shape).array(), size)
        assert caught.value.message == message
