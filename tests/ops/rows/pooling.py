"""Pooling and unpooling."""

from __future__ import annotations

from tests.ops.table import T, Table, call, ours

NAN, INF = float("nan"), float("inf")
SQUARE = T(values=[[[1, 2, 6, 3], [3, 5, 2, 1], [1, 2, 2, 1], [7, 3, 4, 8]]])
LINE, IMAGE, VOLUME = T((2, 3, 9)), T((2, 3, 8, 9)), T((2, 2, 4, 5, 6))
SMALL_IMAGE, SMALL_VOLUME = T((2, 2, 4, 5)), T((1, 2, 3, 4, 3))

ROWS = [
    *(call(f"{kind}_pool{axes}d", input, 2, 1) for kind in ("max", "avg")
      for axes, input in ((1, LINE), (2, IMAGE), (3, VOLUME))),
    call("max_pool2d", IMAGE, 3, 2, 1, return_indices=True), call("max_pool3d", VOLUME, 2, 2, 1, 1, True, True),
    call("avg_pool2d", IMAGE, (3, 2), None, (1, 0), True, False), call("avg_pool3d", VOLUME, 2, divisor_override=3),
    call("lp_pool2d", IMAGE._replace(low=0.1), 2, 3, 1), call("lp_pool3d", VOLUME._replace(low=0.1), 1, 2),
    *(call(f"adaptive_{kind}_pool{axes}d", input, 3) for kind in ("avg", "max")
      for axes, input in ((1, LINE), (2, IMAGE), (3, VOLUME))),
    call("adaptive_avg_pool2d", IMAGE, (None, 1)), call("adaptive_max_pool2d", IMAGE, (3, 2), True),
    *(call(f"{kind}_pool3d", SMALL_VOLUME, 2, 1) for kind in ("max", "avg")),
    *(call(f"adaptive_{kind}_pool{axes}d", input, 2) for kind in ("avg", "max")
      for axes, input in ((2, SMALL_IMAGE), (3, SMALL_VOLUME))),
    call("lp_pool2d", SMALL_IMAGE._replace(low=0.1), 2, 2), call("lp_pool3d", SMALL_VOLUME._replace(low=0.1), 2, 2),
    call("max_unpool2d", T(values=[[[5]]]), T(dtype="int64", values=[[[2]]]), 2),
    call("max_unpool3d", T(values=[[[[5]]]]), T(dtype="int64", values=[[[[6]]]]), 2),
    call("fractional_max_pool3d", VOLUME, 2, 2, return_indices=True, _random_samples=T((2, 2, 3), low=0, high=1)),
]  # fmt: skip

BY_HAND = [
    (call("max_pool2d", SQUARE, 2), [[[5, 6], [7, 8]]]),
    (call("max_pool1d", T(values=[[3, 1, NAN, 2]]), 2), [[3, NAN]]),
    (call("max_pool1d", T(values=[[-1, -2, -3]]), 2, 1, 1), [[-1, -1, -2, -3]]),
    (call("max_pool1d", T(values=[[1, 2]]), 2, 1, 1, 3), [[-INF]]),
    (call("avg_pool1d", T(values=[[2, 4, 6, 8]]), 2), [[3, 7]]),
    (call("avg_pool1d", T(dtype="int64", values=[[3, 4, -3, -4]]), 2), [[3, -3]]),
    (call("avg_pool2d", T(dtype="int64", values=[[[3, 4], [-3, 4]]]), 2, divisor_override=-3), [[[-2]]]),
    (call("lp_pool1d", T(dtype="int32", values=[[3, 4, 0, 5]]), 2.0, 2), [[5, 5]]),
    (call("avg_pool1d", T(values=[[2, 4, 6]]), 2, 2, 1), [[1, 5]]),
    (call("avg_pool1d", T(values=[[2, 4, 6]]), 2, 2, 1, False, False), [[2, 5]]),
    (call("avg_pool2d", SQUARE, 2, divisor_override=2), [[[5.5, 6], [6.5, 7.5]]]),
    (call("lp_pool1d", T(values=[[3, 4, 0, 5]]), 2, 2), [[5, 5]]),
    (call("adaptive_avg_pool1d", T(values=[[1, 2, 3, 4, 5]]), 2), [[2, 4]]),
    (call("adaptive_max_pool1d", T(values=[[1, 5, 3, 4, 2]]), 3), [[5, 5, 4]]),
    (call("max_unpool1d", T(values=[[5, 7]]), T(dtype="int64", values=[[1, 2]]), 2), [[0, 5, 7, 0]]),
    (call("fractional_max_pool2d", SQUARE, 2, 1, _random_samples=T(values=[[[0.5, 0.5]]])), [[[8]]]),
]  # fmt: skip

REFUSED = [
    (call("max_pool2d", T((8, 9)), 2),
     "max_pool2d wants an input of 4 axes (N, C, H, W) or 3 (C, H, W) and gets (8, 9)"),
    (call("max_pool2d", T((2, 0, 8, 9)), 2),
     "max_pool2d wants at least one element of every axis but the batch and gets (2, 0, 8, 9)"),
    (call("max_pool2d", T((1, 8, 9), "bool"), 2), "max_pool2d wants numbers and gets bool"),
    (call("max_pool2d", IMAGE, 0), "kernel_size must be at least 1, not 0"),
    (call("max_pool2d", IMAGE, (2, 2), (1, 0)), "stride must be at least 1, not (1, 0)"),
    (call("max_pool2d", IMAGE, 2, padding=-1), "padding must be at least 0, not -1"),
    (call("max_pool2d", IMAGE, 3, padding=2), "padding may be at most half of kernel_size: 1 for 3, not 2"),
    (call("max_pool2d", IMAGE, (1, 2, 3)), "kernel_size wants one whole number or 2, not (1, 2, 3)"),
    (call("max_pool2d", IMAGE, 9), "max_pool2d has a window of 9 and its input only 8 elements of an axis"),
    (call("avg_pool2d", T((1, 8, 9), "int32"), 2), "avg_pool2d wants numbers with fractions and gets int32"),
    (call("avg_pool2d", IMAGE, 2, divisor_override=0), "divisor_override must not be 0"),
    (call("adaptive_avg_pool2d", IMAGE, (1, 2, 3)),
     "output_size wants one whole number or 2, with None to keep a size, not (1, 2, 3)"),
    (call("adaptive_max_pool2d", IMAGE, -1), "output_size must be at least 0, not -1"),
    (call("avg_pool3d", VOLUME, 5, padding=2, ceil_mode=True),
     "avg_pool3d has a kernel of 5 and its input only 4 elements of an axis"),
    (call("max_unpool1d", LINE, T((2, 3, 9), "int32"), 2), "max_unpool1d wants indices of int64 and gets int32"),
    (call("max_unpool1d", LINE, T((2, 3, 8), "int64"), 2),
     "max_unpool1d wants indices of the input's shape (2, 3, 9) and gets (2, 3, 8)"),
    (call("max_unpool1d", LINE, T((2, 3, 9), "int64", low=0), 2, output_size=(20,)),
     "output_size must lie between 16 and 20, not 20"),
    (call("max_unpool1d", LINE, T((2, 3, 9), "int64", low=0), 2, output_size=(2, 20)),
     "output_size wants 1 or 3 sizes, not (2, 20)"),
    (call("fractional_max_pool2d", IMAGE, 2), "output_size or output_ratio must be given"),
    (call("fractional_max_pool2d", IMAGE, 2, output_ratio=(0.5, 1.5)),
     "output_ratio wants one number or 2 between 0 and 1, not (0.5, 1.5)"),
    (call("fractional_max_pool2d", IMAGE, 3, 7),
     "fractional_max_pool2d cannot place 7 windows of 3 over 8 elements: 7 + 3 - 1 > 8"),
    (call("fractional_max_pool2d", IMAGE, 2, 3, _random_samples=T((1, 3, 2))),
     "fractional_max_pool2d wants _random_samples of (2, 3, 2) in float32 and gets (1, 3, 2) in float32"),
    (call("adaptive_avg_pool1d", LINE, None), "output_size wants one whole number, not None"),
    (call("adaptive_max_pool2d", IMAGE, None),
     "output_size wants one whole number or 2, with None to keep a size, not None"),
    (call("max_pool1d", T((2, 3, 9), "int64"), 2), "max_pool1d wants numbers with fractions and gets int64"),
    (call("lp_pool1d", LINE, 2.0, (2,)), "kernel_size wants one whole number, not (2,)"),
    (ours(call("lp_pool1d", LINE, 0, 2)), "norm_type must not be 0"),
]  # fmt: skip

TABLE = Table(ROWS, BY_HAND, refused=REFUSED, tolerance=1e-6)
