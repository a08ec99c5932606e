"""Linear layers."""

from tests.cases import case

CASES = [
    case("Linear(5, 3)", (2, 5), output=(2, 3), params=18),
    case("Linear(5, 3, bias=False)", (2, 4, 5), output=(2, 4, 3), params=15),
    case("Linear(5, 3)", (5,), output=(3,), params=18, batched=False),
    case("Linear(5, 3)", (0, 5), output=(0, 3), params=18),
    case("Identity(54, unused=1)", (2, 3), output=(2, 3)),
    case("Sequential(Linear(5, 3), Linear(3, 2))", (2, 5), output=(2, 2), params=26),
]
