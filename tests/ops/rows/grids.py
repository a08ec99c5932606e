"""Grids."""

from __future__ import annotations

from tests.ops.table import T, Table, call

IMAGE, VOLUME = T((2, 3, 5, 4)), T((1, 2, 3, 4, 5))
GRID, PLACES = T((2, 6, 7, 2), low=-2, high=2), T((1, 4, 3, 6, 3), low=-2, high=2)
ONE = T(values=[[[[1, 2], [3, 4]]]])

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

TABLE = Table(by_hand=BY_HAND, refused=REFUSED, tolerance=1e-6)
