"""New tensors and other dtypes: values by hand and as PyTorch's; in a trace nothing is allocated."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnbuild
from nnbuild import ops
from nnbuild.errors import NnbuildError
from nnbuild.ops.spec import ITEM_SIZES
from tests.ops.rows import Row, T, agrees, call, computed, filled, ids, inferred, spec

X, I, V = T((2, 3)), T((2, 3), "int64"), T((3,))

CASTS = ["half", "float", "double", "byte", "short", "int", "long", "bool"]

ROWS = [
    call("zeros", 2, 3), call("zeros", (2, 3)), call("zeros", [2], dtype="int64"), call("zeros", ()),
    call("ones", 0, 2),
    call("ones", 2, dtype="bool"), call("full", (2, 3), 1.5), call("full", (2,), 1), call("full", (2,), True),
    call("full", (), 1, dtype="float64"), call("full", [2], 0.5, device="cpu", requires_grad=False),
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
    (call("empty", 2), [0, 0]),
    (call("empty_like", X), [[0, 0, 0], [0, 0, 0]]),
    (call("new_empty", X, 1), [0]),
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


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_shape_rule_is_the_computed_shape(row: Row) -> None:
    result = computed(row)
    rule = getattr(ops, row.op).infer(*filled(row.args, spec), **filled(row.options, spec))
    results, rules = (value if isinstance(value, tuple) else (value,) for value in (result, rule))
    assert [(part.shape, str(part.dtype)) for part in results] == [(part.shape, part.dtype) for part in rules]


@pytest.mark.parametrize(("row", "expected"), BY_HAND, ids=ids)
def test_values_by_hand(row: Row, expected: Any) -> None:
    np.testing.assert_array_equal(computed(row), expected)


@pytest.mark.parametrize(("row", "message"), REFUSED, ids=ids)
def test_refusals_say_why(row: Row, message: str) -> None:
    for way in (computed, inferred):
        with pytest.raises(NnbuildError) as caught:
            way(row)
        assert caught.value.message == message


def test_dtypes_by_all_their_names() -> None:
    for dtype, name in [("long", "int64"), ("half", "float16"), (float, "float64"), (bool, "bool"), (int, "int64")]:
        assert ops.zeros(2, dtype=dtype).dtype == name
    assert ops.zeros(2, dtype=np.float64).dtype == ops.zeros(2, dtype=np.dtype("float64")).dtype == "float64"


class _Ramp(nnbuild.nn.Module):
    def forward(self, x: Any) -> Any:
        huge = ops.zeros(10**6, 10**6)
        return x + ops.sum(huge) + ops.arange(3) + ops.to(ops.ones_like(x), "float64")


def test_in_a_trace_new_tensors_are_nodes() -> None:
    graph = nnbuild.trace(_Ramp(), ops.TensorSpec((2, 3)))
    assert [node.op.name for node in graph.nodes][:3] == ["zeros", "sum", "add"]
    assert graph.nodes[0].output.shape == (10**6, 10**6)
    assert (graph.result.shape, graph.result.dtype) == ((2, 3), "float64")


def test_shape_rules_need_no_numpy() -> None:
    program = """
import sys
from nnbuild import ops
x, i, b = ops.TensorSpec((2, 3)), ops.TensorSpec((2,), "int64"), ops.TensorSpec((2, 3), "bool")
for name, family in ops.OPS.items():
    getattr(ops, name)
calls = {
    "add": (x, 1), "clamp": (x, 0, 1), "where": (b, x, 0), "view": (x, -1), "cat": ([x, x],), "split": (x, 1),
     "roll": (x, 1),
    "getitem": (x, (slice(None), [0, 1])), "gather": (x, 0, ops.TensorSpec((1, 3), "int64")), "masked_fill": (x, b, 0),
    "one_hot": (i, 3), "sum": (x, 1), "norm": (x,), "max": (x, 1), "topk": (x, 2), "to": (x, "float64"),
     "zeros_like": (x,),
    "matmul": (x, ops.TensorSpec((3, 2))), "einsum": ("ij,ij->i", x, x), "scatter": (x, 0, ops.TensorSpec((1, 3),
     "int64"), 0),
}
for name, args in calls.items():
    getattr(ops, name)(*args)
ops.arange.infer(5), ops.tensor.infer([1, 2]), ops.tril_indices.infer(3, 3)
assert "numpy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.torch
def test_methods_are_those_of_torch_tensors() -> None:
    torch = pytest.importorskip("torch")
    others = {"where", "unfold"}  # whose methods take other arguments than the functions
    assert {name for name in ops.OPS if hasattr(torch.Tensor, name)} - others == ops.METHODS


@pytest.mark.torch
@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_as_torch(row: Row) -> None:
    assert agrees(row)


@pytest.mark.torch
@pytest.mark.parametrize("row", [row for row, _ in REFUSED], ids=ids)
def test_torch_refuses_too(row: Row) -> None:
    assert not agrees(row)


@pytest.mark.torch
@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(-5, 5) | st.sampled_from([0.5, -1.25]),
    end=st.integers(-5, 8) | st.sampled_from([2.5, 3.75]),
    step=st.integers(-2, 3) | st.sampled_from([0.5, 0.25]),
)
def test_any_range_as_torch(start: float, end: float, step: float) -> None:
    agrees(call("arange", start, end, step))


@pytest.mark.torch
@settings(max_examples=40, deadline=None)
@given(row=st.integers(0, 4), col=st.integers(0, 4), offset=st.integers(-5, 5), name=st.sampled_from(["tril", "triu"]))
def test_any_triangle_as_torch(row: int, col: int, offset: int, name: str) -> None:
    agrees(call(f"{name}_indices", row, col, offset))
