"""New tensors and other dtypes: in a trace nothing is allocated, and any range beside PyTorch."""

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
from tests.ops.agreement import agrees
from tests.ops.table import call


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
    others |= {"real", "imag"}  # attributes
    assert {name for name in ops.OPS if hasattr(torch.Tensor, name)} - others == ops.METHODS


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
