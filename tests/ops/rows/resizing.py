"""Resizing in ONNX's ways; more of them are held by ONNX's own tests."""

from __future__ import annotations

from tests.ops.table import T, Table, call, ours

ROW, IMAGE = T(values=[0.0, 1, 2, 3], dtype="float32"), T((1, 2, 4, 6))

BY_HAND = [
    (ours(call("resize_axes", ROW, (8,), (2.0,), "linear")), [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]),
    (ours(call("resize_axes", ROW, (2,), (0.5,), "linear", "half_pixel", antialias=True)), [0.625, 2.375]),
    (ours(call("resize_axes", ROW, (2,), (0.5,), "linear", antialias=True, exclude_outside=True)),
     [5 / 7, 16 / 7]),
    (ours(call("resize_axes", ROW, (8,), (2.0,), "nearest", "asymmetric", "floor")), [0, 0, 1, 1, 2, 2, 3, 3]),
    (ours(call("resize_axes", ROW, (7,), (1.75,), "linear", "align_corners")), [0, 0.5, 1, 1.5, 2, 2.5, 3]),
    (ours(call("resize_axes", ROW, (3,), (0.75,), "linear", "tf_crop_and_resize", region=(0.0, 2.0),
               extrapolation_value=9.0)), [0, 3, 9]),
]  # fmt: skip

ROWS = [
    ours(call("resize_axes", IMAGE, (1, 2, 8, 3), (1.0, 1.0, 2.0, 0.5), mode, coordinates))
    for mode in ("nearest", "linear", "cubic")
    for coordinates in ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "tf_half_pixel_for_nn")
]

REFUSED = [
    (ours(call("resize_axes", ROW, (8,), (2.0,), "area")), "mode wants one of nearest, linear, cubic, not 'area'"),
    (ours(call("resize_axes", ROW, (8, 1), (2.0,))), "resize_axes wants 1 sizes and scales and gets (8, 1) and (2.0,)"),
    (ours(call("resize_axes", ROW, (8,), (0.0,))), "sizes and scales must not be below 0, as in (8,) and (0.0,)"),
    (ours(call("resize_axes", T((0,)), (8,), (2.0,))), "resize_axes cannot make (8,) of nothing: (0,)"),
]

TABLE = Table(ROWS, BY_HAND, refused=REFUSED, tolerance=1e-6)
