"""Pooling and unpooling: equal elements, random options beside PyTorch, formulas and windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nnbuild import ops
from nnbuild.errors import NnbuildError
from nnbuild.ops import TensorSpec
from nnbuild.ops.window import Slide, Spread
from tests.ops.agreement import agrees
from tests.ops.rows.pooling import IMAGE, INF, NAN, SQUARE
from tests.ops.table import Row, T

FEW = settings(max_examples=40, deadline=None, derandomize=True)


def test_equal_elements_give_the_first_index_and_nans_the_last() -> None:
    ties = np.array([[[2.0, 2.0], [2.0, 1.0]]])
    assert ops.max_pool2d(ties, 2, return_indices=True)[1].tolist() == [[[0]]]
    assert ops.adaptive_max_pool2d(ties, 1, return_indices=True)[1].tolist() == [[[0]]]
    nans = np.array([[1.0, NAN, NAN, 2.0]])
    assert ops.max_pool1d(nans, 4, return_indices=True)[1].tolist() == [[2]]
    lowest = np.full((1, 4), -INF)
    assert ops.max_pool1d(lowest, 3, 2, 1, return_indices=True)[1].tolist() == [[0, 1]]


def test_unpooling_undoes_pooling() -> None:
    image = SQUARE.array()
    pooled, indices = ops.max_pool2d(image, 2, return_indices=True)
    restored = ops.max_unpool2d(pooled, indices, 2)
    assert restored[0].tolist() == [[0, 0, 6, 0], [0, 5, 0, 0], [0, 0, 0, 0], [7, 0, 0, 8]]


def test_an_index_outside_of_the_plane() -> None:
    with pytest.raises(NnbuildError, match=r"max_unpool1d wants indices into the 4 elements .* \(4,\) and gets 4"):
        ops.max_unpool1d(np.ones((1, 2)), np.array([[0, 4]]), 2)


def test_windows() -> None:
    image = TensorSpec((1, 3, 8, 6))
    assert ops.max_pool2d.ask("window", image, 3, 2, 1) == (Slide(3, 2, 1, 1),) * 2
    assert ops.avg_pool2d.ask("window", image, (2, 3), ceil_mode=True) == (
        Slide(2, 2, ceil=True),
        Slide(3, 3, ceil=True),
    )
    assert ops.lp_pool2d.ask("window", image, 2, 3, 1) == (Slide(3, 1),) * 2
    assert ops.adaptive_avg_pool2d.ask("window", image, (4, 1)) == (Slide(2, 2), Slide(6, 6))
    assert ops.adaptive_max_pool2d.ask("window", image, (3, 12)) == (Slide(4, 2), Slide(1, 1))
    assert ops.max_unpool2d.ask("window", image, image, 2) == (Spread(2, 2),) * 2


def test_formulas() -> None:
    image = TensorSpec((1, 3, 224, 9))
    pooled = ops.max_pool2d(image, 3, 2, 1, 1, True, True)
    assert ops.max_pool2d.ask("formula", pooled, image, 3, 2, 1, 1, True, True) == [
        "H = ceil((224 + 2*1 - 1*(3-1) - 1)/2 + 1) = 113",
        "W = ceil((9 + 2*1 - 1*(3-1) - 1)/2 + 1) = 5",
    ]
    small = ops.adaptive_avg_pool2d(image, (7, 7))
    assert ops.adaptive_avg_pool2d.ask("formula", small, image, (7, 7)) == [
        "H = 7, by output_size: windows of 32 over 224",
        "W = 7, by output_size: windows of 2 to 3 over 9",
    ]
    restored = ops.max_unpool2d(TensorSpec((1, 3, 5, 5)), TensorSpec((1, 3, 5, 5), "int64"), 2)
    places = TensorSpec((1, 3, 5, 5), "int64")
    assert ops.max_unpool2d.ask("formula", restored, TensorSpec((1, 3, 5, 5)), places, 2) == [
        "H, W = (5 - 1)*2 - 2*0 + 1*(2-1) + 0 + 1 = 10"
    ]


def test_fractional_places_are_drawn_where_none_are_given() -> None:
    values, indices = ops.fractional_max_pool2d(IMAGE.array(), 2, output_ratio=0.5, return_indices=True)
    assert values.shape == indices.shape == (2, 3, 4, 4)
    flat = IMAGE.array().reshape(2, 3, -1)
    np.testing.assert_array_equal(np.take_along_axis(flat, indices.reshape(2, 3, -1), 2), values.reshape(2, 3, -1))


@st.composite
def inputs(draw: Any) -> tuple[int, T]:
    """The number of axes, and an input of them: batched or not, an empty batch too."""
    axes = draw(st.integers(1, 3))
    batch = draw(st.sampled_from([(), (0,), (1,), (2,)]))
    sizes = draw(st.tuples(*[st.integers(1, 8 if axes < 3 else 5)] * axes))
    return axes, T((*batch, draw(st.integers(1, 3)), *sizes), draw(st.sampled_from(["float32", "float64"])))


def each(axes: int, low: int, high: int) -> Any:
    return st.integers(low, high) | st.tuples(*[st.integers(low, high)] * axes)


@pytest.mark.torch
@FEW
@given(inputs(), st.data())
def test_max_pooling_as_torch(given: Any, data: Any) -> None:
    axes, input = given
    options = {
        "kernel_size": data.draw(each(axes, 1, 4)),
        "stride": data.draw(st.none() | each(axes, 1, 3)),
        "padding": data.draw(each(axes, 0, 2)),
        "dilation": data.draw(st.just(1) | each(axes, 1, 2)),
        "ceil_mode": data.draw(st.booleans()),
        "return_indices": data.draw(st.booleans()),
    }
    assume(min(input.shape[-axes:]) > 1)  # torch's index of a window with all taps in the padding is no place at all
    agrees(Row(f"max_pool{axes}d", (input,), options))


@pytest.mark.torch
@FEW
@given(inputs(), st.data())
def test_average_pooling_as_torch(given: Any, data: Any) -> None:
    axes, input = given
    options = {
        "kernel_size": data.draw(each(axes, 1, 4)),
        "stride": data.draw(st.none() | each(axes, 1, 3)),
        "padding": data.draw(each(axes, 0, 2)),
        "ceil_mode": data.draw(st.booleans()),
        "count_include_pad": data.draw(st.booleans()),
    }
    if axes > 1:
        options["divisor_override"] = data.draw(st.sampled_from([None, None, 2, -3]))
    agrees(Row(f"avg_pool{axes}d", (input,), options))


@pytest.mark.torch
@FEW
@given(inputs(), st.data())
def test_adaptive_pooling_as_torch(given: Any, data: Any) -> None:
    axes, input = given
    kind = data.draw(st.sampled_from(["avg", "max"]))
    size = data.draw(each(axes, 0, 9))
    options = {"return_indices": True} if kind == "max" else {}
    agrees(Row(f"adaptive_{kind}_pool{axes}d", (input, size), options))


@pytest.mark.torch
@FEW
@given(inputs(), st.data())
def test_power_pooling_as_torch(given: Any, data: Any) -> None:
    axes, input = given
    kernel, stride = data.draw(each(axes, 1, 3)), data.draw(st.none() | each(axes, 1, 3))
    kernel = max(kernel) if axes == 1 and isinstance(kernel, tuple) else kernel  # torch cannot take (3,) here
    args = (data.draw(st.sampled_from([1, 2, 2.0, 4])), kernel, stride, data.draw(st.booleans()))
    agrees(Row(f"lp_pool{axes}d", (input._replace(low=0.1), *args), {}))


@pytest.mark.torch
@FEW
@given(inputs(), st.data())
def test_unpooling_as_torch(given: Any, data: Any) -> None:
    axes, input = given
    kernel, stride = data.draw(each(axes, 1, 3)), data.draw(st.none() | each(axes, 1, 3))
    sizes, image = input.shape[-axes:], input.array()
    try:
        pooled, indices = getattr(ops, f"max_pool{axes}d")(image, kernel, stride, return_indices=True)
    except NnbuildError:
        return
    output = data.draw(st.just(sizes) | st.tuples(*[st.integers(size, size + 3) for size in sizes]))
    args = (T(dtype=input.dtype, values=pooled), T(dtype="int64", values=indices), kernel, stride, 0, output)
    if pooled.size:
        agrees(Row(f"max_unpool{axes}d", args, {}))


@pytest.mark.torch
@FEW
@given(inputs(), st.data())
def test_fractional_pooling_as_torch(given: Any, data: Any) -> None:
    axes, input = given
    axes, input = (2, input._replace(shape=(*input.shape, 4))) if axes == 1 else (axes, input)
    samples = T((*input.shape[: -axes - 1], input.shape[-axes - 1], axes), input.dtype, low=0, high=1)
    samples = samples if len(samples.shape) == 3 else samples._replace(shape=(1, *samples.shape))
    options = {"output_size": data.draw(each(axes, 1, 4)), "return_indices": True, "_random_samples": samples}
    agrees(Row(f"fractional_max_pool{axes}d", (input, data.draw(each(axes, 1, 3))), options))
