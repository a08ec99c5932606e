"""Pooling to a given size."""

from tests.cases import case

CASES = [
    case("AdaptiveAvgPool1d(4)", (2, 4, 10), output=(2, 4, 4)),
    case("AdaptiveAvgPool1d(1)", (4, 9), output=(4, 1), batched=False),
    case("AdaptiveAvgPool2d(1)", (2, 4, 9, 8), output=(2, 4, 1, 1)),
    case("AdaptiveAvgPool2d((3, 5))", (2, 4, 9, 8), output=(2, 4, 3, 5)),
    case("AdaptiveAvgPool2d((None, 7))", (2, 4, 9, 8), output=(2, 4, 9, 7)),
    case("AdaptiveAvgPool2d(12)", (4, 9, 8), output=(4, 12, 12), batched=False),
    case("AdaptiveAvgPool2d((6, 6))", (0, 4, 9, 8), output=(0, 4, 6, 6)),
    case("AdaptiveAvgPool3d((2, 3, 4))", (2, 2, 5, 4, 6), output=(2, 2, 2, 3, 4)),
    case("AdaptiveMaxPool1d(4)", (2, 4, 10), output=(2, 4, 4)),
    case("AdaptiveMaxPool1d(3, return_indices=True)", (4, 9), output=[(4, 3), (4, 3)], batched=False),
    case("AdaptiveMaxPool2d((3, None))", (2, 4, 9, 8), output=(2, 4, 3, 8)),
    case("AdaptiveMaxPool2d(5, True)", (2, 4, 9, 8), output=[(2, 4, 5, 5), (2, 4, 5, 5)]),
    case("AdaptiveMaxPool2d(2)", (0, 4, 9, 8), output=(0, 4, 2, 2)),
    case("AdaptiveMaxPool3d((2, 3, 4), return_indices=True)", (2, 2, 5, 4, 6),
         output=[(2, 2, 2, 3, 4), (2, 2, 2, 3, 4)]),
]  # fmt: skip
