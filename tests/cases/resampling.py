"""Upsampling and shuffling."""

from tests.cases import case

CASES = [
    case("Upsample(scale_factor=2)", (2, 3, 5), output=(2, 3, 10)),
    case("Upsample(7, mode='linear')", (2, 3, 5), output=(2, 3, 7)),
    case("Upsample(scale_factor=2.5, mode='linear', align_corners=True)", (2, 3, 5), output=(2, 3, 12)),
    case("Upsample((7, 3))", (2, 3, 5, 4), output=(2, 3, 7, 3)),
    case("Upsample(scale_factor=(2, 1.5), mode='bilinear')", (2, 3, 5, 4), output=(2, 3, 10, 6)),
    case("Upsample(scale_factor=1.7, mode='bilinear', recompute_scale_factor=True)", (2, 3, 5, 4), output=(2, 3, 8, 6)),
    case("Upsample(9, None, 'bilinear', True)", (2, 3, 5, 4), output=(2, 3, 9, 9)),
    case("Upsample(scale_factor=2, mode='bicubic')", (2, 3, 5, 4), output=(2, 3, 10, 8)),
    case("Upsample((3, 9), mode='bicubic', align_corners=True)", (2, 3, 5, 4), output=(2, 3, 3, 9)),
    case("Upsample(6, mode='nearest-exact')", (2, 3, 5, 4), output=(2, 3, 6, 6)),
    case("Upsample((2, 3), mode='area')", (2, 3, 5, 4), output=(2, 3, 2, 3)),
    case("Upsample(scale_factor=2)", (2, 3, 2, 3, 2), output=(2, 3, 4, 6, 4)),
    case("Upsample((4, 2, 5), mode='trilinear')", (2, 3, 2, 3, 2), output=(2, 3, 4, 2, 5)),
    case("Upsample(scale_factor=3, mode='trilinear', align_corners=True)", (0, 3, 2, 3, 2), output=(0, 3, 6, 9, 6)),
    case("UpsamplingNearest2d(scale_factor=2)", (2, 3, 5, 4), output=(2, 3, 10, 8)),
    case("UpsamplingNearest2d((7, 3))", (2, 3, 5, 4), output=(2, 3, 7, 3)),
    case("UpsamplingBilinear2d(scale_factor=2)", (2, 3, 5, 4), output=(2, 3, 10, 8)),
    case("UpsamplingBilinear2d(size=3)", (2, 3, 5, 4), output=(2, 3, 3, 3)),
    case("PixelShuffle(2)", (2, 8, 3, 4), output=(2, 2, 6, 8)),
    case("PixelShuffle(3)", (9, 3, 4), output=(1, 9, 12), batched=False),
    case("PixelShuffle(1)", (0, 2, 3, 4), output=(0, 2, 3, 4)),
    case("PixelUnshuffle(2)", (2, 3, 4, 6), output=(2, 12, 2, 3)),
    case("PixelUnshuffle(3)", (2, 3, 6), output=(18, 1, 2), batched=False),
    case("ChannelShuffle(2)", (2, 6, 3), output=(2, 6, 3)),
    case("ChannelShuffle(3)", (2, 6, 3, 4), output=(2, 6, 3, 4)),
    case("ChannelShuffle(1)", (0, 6, 3, 4), output=(0, 6, 3, 4)),
]  # fmt: skip
