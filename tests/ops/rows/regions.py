"""Regions of images."""

from __future__ import annotations

from tests.ops.table import T, Table, call, ours

IMAGE = T(values=[[[[0.0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]]]], dtype="float32")
BOXES = T(values=[[0.0, 0, 0, 4, 4], [0, 1, 1, 3, 3]], dtype="float32")

BY_HAND = [  # the means are those of torchvision.ops.roi_align; the largest, ONNX's, is that of weighted neighbours
    (ours(call("roi_align", IMAGE, BOXES, 2, 1.0, 2, True)),
     [[[[2.5, 4.5], [10.5, 12.5]]], [[[5, 6], [9, 10]]]]),
    (ours(call("roi_align", IMAGE, BOXES, (1, 1), 1.0, 2, True, mode="max")), [[[[3.75]]], [[[10]]]]),
]  # fmt: skip

ROWS = [ours(call("roi_align", T((2, 3, 8, 8)), T(values=[[1.0, 0, 0, 5, 6]], dtype="float32"), (2, 3), 0.5))]

REFUSED = [
    (ours(call("roi_align", T((3, 8, 8)), BOXES, 2)),
     "roi_align wants an input (N, C, H, W) and boxes (K, 5) and gets (3, 8, 8) and (2, 5)"),
    (ours(call("roi_align", IMAGE, BOXES, 0)), "output_size wants one or two whole numbers, not 0"),
    (ours(call("roi_align", IMAGE, BOXES, 2, mode="sum")), 'mode wants "avg" or "max", not \'sum\''),
]  # fmt: skip

TABLE = Table(ROWS, BY_HAND, refused=REFUSED)
