"""Grids: by hand, beside PyTorch, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nnbuild import ops
from nnbuild.errors import NnbuildError
from tests.ops.rows import Row, T, agrees, call, computed, holds_shape_law, ids, inferred

IMAGE, VOLUME = T((2, 3, 5, 4)), T((1, 2, 3, 4, 5))
GRID, PLACES = T((2, 6, 7, 2), low=-2, high=2), T((1, 4, 3, 6, 3), low=-2, high=2)
ONE = T(values=[[[[1, 2], [3, 4]]]])
SIZES = [
    ((2, 3, 5, 4), (2, 6, 7, 2)), ((2, 3, 1, 4), (2, 3, 1, 2)), ((0, 3, 5, 4), (0, 2, 2, 2)),
    ((2, 0, 5, 4), (2, 2, 2, 2)), ((2, 3, 5, 4), (2, 0, 7, 2)), ((1, 2, 3, 4, 5), (1, 4, 3, 6, 3)),
]  # fmt: skip
MODES, PADDING = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")

BY_HAND = [
    (call("grid_sample", ONE, T(values=[[[[-0.5, -0.5], [0, 0.5], [2, 2]]]])), [[[[1, 3.5, 0]]]]),
    (call("grid_sample", ONE, T(values=[[[[-1, -1], [0, 1], [5, 5]]]]), align_corners=True), [[[[1, 3.5, 0]]]]),
    (call("grid_sample", ONE, T(values=[[[[2, -2]]]]), "nearest", "border"), [[[[2]]]]),
    (call("affine_grid", T(values=[[[1, 0, 0], [0, 1, 0]]]), (1, 1, 2, 2)),
     [[[[-0.5, -0.5], [0.5, -0.5]], [[-0.5, 0.5], [0.5, 0.5]]]]),
    (call("affine_grid", T(values=[[[0, 1, 0], [1, 0, 2]]]), [1, 1, 1, 2], True), [[[[0, 1], [0, 3]]]]),
]  # fmt: skip

REFUSED = [
    (call("grid_sample", IMAGE, GRID, "linear"), "mode is one of bilinear, nearest, bicubic, not 'linear'"),
    (call("grid_sample", IMAGE, GRID, padding_mode="wrap"),
     "padding_mode is one of zeros, border, reflection, not 'wrap'"),
    (call("grid_sample", T((2, 3, 5)), GRID),
     "grid_sample wants an input of 4 axes (N, C, H, W) or 5 (N, C, D, H, W) and gets (2, 3, 5)"),
    (call("grid_sample", VOLUME, PLACES, "bicubic"),
     "mode='bicubic' is for images (N, C, H, W), not for (1, 2, 3, 4, 5)"),
    (call("grid_sample", IMAGE, T((1, 6, 7, 2))),
     "grid_sample wants a grid (2, H, W, 2) for the input (2, 3, 5, 4) and gets (1, 6, 7, 2)"),
    (call("grid_sample", IMAGE, T((2, 6, 7, 3))),
     "grid_sample wants a grid (2, H, W, 2) for the input (2, 3, 5, 4) and gets (2, 6, 7, 3)"),
    (call("grid_sample", T((2, 3, 0, 4)), GRID),
     "grid_sample wants at least one element of every axis behind the channels and gets (2, 3, 0, 4)"),
    (call("grid_sample", IMAGE, T((2, 6, 7, 2), "float64")),
     "grid_sample wants a grid of the input's dtype, float32, and gets float64"),
    (call("grid_sample", T((2, 3, 5, 4), "int64"), T((2, 6, 7, 2), "int64")),
     "grid_sample wants numbers with fractions and gets int64"),
    (call("affine_grid", T((2, 2, 3)), (2, 1, 4)), "size is (N, C, H, W) or (N, C, D, H, W), not (2, 1, 4)"),
    (call("affine_grid", T((2, 2, 3)), (2, 1, 4, 0)), "size wants sizes of at least 1, not (2, 1, 4, 0)"),
    (call("affine_grid", T((2, 2, 3)), (1, 1, 4, 4)),
     "affine_grid wants theta of (1, 2, 3) for the size (1, 1, 4, 4) and gets (2, 2, 3)"),
    (call("affine_grid", T((1, 2, 3), "int64"), (1, 1, 4, 4)),
     "affine_grid wants numbers with fractions and gets int64"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "expected"), BY_HAND, ids=ids)
def test_values_by_hand(row: Row, expected: list[Any]) -> None:
    holds_shape_law(row)
    np.testing.assert_allclose(computed(row), expected, rtol=1e-6)


@pytest.mark.parametrize(("row", "message"), REFUSED, ids=ids)
def test_refusals_say_why(row: Row, message: str) -> None:
    for way in (computed, inferred):
        with pytest.raises(NnbuildError) as caught:
            way(row)
        assert caught.value.message == message


def test_an_identity_gives_the_image() -> None:
    image = IMAGE.array()
    theta = np.broadcast_to(np.eye(2, 3, dtype=np.float32), (2, 2, 3))
    grid = ops.affine_grid(theta, image.shape)
    np.testing.assert_allclose(ops.grid_sample(image, grid), image, rtol=1e-5, atol=1e-6)
    assert np.isfinite(ops.grid_sample(image, np.full((2, 1, 3, 2), np.nan, np.float32))).all()


@pytest.mark.torch
@pytest.mark.parametrize("row", [row for row, _ in REFUSED], ids=ids)
def test_torch_refuses_too(row: Row) -> None:
    assert not agrees(row)


@pytest.mark.torch
@pytest.mark.parametrize("corners", [None, True, False])
@pytest.mark.parametrize("padding", PADDING)
@pytest.mark.parametrize("mode", MODES)
def test_as_torch(mode: str, padding: str, corners: bool | None) -> None:
    for dtype in ("float32", "float64"):
        for shape, places in SIZES:
            agrees(call("grid_sample", T(shape, dtype), T(places, dtype, low=-2, high=2), mode, padding, corners))


@pytest.mark.torch
@settings(max_examples=40, deadline=None)
@given(size=st.lists(st.integers(0, 5), min_size=3, max_size=5), corners=st.sampled_from([None, True, False]))
def test_affine_grids_as_torch(size: list[int], corners: bool | None) -> None:
    assume(min(size) > 0 or not corners)  # with one element and aligned corners torch looks no further
    agrees(call("affine_grid", T((size[0], len(size) - 2, len(size) - 1)), size, corners))
