"""Grids: every mode beside PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nnbuild import ops
from tests.ops.agreement import agrees
from tests.ops.rows.grids import IMAGE
from tests.ops.table import T, call

SIZES = [
    ((2, 3, 5, 4), (2, 6, 7, 2)), ((2, 3, 1, 4), (2, 3, 1, 2)), ((0, 3, 5, 4), (0, 2, 2, 2)),
    ((2, 0, 5, 4), (2, 2, 2, 2)), ((2, 3, 5, 4), (2, 0, 7, 2)), ((1, 2, 3, 4, 5), (1, 4, 3, 6, 3)),
]  # fmt: skip
MODES, PADDING = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")


def test_an_identity_gives_the_image() -> None:
    image = IMAGE.array()
    theta = np.broadcast_to(np.eye(2, 3, dtype=np.float32), (2, 2, 3))
    grid = ops.affine_grid(theta, image.shape)
    np.testing.assert_allclose(ops.grid_sample(image, grid), image, rtol=1e-5, atol=1e-6)
    assert np.isfinite(ops.grid_sample(image, np.full((2, 1, 3, 2), np.nan, np.float32))).all()


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
