"""Padding, resampling, shuffling and folding."""

from __future__ import annotations

from tests.ops.table import T, Table, call, ours

LINE, IMAGE, VOLUME = T((2, 3, 5)), T((2, 4, 6, 5)), T((1, 2, 3, 4, 3))
SMALL = T((1, 2, 3, 4))
ABC = T(values=[[1, 2, 3]])

ROWS = [
    call("upsample", IMAGE, scale_factor=2), call("upsample_nearest", LINE, 7),
    *(call(name, IMAGE, *args, **options) for name in ("upsample_nearest", "upsample_bilinear")
      for args, options in [((7,), {}), ((), {"scale_factor": 2})]),
    *(call(name, SMALL, 1) for name in ("pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "unfold")),
    call("upsample", SMALL, scale_factor=2), call("upsample_bilinear", SMALL, (7, 5)),
    *(call("interpolate", SMALL, (5, 3), mode=mode) for mode in ("nearest-exact", "bilinear", "bicubic", "area")),
    call("interpolate", SMALL, (2, 9), mode="bilinear", align_corners=True),
    *(call("interpolate", T((1, 1, 7, 9)), (3, 4), mode=mode, antialias=True) for mode in ("bilinear", "bicubic")),
    *(call("pad", SMALL, (2, 1, 1, 2), mode) for mode in ("reflect", "replicate", "circular", "constant")),
]  # fmt: skip

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
     "pad wants at least one element of every axis but the batch and gets (2, 0, 5)"),
    (call("interpolate", IMAGE, scale_factor=2.0**62),
     f"interpolate makes more elements than can be numbered: ({6 * 2**62}, {5 * 2**62})"),
    (call("pad", T((0, 5)), (1, 1), "replicate"),
     "pad wants at least one element of every axis but the batch and gets (0, 5)"),
    (call("pad", LINE, (-3, -2), "replicate"), "pad leaves nothing of an axis of 5: (-3, -2)"),
    (call("pad", T((2, 3, 5), "bool"), (1, 1), "reflect"), "pad with mode='reflect' wants numbers and gets bool"),
    (call("pad", T((2, 3), "uint8"), (1, 1), "constant", -1), "value must be one that uint8 holds, not -1"),
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
    (call("upsample_bilinear", LINE, 7),
     "upsample_bilinear with mode='bilinear' wants an input of 4 axes (N, C, ...) and gets (2, 3, 5)"),
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
    (ours(call("pad", LINE, (-5, 1), "circular")),
     "pad crops (-5, 1) from an axis of 5, which leaves nothing to repeat"),
]  # fmt: skip

TABLE = Table(ROWS, BY_HAND, refused=REFUSED, tolerance=1e-6)
