"""New tensors and other dtypes."""

from __future__ import annotations

from nnbuild.ops.spec import ITEM_SIZES
from tests.ops.table import T, Table, call, ours

X, I, V = T((2, 3)), T((2, 3), "int64"), T((3,))

CASTS = ["half", "float", "double", "byte", "short", "int", "long", "bool", "cfloat", "cdouble"]

ROWS = [
    call("zeros", 2, 3), call("zeros", (2, 3)), call("zeros", [2], dtype="int64"), call("zeros", ()),
    call("ones", 0, 2),
    call("ones", 2, dtype="bool"), call("full", (2, 3), 1.5), call("full", (2,), 1), call("full", (2,), True),
    call("full", (), 1, dtype="float64"), call("full", [2], 0.5, device="cpu", requires_grad=False),
    call("zeros_like", X, memory_format="preserve_format"), call("to", X, "float64", memory_format="preserve_format"),
    call("zeros_like", X), call("ones_like", I), call("zeros_like", X, dtype="bool"), call("full_like", X, 2),
    call("full_like", I, 2.5, dtype="float64"), call("full_like", I, 2), call("new_zeros", X, 2, 2),
    call("new_ones", I, (1, 2)),
    call("new_full", I, (2,), 3), call("new_full", X, (2,), 3, dtype="int32"),
    call("new_zeros", X, (2,), dtype="float64"),
    call("arange", 5), call("arange", 1, 5), call("arange", 1, 6, 2), call("arange", 5.0), call("arange", 0, 1, 0.25),
    call("arange", 5, 0, -2), call("arange", 3, dtype="float32"), call("arange", 0), call("arange", 2, 2),
    call("arange", 0, 5, dtype="int32"),
    call("linspace", 0, 1, 5), call("linspace", 1, -1, 3, dtype="float64"), call("linspace", 0, 1, 1),
    call("linspace", 0, 1, 0),
    call("eye", 3), call("eye", 2, 3), call("eye", 2, dtype="int64"), call("tensor", [1, 2]),
    call("tensor", [[1.5, 2], [3, 4]]),
    call("tensor", [True, False]), call("tensor", 5), call("tensor", []), call("tensor", [1, 2.5]),
    call("tensor", [[]]),
    call("tensor", [1, 2], dtype="float64"), call("tensor", ((1, 2), (3, 4))), call("tensor", [True, 2]),
    call("tril_indices", 3, 3), call("tril_indices", 2, 4, 1), call("tril_indices", 4, 2, -1),
    call("triu_indices", 3, 3, 1),
    call("triu_indices", 4, 2, -1), call("triu_indices", 2, 4, 3), call("tril_indices", 3, 0),
    call("meshgrid", V, T((2,)), indexing="ij"), call("meshgrid", V, T((2,)), T((4,)), indexing="xy"),
    call("meshgrid", V, indexing="xy"),
    call("meshgrid", T((3,), "int64"), T((), "int64"), indexing="ij"), call("meshgrid", [V, V], indexing="ij"),
    call("to", X, "float64"), call("to", I, "float32"), call("to", X, I), call("to", X, dtype="int32"),
    call("to", X, "cpu"),
    call("to", X, device="cpu"), call("to", X, "cpu", "float16"), call("type_as", I, X),
    *(call(name, T((3,), low=0)) for name in CASTS), *(call(name, I) for name in CASTS if name != "byte"),
]  # fmt: skip

BY_HAND = [
    (call("arange", 1, 6, 2), [1, 3, 5]),
    (call("arange", 3), [0, 1, 2]),
    (call("linspace", 0, 1, 3), [0, 0.5, 1]),
    (call("eye", 2), [[1, 0], [0, 1]]),
    (call("full", (2,), 7), [7, 7]),
    (ours(call("empty", 2)), [0, 0]),
    (ours(call("empty_like", X)), [[0, 0, 0], [0, 0, 0]]),
    (ours(call("new_empty", X, 1)), [0]),
    (call("tril_indices", 2, 2), [[0, 1, 1], [0, 0, 1]]),
    (call("triu_indices", 2, 2), [[0, 0, 1], [0, 1, 1]]),
    (call("tensor", [[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
    (call("to", T(values=[1.7, -1.7]), "int64"), [1, -1]),
    (call("bool", T(values=[0, 2])), [False, True]),
    (call("to", T(values=[1.5]), "float16", copy=True), [1.5]),
]

REFUSED = [
    (call("zeros", -1), "zeros wants sizes of at least 0 and gets (-1,)"),
    (call("zeros", 2.5), "size wants a whole number, not 2.5"),
    (call("arange", 0, 5, -1), "arange cannot go from 0 to 5 in steps of -1"),
    (call("arange", 0, 5, 0), "arange cannot go from 0 to 5 in steps of 0"),
    (call("linspace", 0, 1, -1), "linspace wants sizes of at least 0 and gets (-1,)"),
    (call("tensor", [[1, 2], [3]]), "tensor wants lists of one length and gets (1,) and (2,)"),
    (call("tensor", ["a"]), "an operand must be a tensor or a number, not 'a'"),
    (call("meshgrid", X, indexing="ij"), "meshgrid wants one or more vectors"),
    (
        call("meshgrid", V, T((3,), "int64"), indexing="ij"),
        "meshgrid wants vectors of one dtype and gets float32, int64",
    ),
    (call("meshgrid", V, indexing="ab"), 'indexing wants "ij" or "xy", not \'ab\''),
    (call("to", X, "cuda:0"), "device wants 'cpu', not 'cuda:0': everything is computed there"),
    (call("to", X, device="tpu"), "device wants 'cpu', not 'tpu'"),
    (call("to", X, "float31"), f"dtype wants one of {', '.join(ITEM_SIZES)}, not 'float31'"),
]

TABLE = Table(ROWS, BY_HAND, refused=REFUSED)
