"""Activations, softmax and its relatives."""

from __future__ import annotations

import math

from tests.ops.table import T, Table, call

NAN, INF = float("nan"), float("inf")
X = T((2, 3, 4))

ELEMENTWISE = {
    "relu": [()], "relu6": [()], "sigmoid": [()], "tanh": [()], "logsigmoid": [()], "selu": [()], "silu": [()],
    "mish": [()], "softsign": [()], "tanhshrink": [()], "hardsigmoid": [()], "hardswish": [()],
    "hardtanh": [(), (-0.5, 2.0)], "leaky_relu": [(), (0.3,), (-0.2,), (2.0,)], "elu": [(), (0.5,)],
    "celu": [(), (2.0,), (-0.5,)], "softplus": [(), (2.0, 1.5), (0.5, 20.0)], "softshrink": [(), (0.0,), (1.5,)],
    "hardshrink": [(), (1.0,)], "threshold": [(0.1, 20.0), (-1.0, 0.0)], "rrelu": [(), (0.1, 0.5)],
    "gelu": [()],
}  # fmt: skip
ALONG_AN_AXIS = [
    *(call(name, X, *args) for name in ("softmax", "log_softmax", "softmin") for args in [(1,), (-1,), (), (0,)]),
    call("softmax", T((2, 5)), 1, dtype="float64"), call("log_softmax", T((4,), "int64"), 0, dtype="float32"),
    call("softmax", T(()), 0), call("softmax", T((2, 0)), 1), call("log_softmax", T((0, 2)), 1),
    call("softmax", T(values=[1e4, -1e4, 0]), 0), call("log_softmax", T(values=[1e4, -1e4, 0]), 0),
    call("softmax", T(values=[-INF, -INF]), 0), call("softmax", T(values=[-INF, 1]), 0),
    call("softmax", T((2,), "float16"), 0),
    call("glu", T((2, 4))), call("glu", T((4, 3)), 0), call("glu", T((2, 6, 0)), 1),
    call("normalize", X), call("normalize", X, 1, 0), call("normalize", X, 3.0, -1), call("normalize", X, INF, 2),
    call("normalize", X, 0.5, (0, 1)), call("normalize", T(values=[[0, 0]]), dim=1),
    call("prelu", X, T((3,))), call("prelu", X, T((1,))), call("prelu", T((5,)), T((1,))),
    call("prelu", T((2, 3)), T((3,))),
]  # fmt: skip

BY_HAND = [
    (call("relu", T(values=[-1, 0, 2])), [0, 0, 2]),
    (call("sigmoid", T(values=[0, -INF, INF])), [0.5, 0, 1]),
    (call("hardtanh", T(values=[-3, 0.5, 3])), [-1, 0.5, 1]),
    (call("leaky_relu", T(values=[-2, 2]), 0.5), [-1, 2]),
    (call("elu", T(values=[-INF, 2]), 3.0), [-3, 2]),
    (call("softplus", T(values=[0, 30])), [math.log(2), 30]),
    (call("softshrink", T(values=[-2, 0.2, 2])), [-1.5, 0, 1.5]),
    (call("hardshrink", T(values=[-2, 0.2, 2])), [-2, 0, 2]),
    (call("threshold", T(values=[1, 2, 3]), 2, 9), [9, 9, 3]),
    (call("gelu", T(values=[0, 100, -100])), [0, 100, 0]),
    (call("softmax", T(values=[0, 0]), 0), [0.5, 0.5]),
    (call("log_softmax", T(values=[1000, 1000]), 0), [-math.log(2)] * 2),
    (call("glu", T(values=[3, 0])), [1.5]),
    (call("normalize", T(values=[[3, 4]])), [[0.6, 0.8]]),
    (call("prelu", T(values=[[-1, -1]]), T(values=[2, 3])), [[-2, -3]]),
    (call("prelu", T(values=-2), T(values=[3])), -6),
    (call("threshold", T(dtype="int64", values=[1, 3]), 2.5, 0.0), [0, 3]),
]

REFUSED = [
    (call("gelu", X, "fast"), "approximate is 'none' or 'tanh', not 'fast'"),
    (call("gelu", T((2,), "int64")), "gelu wants numbers with fractions and gets int64"),
    (call("relu", T((2,), "bool")), "relu wants numbers and gets bool"),
    (call("softshrink", X, -1.0), "lambd must be at least 0, not -1.0"),
    (call("softmax", X, 3), "softmax wants dim from -3 to 2 and gets 3"),
    (call("softmax", T((2,), "int64"), 0), "softmax wants numbers with fractions and gets int64"),
    (call("glu", T((2, 3))), "glu halves axis 1, whose size 3 is odd: (2, 3)"),
    (call("glu", T(())), "glu wants a tensor of at least one axis and gets a single number"),
    (call("celu", X, 0), "alpha must not be 0"),
    (call("softsign", T((2,), "bool")), "softsign wants numbers and gets bool"),
    (call("threshold", T((2,), "bool"), 0.5, 1.0), "threshold wants numbers and gets bool"),
    (call("hardtanh", T((2,), "uint8")), "hardtanh wants numbers with a sign for min_val=-1.0 and gets uint8"),
    (call("prelu", X, T((4,))), "prelu has 4 slopes and its input 3 channels: (2, 3, 4)"),
    (call("prelu", X, T((1, 3))), "prelu wants a weight of at most 1 axis and gets (1, 3)"),
    (call("prelu", X, T((3,), "float64")), "prelu wants input and weight of one dtype and gets float32 and float64"),
    (call("threshold", X, 1.0), "threshold cannot be called so: missing a required argument: 'value'"),
    (call("leaky_relu", X, slope=1.0), "leaky_relu cannot be called so: got an unexpected keyword argument 'slope'"),
    (call("rrelu", X, 0.5, 0.1, True), "lower must not be above upper, 0.5 is above 0.1"),
]  # fmt: skip

CALLS = [call(name, X, *args) for name, several in ELEMENTWISE.items() for args in several]
ROWS = [*CALLS, *ALONG_AN_AXIS, call("gelu", X, approximate="tanh")]

TABLE = Table(ROWS, BY_HAND, refused=REFUSED, tolerance=1e-6)
