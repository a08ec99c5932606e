"""Convolution and transposed convolution."""

from __future__ import annotations

from tests.ops.table import T, Table, call

LINE, IMAGE, VOLUME = T((2, 4, 9)), T((1, 4, 5, 5)), T((1, 2, 4, 5, 3))
KERNEL = T((6, 4, 3, 3))
NINE = T(values=[[[[0, 1, 2], [3, 4, 5], [6, 7, 8]]]])
CORNERS = T(values=[[[[1, 0], [0, -1]]]])

ROWS = [
    call("conv1d", LINE, T((6, 4, 3)), T((6,))), call("conv1d", LINE, T((6, 2, 3)), None, 2, 1, 1, 2),
    call("conv1d", T((4, 9)), T((4, 1, 2)), groups=4), call("conv1d", LINE, T((3, 4, 3)), dilation=2),
    call("conv2d", IMAGE, KERNEL, T((6,)), (2, 1), (1, 0)), call("conv2d", IMAGE, KERNEL, padding="same"),
    call("conv2d", T((0, 4, 5, 5)), KERNEL), call("conv2d", T((4, 5, 5)), KERNEL, padding="valid"),
    call("conv3d", VOLUME, T((3, 2, 2, 3, 1)), T((3,)), padding=1),
    call("conv3d", T((1, 2, 2, 3, 3)), T((2, 2, 1, 2, 2))),
    call("conv_transpose2d", T((1, 2, 3, 2)), T((2, 2, 2, 2))),
    call("conv_transpose3d", T((1, 2, 2, 3, 2)), T((2, 2, 2, 2, 2))),
    call("conv_transpose1d", LINE, T((4, 3, 2)), T((3,)), 2), call("conv_transpose1d", LINE, T((4, 2, 3)), groups=2),
    call("conv_transpose2d", IMAGE, T((4, 3, 3, 2)), None, (2, 1), (1, 0), (1, 0)),
    call("conv_transpose2d", T((4, 5, 5)), T((4, 3, 2, 2)), dilation=2),
    call("conv_transpose3d", VOLUME, T((2, 3, 2, 1, 2)), T((3,)), 2),
]  # fmt: skip

BY_HAND = [
    (call("conv2d", NINE, CORNERS), [[[[-4, -4], [-4, -4]]]]),
    (call("conv_transpose2d", NINE, CORNERS), [[[[0, 1, 2, 0], [3, 4, 4, -2], [6, 4, 4, -5], [0, -6, -7, -8]]]]),
]

MACS = [
    (call("conv2d", T((2, 4, 9, 8)), T((6, 2, 3, 3)), groups=2), 2 * 6 * 7 * 6 * 2 * 3 * 3),
    (call("conv_transpose2d", T((2, 4, 9, 8)), T((4, 3, 3, 3))), 2 * 4 * 9 * 8 * 3 * 3 * 3),
]

REFUSED = [
    (call("conv2d", T((4, 5)), KERNEL), "conv2d wants an input of 4 axes (N, C, H, W) or 3 (C, H, W) and gets (4, 5)"),
    (call("conv2d", T((1, 3, 5, 5)), KERNEL), "conv2d wants 4 input channels and gets 3: (1, 3, 5, 5)"),
    (call("conv2d", IMAGE, T((6, 4, 3))), "conv2d wants a weight of 4 axes and gets (6, 4, 3)"),
    (call("conv2d", IMAGE, KERNEL, T((5,))),
     "conv2d wants a bias of 6 elements, one an output channel, and gets (5,)"),
    (call("conv2d", IMAGE, KERNEL, groups=5), "groups=5 does not divide the 6 channels of the weight"),
    (call("conv2d", IMAGE, KERNEL, stride=0), "stride must be at least 1, not (0, 0)"),
    (call("conv2d", IMAGE, KERNEL, stride=(1, 2, 3)), "stride wants one whole number or 2, not (1, 2, 3)"),
    (call("conv2d", IMAGE, KERNEL, padding=-1), "padding must be at least 0, not -1"),
    (call("conv2d", IMAGE, KERNEL, padding="full"), "padding is a number, 'same' or 'valid', not 'full'"),
    (call("conv2d", IMAGE, KERNEL, padding="same", stride=2), "padding='same' needs stride 1"),
    (call("conv2d", IMAGE, T((0, 4, 3, 3))),
     "out_channels must be at least 1, not 0: the weight is (0, 4, 3, 3)"),
    (call("conv2d", IMAGE, T((6, 4, 3, 0))), "kernel_size must be at least 1, not (3, 0)"),
    (call("conv2d", IMAGE, KERNEL, dilation=3), "conv2d has a window of 7 and its input only 5 elements of an axis"),
    (call("conv2d", IMAGE, T((6, 4, 3, 3), "float64")),
     "conv2d wants input and weight of one dtype and gets float32 and float64"),
    (call("conv_transpose2d", IMAGE, T((4, 2, 3, 3)), stride=2, output_padding=2),
     "output_padding must be at least 0 and below the stride or the dilation, not 2"),
    (call("conv_transpose2d", T((1, 4, 1, 1)), T((4, 2, 1, 1)), padding=1),
     "conv_transpose2d leaves -1 elements of an axis"),
]  # fmt: skip

TABLE = Table(ROWS, BY_HAND, MACS, REFUSED)
