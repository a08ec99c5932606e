"""The bilinear layer."""

from tests.cases import case

CASES = [
    case("Bilinear(3, 4, 5)", (2, 3), (2, 4), output=(2, 5), params=65),
    case("Bilinear(3, 4, 5, bias=False)", (2, 6, 3), (2, 6, 4), output=(2, 6, 5), params=60),
    case("Bilinear(3, 4, 5)", (3,), (4,), output=(5,), params=65, batched=False),
    case("Bilinear(3, 4, 5)", (0, 3), (0, 4), output=(0, 5), params=65),
]  # fmt: skip
