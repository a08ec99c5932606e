"""Lazy layers: their parameters are counted after a trace."""

from tests.cases import case

CASES = [
    case("LazyLinear(3)", (2, 5), output=(2, 3), params=18),
    case("LazyLinear(3, bias=False)", (5,), output=(3,), params=15, batched=False),
    case("LazyConv1d(6, 3)", (2, 4, 9), output=(2, 6, 7), params=78),
    case("LazyConv2d(6, 3, stride=2, groups=2)", (2, 4, 9, 8), output=(2, 6, 4, 3), params=114),
    case("LazyConv2d(6, 3, padding='same', bias=False)", (4, 5, 5), output=(6, 5, 5), params=216, batched=False),
    case("LazyConv3d(4, 3, 1, 1)", (2, 2, 3, 4, 3), output=(2, 4, 3, 4, 3), params=220),
    case("LazyConvTranspose1d(6, 3)", (2, 4, 9), output=(2, 6, 11), params=78),
    case("LazyConvTranspose2d(6, 3, 2, 1, 1, groups=2)", (2, 4, 5, 4), output=(2, 6, 10, 8), params=114),
    case("LazyConvTranspose3d(4, 3)", (2, 2, 3, 2, 4), output=(2, 4, 5, 4, 6), params=220),
    case("LazyBatchNorm1d()", (4, 3), output=(4, 3), params=6),
    case("LazyBatchNorm1d(affine=False)", (4, 3, 5), output=(4, 3, 5)),
    case("LazyBatchNorm2d(1e-3, 0.2)", (4, 3, 5, 4), output=(4, 3, 5, 4), params=6, train=True),
    case("LazyBatchNorm3d(track_running_stats=False)", (4, 3, 2, 5, 4), output=(4, 3, 2, 5, 4), params=6,
         batched=False),
    case("LazyInstanceNorm1d()", (4, 3, 5), output=(4, 3, 5), params=6),
    case("LazyInstanceNorm2d(affine=False)", (4, 3, 5, 4), output=(4, 3, 5, 4)),
    case("LazyInstanceNorm3d(track_running_stats=False)", (4, 3, 2, 5, 4), output=(4, 3, 2, 5, 4), params=6),
]  # fmt: skip
