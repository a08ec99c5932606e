"""Padding, resampling, shuffling and folding: what is undone, random options beside PyTorch, formulas and windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import ops
from nnbuild.ops import TensorSpec
from nnbuild.ops.window import Slide, Spread
from tests.ops.agreement import agrees, computed
from tests.ops.rows.resampling import IMAGE
from tests.ops.table import Row, T, call

FEW = settings(max_examples=40, deadline=None, derandomize=True)


def test_folding_undoes_unfolding_without_overlap() -> None:
    image = IMAGE.array()[:, :, :, :4]
    np.testing.assert_array_equal(ops.fold(ops.unfold(image, 2, stride=2), (6, 4), 2, stride=2), image)


def test_shuffling_is_undone() -> None:
    image = IMAGE.array()
    np.testing.assert_array_equal(ops.pixel_unshuffle(ops.pixel_shuffle(image, 2), 2), image)
    np.testing.assert_array_equal(ops.channel_shuffle(ops.channel_shuffle(image, 2), 2), image)


def explained(op: str, *args: Any, **options: Any) -> Any:
    output = getattr(ops, op)(*args, **options)
    return getattr(ops, op).ask("formula", output, *args, **options)


def test_formulas() -> None:
    image = TensorSpec((1, 8, 6, 5))
    assert explained("pad", image, (2, 2)) == ["L = 5 + 2 + 2 = 9"]
    assert explained("pad", image, (1, -2, 0, 3)) == ["H = 6 + 0 + 3 = 9", "W = 5 + 1 - 2 = 4"]
    assert explained("pad", image, (0, 0, 0, 0, 0, 0, 1, 0)) == ["axis 0 = 1 + 1 + 0 = 2"]
    assert explained("interpolate", image, scale_factor=2) == ["H = 6*2 = 12", "W = 5*2 = 10"]
    assert explained("interpolate", image, scale_factor=(2, 0.5)) == ["H = 6*2 = 12", "W = floor(5*0.5) = 2"]
    assert explained("interpolate", image, (3, 4)) == ["H = 3, by size", "W = 4, by size"]
    assert explained("pixel_shuffle", image, 2) == ["C = 8/(2*2) = 2", "H = 6*2 = 12", "W = 5*2 = 10"]
    assert explained("pixel_unshuffle", TensorSpec((1, 2, 4, 6)), 2) == ["C = 2*2*2 = 8", "H = 4/2 = 2", "W = 6/2 = 3"]
    assert explained("unfold", image, 2, stride=2) == [
        "C = 8*2*2 = 32",
        "H = floor((6 + 2*0 - 1*(2-1) - 1)/2 + 1) = 3",
        "W = floor((5 + 2*0 - 1*(2-1) - 1)/2 + 1) = 2",
        "L = 3*2 = 6",
    ]
    assert explained("fold", TensorSpec((1, 8, 4)), 3, 2) == ["C = 8/(2*2) = 2", "H, W = 3, 3, by output_size"]


def test_windows_give_the_sizes() -> None:
    image = TensorSpec((1, 8, 6, 4))
    for factor in (1, 2, 3, 4):
        for mode in ("nearest", "bilinear", "bicubic"):
            windows = ops.interpolate.ask("window", image, scale_factor=factor, mode=mode)
            assert [window.size(size) for window, size in zip(windows, (6, 4), strict=True)] == [6 * factor, 4 * factor]
    assert ops.interpolate.ask("window", image, 12, mode="bilinear") is not None
    assert ops.interpolate.ask("window", image, (3, 2), mode="area") == (Slide(2, 2),) * 2
    assert ops.interpolate.ask("window", image, (3, 2)) == (Slide(1, 2),) * 2
    assert ops.interpolate.ask("window", image, (5, 3)) is None
    assert ops.pad.ask("window", image, (1, 2, 3, 4)) == (Slide(1, 1, 3, 4), Slide(1, 1, 1, 2))
    assert ops.pixel_shuffle.ask("window", image, 2) == (Spread(2, 2),) * 2
    assert ops.pixel_unshuffle.ask("window", image, 2) == (Slide(2, 2),) * 2


def test_bytes_are_resampled_by_the_nearest() -> None:
    image = np.arange(4, dtype=np.uint8).reshape(1, 1, 2, 2)
    assert ops.interpolate(image, 4)[0, 0, ::2, ::2].tolist() == [[0, 1], [2, 3]]


def test_upsample_is_interpolate() -> None:
    image = IMAGE.array()
    np.testing.assert_array_equal(ops.upsample(image, scale_factor=2), ops.interpolate(image, scale_factor=2))


#: The modes of interpolation, and the axes that they resample; None for any.
MODES = {
    "nearest": None, "nearest-exact": None, "area": None,
    "linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3, "lanczos": 2,
}  # fmt: skip
FLOATS = st.sampled_from(["float32", "float64"])


@pytest.mark.torch
@FEW
@given(st.lists(st.integers(0, 4), min_size=1, max_size=5), st.lists(st.integers(-2, 4), max_size=6), FLOATS)
def test_constant_padding_as_torch(sizes: list[int], pad: list[int], dtype: str) -> None:
    agrees(call("pad", T(tuple(sizes), dtype), tuple(pad), value=2.5))


@pytest.mark.torch
@FEW
@given(st.data())
def test_padding_from_the_input_as_torch(data: Any) -> None:
    mode = data.draw(st.sampled_from(["reflect", "replicate", "circular"]))
    axes = data.draw(st.integers(1, 3))
    sizes = data.draw(st.tuples(*[st.integers(3, 5)] * axes))
    leading = data.draw(st.sampled_from([(3,), (2, 3), (0, 3), (2, 2, 3), (2, 0)]))
    # torch leaves memory as it is where it repeats more than a negative padding left
    low = -1 if mode != "circular" else 0
    pad = data.draw(st.tuples(*[st.integers(low, 6)] * (2 * axes)))
    if mode == "circular" and 0 in leading:
        return  # torch takes no channels here, and nowhere else
    agrees(call("pad", T((*leading, *sizes), data.draw(FLOATS)), pad, mode))


@pytest.mark.torch
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("mode", MODES)
@settings(FEW, max_examples=15)
@given(data=st.data())
def test_interpolation_as_torch(mode: str, scaled: bool, data: Any) -> None:
    axes = MODES[mode] or data.draw(st.integers(1, 3))
    antialias = mode == "lanczos" or (mode in ("bilinear", "bicubic") and data.draw(st.booleans()))
    least = 2 if antialias else 1  # torch mixes rows up at sizes of 1
    batch = st.just(2) if antialias else st.integers(0, 2)
    shape = data.draw(st.tuples(batch, st.integers(least, 2), *[st.integers(least, 6)] * axes))
    # none of the factors hangs on the last bit of a position
    factors = st.sampled_from([1.0, 1.37, 2.0, 3.14] if antialias else [0.31, 0.5, 0.77, 1.0, 1.37, 2.0, 3.14])
    options: dict[str, Any] = {"mode": mode, "antialias": antialias}
    if scaled:
        options["scale_factor"] = data.draw(factors | st.tuples(*[factors] * axes))
        options["recompute_scale_factor"] = data.draw(st.sampled_from([None, False, True]))
    else:
        options["size"] = data.draw(st.integers(least, 11) | st.tuples(*[st.integers(least, 11)] * axes))
    if mode.endswith(("linear", "cubic")):
        options["align_corners"] = data.draw(st.sampled_from([None, False, True]))
    agrees(Row("interpolate", (T(shape, "float64"),), options))


@pytest.mark.torch
@FEW
@given(st.data())
def test_unfolding_and_folding_as_torch(data: Any) -> None:
    leading = data.draw(st.sampled_from([(2,), (2, 3), (0, 2)]))
    height, width = data.draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    options = {
        name: data.draw(st.integers(low, high) | st.tuples(st.integers(low, high), st.integers(low, high)))
        for name, low, high in (("kernel_size", 1, 3), ("dilation", 1, 2), ("padding", 0, 2), ("stride", 1, 3))
    }
    row = Row("unfold", (T((*leading, height, width), "float64"),), options)
    if agrees(row):
        columns = T(dtype="float64", values=computed(row))
        if columns.values.size:
            agrees(Row("fold", (columns, (height, width)), options))


@pytest.mark.torch
@FEW
@given(st.data())
def test_shuffling_as_torch(data: Any) -> None:
    name = data.draw(st.sampled_from(["pixel_shuffle", "pixel_unshuffle", "channel_shuffle"]))
    shape = tuple(data.draw(st.lists(st.sampled_from([1, 2, 4, 6, 9]), min_size=2, max_size=5)))
    agrees(call(name, T(shape), data.draw(st.integers(0, 3))))
