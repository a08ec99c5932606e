"""Random tensors and choices."""

from __future__ import annotations

from tests.ops.table import T, Table, call, ours

X, P = T((2, 3)), T((2, 3), low=0, high=1)

ROWS = [
    *(ours(call(name, *sizes)) for name in ("randn", "rand") for sizes in [(2, 3), ((2, 3),), (), (0, 2), ((),)]),
    *(ours(call(name, 2, dtype="float64")) for name in ("randn", "rand")),
    *(ours(call(name, X)) for name in ("randn_like", "rand_like")),
    *(ours(call(name, T((2,), "int64"), dtype="float16")) for name in ("randn_like", "rand_like")),
    ours(call("bernoulli", P)), ours(call("bernoulli", T((4,), "float64", low=0, high=1))),
    ours(call("bernoulli", X, 0.5)), ours(call("bernoulli", T((2,), "int64"), p=0.5)),
    ours(call("multinomial", P, 2)), ours(call("multinomial", T((5,), low=0), 7, True)),
    ours(call("multinomial", T((2, 4), "float64", low=0), 3, replacement=True)),
]  # fmt: skip

BY_HAND = [
    (call("bernoulli", T(values=[0, 1, 1])), [0, 1, 1]),
    (call("bernoulli", X, 0.0), [[0] * 3] * 2),
    (call("multinomial", T(values=[[0, 2, 0], [0, 0, 3]]), 1), [[1], [2]]),
    (call("multinomial", T(values=[0, 0.5, 0]), 3, True), [1, 1, 1]),
]

REFUSED = [
    (call("randn", 2, dtype="int64"), "randn wants numbers with fractions and gets int64"),
    (call("rand", -1), "rand wants sizes of at least 0 and gets (-1,)"),
    (call("rand_like", T((2,), "int64")), "rand_like wants numbers with fractions and gets int64"),
    (call("bernoulli", T((2,), "int64")), "bernoulli wants numbers with fractions and gets int64"),
    (call("bernoulli", X, 1.5), "p is a probability between 0 and 1, not 1.5"),
    (call("multinomial", T((2,), "int64"), 1), "multinomial wants numbers with fractions and gets int64"),
    (call("multinomial", P, 0), "multinomial wants num_samples from 1 to 3 and gets 0"),
    (call("multinomial", P, 4), "multinomial wants num_samples from 1 to 3 and gets 4"),
    (call("multinomial", P, 0, True), "multinomial wants num_samples from 1 and gets 0"),
    (call("multinomial", T((1, 2, 3)), 1), "multinomial wants weights (C) or (N, C) and gets (1, 2, 3)"),
]

REFUSED_BY_DATA = [
    (call("bernoulli", T(values=[0.5, 2])), "bernoulli wants probabilities between 0 and 1"),
    (call("multinomial", T(values=[0, 0]), 1), "multinomial wants weights of at least 0, not all of them 0"),
    (call("multinomial", T(values=[1, -1]), 1), "multinomial wants weights of at least 0, not all of them 0"),
]

TABLE = Table(ROWS, BY_HAND, refused=REFUSED, refused_by_data=REFUSED_BY_DATA)
