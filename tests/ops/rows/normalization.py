"""Normalisation."""

from __future__ import annotations

from tests.ops.table import T, Table, call, ours

X, C = T((2, 4, 3, 5)), T((4,))
V = T((4,), low=0.1)

BY_HAND = [
    (ours(call("cross_map_lrn2d", T(values=[[[[1]], [[2]]]]), 3, 3.0, 1.0)), [[[[1 / 6]], [[1 / 3]]]]),
    (call("batch_norm", T(values=[[1], [3]]), None, None, training=True, eps=1e-9), [[-1], [1]]),
    (call("batch_norm", T(values=[[5]]), T(values=[1]), T(values=[4]), T(values=[3]), T(values=[7]), eps=0.0), [[13]]),
    (call("instance_norm", T(values=[[[1, 3]]]), eps=0.0), [[[-1, 1]]]),
    (call("layer_norm", T(values=[[1, 3]]), (2,), T(values=[2, 2]), T(values=[1, 1]), 0.0), [[-1, 3]]),
    (call("group_norm", T(values=[[1, 3, 10, 10]]), 2), [[-1, 1, 0, 0]]),
    (call("rms_norm", T(values=[[3, 4]]), (2,), eps=0.0), [[3 / 12.5**0.5, 4 / 12.5**0.5]]),
    (call("local_response_norm", T(values=[[[1], [2]]]), 2, 1.0, 1.0, 1.0), [[[1 / 1.5], [2 / 3.5]]]),
    (call("local_response_norm", T(dtype="int64", values=[[[1], [2]]]), 2, 1.0, 1.0, 1.0), [[[1.0], [2 / 3]]]),
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
    (call("layer_norm", T((2, 4), "float64"), 4, T((4,))),
     "layer_norm wants input and weight of one dtype and gets float64 and float32"),
    (call("group_norm", T((1, 2, 1)), 2), "group_norm wants more than 1 value a group and gets (1, 2, 1)"),
    (call("instance_norm", T((0, 2, 3)), weight=T((2,))),
     "instance_norm wants at least one element of the batch and gets (0, 2, 3)"),
    (call("batch_norm", T((2, 3)), T((3,)), T((3,)), eps=-1.0), "eps must be at least 0, not -1.0"),
    (call("local_response_norm", T((2, 4)), 2),
     "local_response_norm wants an input of at least 3 axes (N, C, L) and gets (2, 4)"),
    (ours(call("cross_map_lrn2d", T((2, 4, 3)), 2)),
     "cross_map_lrn2d wants an input of 4 axes (N, C, H, W), at least one channel, and gets (2, 4, 3)"),
    (ours(call("cross_map_lrn2d", T((2, 4, 3, 3)), 0)), "size must be at least 1, not 0"),
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

TABLE = Table(ROWS, BY_HAND, refused=REFUSED, tolerance=1e-5)
