"""Dropout in its forms."""

from __future__ import annotations

from tests.ops.table import T, Table, call, ours

X = T((2, 3, 4))
FORMS = ["dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"]
INPUTS = {"dropout2d": T((2, 3, 4, 2)), "dropout3d": T((2, 3, 2, 2, 2))}

ROWS = [
    *(call(form, INPUTS.get(form, X), 0.5, False) for form in FORMS),
    *(ours(call(form, INPUTS.get(form, X), 0.5, True)) for form in FORMS),  # drawn at random
]

REFUSED = [
    (call("dropout", T((2,)), 1.5), "p is a probability between 0 and 1, not 1.5"),
    (call("dropout1d", T((2, 3, 4, 5))), "dropout1d wants an input (N, C, L) or (C, L) and gets (2, 3, 4, 5)"),
    (call("feature_alpha_dropout", T((2,)), 0.5, True),
     "feature_alpha_dropout wants an input of at least 2 axes (N, C, ...) and gets (2,)"),
]  # fmt: skip

TABLE = Table(ROWS, refused=REFUSED)
