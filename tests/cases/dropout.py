"""Dropout: nothing in evaluation, shapes only in training."""

from tests.cases import case

CASES = [
    case("Dropout()", (2, 3), output=(2, 3)),
    case("Dropout(0.3)", (2, 3), output=(2, 3), train=True),
    case("Dropout(p=1, inplace=True)", (2, 3), output=(2, 3), train=True),
    case("Dropout1d()", (2, 3, 4), output=(2, 3, 4)),
    case("Dropout1d(0.3)", (2, 3, 4), output=(2, 3, 4), train=True),
    case("Dropout1d(p=1, inplace=True)", (2, 3, 4), output=(2, 3, 4), train=True),
    case("Dropout2d()", (2, 3, 4, 5), output=(2, 3, 4, 5)),
    case("Dropout2d(0.3)", (2, 3, 4, 5), output=(2, 3, 4, 5), train=True),
    case("Dropout2d(p=1, inplace=True)", (2, 3, 4, 5), output=(2, 3, 4, 5), train=True),
    case("Dropout3d()", (2, 3, 2, 4, 5), output=(2, 3, 2, 4, 5)),
    case("Dropout3d(0.3)", (2, 3, 2, 4, 5), output=(2, 3, 2, 4, 5), train=True),
    case("Dropout3d(p=1, inplace=True)", (2, 3, 2, 4, 5), output=(2, 3, 2, 4, 5), train=True),
    case("AlphaDropout()", (2, 3), output=(2, 3)),
    case("AlphaDropout(0.3)", (2, 3), output=(2, 3), train=True),
    case("AlphaDropout(p=1, inplace=True)", (2, 3), output=(2, 3), train=True),
    case("FeatureAlphaDropout()", (2, 3, 4), output=(2, 3, 4)),
    case("FeatureAlphaDropout(0.3)", (2, 3, 4), output=(2, 3, 4), train=True),
    case("FeatureAlphaDropout(p=1, inplace=True)", (2, 3, 4), output=(2, 3, 4), train=True),
]  # fmt: skip
