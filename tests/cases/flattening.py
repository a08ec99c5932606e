"""Flatten and Unflatten."""

from tests.cases import case

CASES = [
    case("Flatten()", (2, 3, 4, 5), output=(2, 60)),
    case("Flatten(2)", (2, 3, 4, 5), output=(2, 3, 20)),
    case("Flatten(1, 2)", (2, 3, 4, 5), output=(2, 12, 5)),
    case("Flatten(0)", (2, 3, 4), output=(24,), batched=False),
    case("Unflatten(1, (2, 3))", (4, 6, 5), output=(4, 2, 3, 5)),
    case("Unflatten(1, (2, -1))", (4, 6), output=(4, 2, 3)),
]  # fmt: skip
