"""Distance and similarity."""

from tests.cases import case

CASES = [
    case("PairwiseDistance()", (2, 5), (2, 5), output=(2,)),
    case("PairwiseDistance(1.5, 0.1, True)", (2, 5), (1, 5), output=(2, 1), batched=False),
    case("PairwiseDistance(p=1)", (5,), (5,), output=(), batched=False),
    case("PairwiseDistance()", (0, 5), (0, 5), output=(0,)),
    case("CosineSimilarity()", (2, 5, 3), (2, 5, 3), output=(2, 3)),
    case("CosineSimilarity(dim=0, eps=0.5)", (5,), (5,), output=(), batched=False),
    case("CosineSimilarity(-1)", (2, 1, 5), (2, 3, 5), output=(2, 3)),
    case("CosineSimilarity()", (0, 5), (0, 5), output=(0,)),
]  # fmt: skip
