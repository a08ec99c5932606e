"""Normalisation without running statistics."""

from tests.cases import case

CASES = [
    case("LayerNorm(5)", (2, 3, 5), output=(2, 3, 5), params=10),
    case("LayerNorm((3, 5), eps=0.001)", (2, 3, 5), output=(2, 3, 5), params=30),
    case("LayerNorm([5], bias=False)", (2, 5), output=(2, 5), params=5),
    case("LayerNorm((4,), elementwise_affine=False)", (4,), output=(4,), batched=False),
    case("LayerNorm(5)", (0, 5), output=(0, 5), params=10),
    case("RMSNorm(5)", (2, 3, 5), output=(2, 3, 5), params=5),
    case("RMSNorm((3, 5), 0.001)", (2, 3, 5), output=(2, 3, 5), params=15),
    case("RMSNorm(5, elementwise_affine=False)", (5,), output=(5,), batched=False),
    case("GroupNorm(2, 4)", (2, 4, 5), output=(2, 4, 5), params=8),
    case("GroupNorm(1, 4, affine=False)", (2, 4, 5, 3), output=(2, 4, 5, 3)),
    case("GroupNorm(4, 4, 0.1)", (2, 4), output=(2, 4), params=8, batched=False),
    case("GroupNorm(3, 6, bias=False)", (2, 6, 3), output=(2, 6, 3), params=6),
    case("GroupNorm(2, 4)", (0, 4, 5), output=(0, 4, 5), params=8),
    case("LocalResponseNorm(2)", (2, 5, 4), output=(2, 5, 4)),
    case("LocalResponseNorm(3, 0.1, 0.5, 2)", (2, 5, 4, 3), output=(2, 5, 4, 3)),
    case("LocalResponseNorm(4, alpha=1)", (2, 5, 4, 3, 2), output=(2, 5, 4, 3, 2)),
    case("CrossMapLRN2d(3)", (2, 5, 4, 3), output=(2, 5, 4, 3)),
    case("CrossMapLRN2d(4, 0.1, 0.5, 2)", (2, 5, 4, 3), output=(2, 5, 4, 3)),
    case("CrossMapLRN2d(2, alpha=1)", (2, 5, 4, 3), output=(2, 5, 4, 3)),
    case("CrossMapLRN2d(9, alpha=1, k=0.5)", (2, 5, 4, 3), output=(2, 5, 4, 3)),
]  # fmt: skip
