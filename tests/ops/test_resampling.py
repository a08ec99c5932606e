"""Padding, resampling, shuffling and folding: by hand, beside PyTorch, formulas, windows, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import ops
from nnbuild.errors import NnbuildError
from nnbuild.ops import TensorSpec
from nnbuild.ops.window import Slide, Spread
from tests.ops.rows import Row, T, agrees, call, computed, holds_shape_law, ids, inferred

FEW = settings(max_examples=40, deadline=None, derandomize=True)
LINE, IMAGE, VOLUME = T((2, 3, 5)), T((2, 4, 6, 5)), T((1, 2, 3, 4, 3))
ABC = T(values=[[1, 2, 3]])

BY_HAND = [
    (call("pad", ABC, (1, 2)), [[0, 1, 2, 3, 0, 0]]),
    (call("pad", ABC, (1, -2), value=7.0), [[7, 1]]),
    (call("pad", ABC, (0, 0, 1, 0), "constant", 9.0), [[9, 9, 9], [1, 2, 3]]),
    (call("pad", ABC, (2, 1), "reflect"), [[3, 2, 1, 2, 3, 2]]),
    (call("pad", ABC, (2, 1), "replicate"), [[1, 1, 1, 2, 3, 3]]),
    (call("pad", ABC, (2, 1), "circular"), [[2, 3, 1, 2, 3, 1]]),
    (call("pad", ABC, (-1, 1), "circular"), [[2, 3, 2]]),
    (call("interpolate", T(values=[[[1, 3]]]), 4), [[[1, 1, 3, 3]]]),
    (call("interpolate", T(values=[[[1, 3]]]), 4, mode="linear"), [[[1, 1.5, 2.5, 3]]]),
    (call("interpolate", T(values=[[[1, 4]]]), 4, mode="linear", align_corners=True), [[[1, 2, 3, 4]]]),
    (call("interpolate", T(values=[[[1, 3, 5, 7]]]), scale_factor=0.5, mode="area"), [[[2, 6]]]),
    (call("pixel_shuffle", T(values=[[[1]], [[2]], [[3]], [[4]]]), 2), [[[1, 2], [3, 4]]]),
    (call("pixel_unshuffle", T(values=[[[1, 2], [3, 4]]]), 2), [[[1]], [[2]], [[3]], [[4]]]),
    (call("channel_shuffle", T(values=[[[1], [2], [3], [4]]]), 2), [[[1], [3], [2], [4]]]),
    (call("unfold", T(values=[[[1, 2, 3], [4, 5, 6]]]), (2, 2)), [[1, 2], [2, 3], [4, 5], [5, 6]]),
    (call("fold", T(values=[[1, 2], [2, 3], [4, 5], [5, 6]]), (2, 3), 2), [[[1, 4, 3], [4, 10, 6]]]),
]  # fmt: skip

REFUSED = [
    (call("pad", LINE, (1, 2, 3)), "pad wants pairs of whole numbers, before and after an axis, not (1, 2, 3)"),
    (call("pad", LINE, (1,) * 8), "pad pads 4 axes and gets an input of 3: (2, 3, 5)"),
    (call("pad", LINE, (-6, 1)), "pad crops more than there is: (-6, 1) of sizes (2, 3, 5)"),
    (call("pad", LINE, (1, 1), "mirror"),
     "mode is 'constant', 'reflect', 'replicate' or 'circular', not 'mirror'"),
    (call("pad", LINE, (1, 1), "reflect", 1.0), "value is for mode='constant', not for 'reflect'"),
    (call("pad", IMAGE, (1, 1), "circular"),
     "pad with mode='circular' pads the axes behind the channels (2 or 3 of (2, 4, 6, 5)) and gets 1 pairs"),
    (call("pad", LINE, (5, 0), "reflect"), "pad with mode='reflect' takes at most 4 elements from an axis of 5, not 5"),
    (call("pad", LINE, (0, 6), "circular"),
     "pad with mode='circular' takes at most 5 elements from an axis of 5, not 6"),
    (call("pad", T((2, 0, 5)), (1, 1), "reflect"),
     "pad wants at least one element of every axis but the first and gets (2, 0, 5)"),
    (call("interpolate", IMAGE), "size or scale_factor must be given, and not both"),
    (call("interpolate", IMAGE, 3, 2.0), "size or scale_factor must be given, and not both"),
    (call("interpolate", IMAGE, (3, 4, 5)), "size wants one whole number or 2, not (3, 4, 5)"),
    (call("interpolate", IMAGE, scale_factor=(1.0, 2.0, 3.0)),
     "scale_factor wants one number or 2, not (1.0, 2.0, 3.0)"),
    (call("interpolate", IMAGE, 4, mode="best"),
     "mode is one of nearest, nearest-exact, area, linear, bilinear, bicubic, trilinear, lanczos, not 'best'"),
    (call("interpolate", IMAGE, 4, mode="linear"),
     "interpolate with mode='linear' wants an input of 3 axes (N, C, ...) and gets (2, 4, 6, 5)"),
    (call("interpolate", IMAGE, 4, align_corners=True), "align_corners is not for mode='nearest'"),
    (call("interpolate", IMAGE, 4, antialias=True), "antialias is for bilinear, bicubic, lanczos, not for 'nearest'"),
    (call("interpolate", IMAGE, 4, mode="lanczos"), "mode='lanczos' wants antialias=True and no align_corners"),
    (call("interpolate", IMAGE, 4, recompute_scale_factor=True), "recompute_scale_factor needs scale_factor, not size"),
    (call("interpolate", IMAGE, 0), "interpolate wants sizes of at least 1 and makes (0, 0) of (2, 4, 6, 5)"),
    (call("interpolate", T((1, 1, 4, 4), "int64"), 2, mode="bilinear"),
     "interpolate wants numbers with fractions and gets int64"),
    (call("pixel_shuffle", IMAGE, 0), "upscale_factor must be at least 1, not 0"),
    (call("pixel_shuffle", T((4, 4)), 2),
     "pixel_shuffle wants an input of at least 3 axes (..., C, H, W) and gets (4, 4)"),
    (call("pixel_shuffle", IMAGE, 3), "pixel_shuffle wants channels that 3*3 = 9 divides and gets 4: (2, 4, 6, 5)"),
    (call("pixel_unshuffle", IMAGE, 2),
     "pixel_unshuffle wants a height and width that 2 divides and gets 6 and 5: (2, 4, 6, 5)"),
    (call("channel_shuffle", IMAGE, 0), "groups must be at least 1, not 0"),
    (call("channel_shuffle", IMAGE, 3), "channel_shuffle has 3 groups, which do not divide 4 channels"),
    (call("channel_shuffle", T((4, 4)), 2),
     "channel_shuffle wants an input of at least 3 axes (N, C, ...) and gets (4, 4)"),
    (call("unfold", T((2, 4, 6, 5), "int64"), 2), "unfold wants numbers with fractions, or bools, and gets int64"),
    (call("fold", T((2, 8, 4), "uint8"), 3, 2), "fold wants numbers with fractions, or bools, and gets uint8"),
    (call("unfold", IMAGE, 7), "unfold has a window of 7 and its input only 6 elements of an axis"),
    (call("unfold", IMAGE, 2, 0), "dilation must be at least 1, not 0"),
    (call("fold", T((2, 3, 4, 5)), 4, 2), "fold wants columns (N, C*kernel, L) or (C*kernel, L) and gets (2, 3, 4, 5)"),
    (call("fold", T((2, 9, 4)), 3, 2), "fold wants rows that the kernel 2*2 = 4 divides and gets 9"),
    (call("fold", T((2, 8, 5)), 3, 2), "fold wants 2*2 = 4 columns, one a window of (3, 3), and gets 5"),
]  # fmt: skip
OURS_ALONE = [
    (call("pad", LINE, (-5, 1), "circular"),
     "pad crops (-5, 1) from an axis of 5, which leaves nothing to repeat"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "expected"), BY_HAND, ids=ids)
def test_values_by_hand(row: Row, expected: list[Any]) -> None:
    holds_shape_law(row)
    np.testing.assert_allclose(computed(row), expected, rtol=1e-6)


@pytest.mark.parametrize(("row", "message"), REFUSED + OURS_ALONE, ids=ids)
def test_refusals_say_why(row: Row, message: str) -> None:
    for way in (computed, inferred):
        with pytest.raises(NnbuildError) as caught:
            way(row)
        assert caught.value.message == message


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


@pytest.mark.torch
def test_upsampling_as_torch() -> None:
    for name in ("upsample_nearest", "upsample_bilinear"):
        assert agrees(call(name, IMAGE, 7)) and agrees(call(name, IMAGE, scale_factor=2))
        assert agrees(call(name, LINE, 7)) is (name == "upsample_nearest")


@pytest.mark.torch
@pytest.mark.parametrize("row", [row for row, _ in BY_HAND], ids=ids)
def test_as_torch(row: Row) -> None:
    assert agrees(row)


@pytest.mark.torch
@pytest.mark.parametrize("row", [row for row, _ in REFUSED], ids=ids)
def test_torch_refuses_too(row: Row) -> None:
    assert not agrees(row)


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
