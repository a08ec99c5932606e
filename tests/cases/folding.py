"""Unfold and Fold."""

from tests.cases import case

CASES = [
    case("Unfold(3)", (2, 3, 5, 6), output=(2, 27, 12)),
    case("Unfold((2, 3), (1, 2), (1, 0), (2, 1))", (2, 3, 5, 6), output=(2, 18, 6)),
    case("Unfold(2)", (3, 5, 6), output=(12, 20), batched=False),
    case("Unfold(2)", (0, 3, 5, 6), output=(0, 12, 20)),
    case("Fold(5, 2)", (2, 12, 16), output=(2, 3, 5, 5)),
    case("Fold((5, 6), (2, 3), (1, 2), (1, 0), (2, 1))", (2, 18, 6), output=(2, 3, 5, 6)),
    case("Fold((4, 5), 2, stride=2, padding=1)", (8, 9), output=(2, 4, 5), batched=False),
    case("Fold(5, 2)", (0, 12, 16), output=(0, 3, 5, 5)),
]  # fmt: skip
