"""Products of matrices and einsum: values as PyTorch's, multiply-adds by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import ops
from nnbuild.errors import NnbuildError, OptionError
from tests.ops.rows import Row, T, agrees, call, computed, filled, holds_shape_law, ids, inferred, spec

A, C, V = T((2, 3)), T((3, 4)), T((3,))
BATCH, MATES = T((5, 2, 3)), T((5, 3, 4))

ROWS = [
    (call("matmul", A, C), 24), (call("matmul", V, V), 3), (call("matmul", BATCH, C), 120), (call("matmul", A, V), 6),
    (call("matmul", V, C), 12), (call("matmul", BATCH, T((1, 5, 3, 4))), 120), (call("matmul", T((0, 3)), C), 0),
    (call("matmul", T((2, 0)), T((0, 4))), 0), (call("linear", BATCH, T((4, 3)), T((4,))), 120),
    (call("linear", V, T((4, 3))), 12),
    (call("linear", T((2, 0)), T((4, 0)), T((4,))), 0),
    (call("linear", T((2, 3), "float64"), T((4, 3), "float64")), 24),
    (call("mm", A, C), 24), (call("mm", T((2, 3), "int64"), T((3, 4), "int64")), 24),
    (call("mm", T((2, 3), "float16"), T((3, 4), "float16")), 24), (call("bmm", BATCH, MATES), 120),
    (call("mv", A, V), 6), (call("dot", V, V), 3), (call("outer", V, T((2,), "int64")), 6),
    (call("addmm", T((4,)), A, C), 24), (call("addmm", T((2, 1)), A, C, beta=0.5, alpha=2), 24),
    (call("addmm", T((2, 4), values=[[float("nan")] * 4] * 2), A, C, beta=0), 24),
    (call("baddbmm", T((2, 1)), BATCH, MATES), 120),
    (call("baddbmm", T((5, 2, 4)), BATCH, MATES, beta=2, alpha=0.5), 120), (call("einsum", "ij,jk->ik", A, C), 24),
    (call("einsum", "ij,jk", A, C), 24), (call("einsum", "ba,bc", A, T((2, 4))), 24),
    (call("einsum", "bij,bjk->bik", BATCH, MATES), 120), (call("einsum", "...ij,...jk->...ik", BATCH, C), 120),
    (call("einsum", "i,i->", V, V), 3), (call("einsum", "i,j->ij", V, T((2,))), 6),
    (call("einsum", " i j , j k -> k i ", A, C), 24), (call("einsum", "ij,jk->k...", A, C), 24),
    (call("einsum", "bhid,bhjd->bhij", T((2, 2, 3, 4)), T((2, 2, 5, 4))), 240),
    (call("einsum", "ij,jk->ik", T((2, 1)), C), 24), (call("einsum", "ij,jk", [A, C]), 24),
    (call("einsum", "iJ,Jk", A, C), 24), (call("einsum", "ii->i", T((3, 3))), None),
    (call("einsum", "ii", T((3, 3))), None), (call("einsum", "ij->ji", A), None),
    (call("einsum", "i...->...", BATCH), None), (call("einsum", "...", A), None),
    (call("einsum", "ij,jk,kl->il", A, C, T((4, 2))), None),
    (call("einsum", "i,j->ij", T((2,), "int64"), T((3,), "int64")), 6), (call("einsum", "ij->", A), None),
    (call("einsum", "i...->i", BATCH), None), (call("einsum", "...i,...i", BATCH, V), 30),
]  # fmt: skip

REFUSED = [
    (call("matmul", A, A), "matmul cannot multiply (2, 3) by (2, 3): the inner sizes 3 and 2 differ"),
    (call("matmul", T(()), A), "matmul wants tensors of at least one axis and gets () and (2, 3)"),
    (call("matmul", A, T((3, 4), "float64")), "matmul wants tensors of one dtype and gets float32 and float64"),
    (call("mm", A, MATES), "mm wants tensors of 2 and 2 axes and gets (2, 3) and (5, 3, 4)"),
    (call("mm", T((2, 3), "bool"), T((3, 4), "bool")), "mm wants numbers and gets bools"),
    (call("bmm", T((1, 2, 3)), MATES), "bmm wants two batches of one size and gets (1, 2, 3) and (5, 3, 4)"),
    (call("mv", A, T((2,))), "mv cannot multiply (2, 3) by (2,): the inner sizes 3 and 2 differ"),
    (call("outer", A, V), "outer wants two vectors and gets (2, 3) and (3,)"),
    (call("addmm", T((3,)), A, C), "addmm shapes (3,) and (2, 4) do not broadcast: sizes 3 and 4"),
    (call("addmm", T((5, 2, 4)), A, C), "addmm cannot add (5, 2, 4) to a product of (2, 4)"),
    (call("addmm", T((4,), "float64"), A, C), "addmm wants tensors of one dtype and gets float64 and float32"),
    (call("einsum", "ij,kj->ik", A, C), "einsum has axis 'j' with 3 elements and with 4"),
    (call("einsum", "ij,jk->il", A, C),
     "einsum wants each of the output's letters once, and in the input, and gets 'il'"),
    (call("einsum", "ij->ii", A), "einsum wants each of the output's letters once, and in the input, and gets 'ii'"),
    (call("einsum", "ij", A, C), "einsum has 1 terms in 'ij' and gets 2 tensors"),
    (call("einsum", "i,jk", A, C), "einsum has the term 'i' for a tensor of 2 axes (2, 3)"),
    (call("einsum", "ijk,jk", A, C), "einsum has the term 'ijk' for a tensor of 2 axes (2, 3)"),
    (call("einsum", "i.j,jk", A, C), "equation has 'i.j', where letters and one '...' stand for axes"),
    (call("einsum", "ij,jk", A, T((3, 4), "float64")), "einsum wants tensors of one dtype and gets float32, float64"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "macs"), ROWS, ids=ids)
def test_shape_rule_is_the_computed_shape_and_cost_is_known(row: Row, macs: int | None) -> None:
    holds_shape_law(row)
    assert getattr(ops, row.op).ask("macs", inferred(row), *filled(row.args, spec), **row.options) == macs


@pytest.mark.parametrize(("row", "message"), REFUSED, ids=ids)
def test_refusals_say_why(row: Row, message: str) -> None:
    for way in (computed, inferred):
        with pytest.raises(NnbuildError) as caught:
            way(row)
        assert caught.value.message == message


def test_values_by_hand() -> None:
    matrix, vector = T(values=[[1, 2], [3, 4]]), T(values=[1, -1])
    assert computed(call("mv", matrix, vector)).tolist() == [-1, -1]
    assert computed(call("mm", matrix, matrix)).tolist() == [[7, 10], [15, 22]]
    assert computed(call("outer", vector, vector)).tolist() == [[1, -1], [-1, 1]]
    assert computed(call("dot", vector, vector)).tolist() == 2
    assert computed(call("addmm", vector, matrix, matrix, beta=2)).tolist() == [[9, 8], [17, 20]]
    assert computed(call("einsum", "ij,ij->i", matrix, matrix)).tolist() == [5, 25]


def test_einsum_wants_an_equation() -> None:
    with pytest.raises(OptionError, match="einsum wants an equation and its tensors"):
        ops.einsum(ops.TensorSpec((2,)))


@pytest.mark.torch
@pytest.mark.parametrize("row", [row for row, _ in ROWS if row.op != "linear"], ids=ids)
def test_as_torch(row: Row) -> None:
    assert agrees(row)


@pytest.mark.torch
@pytest.mark.parametrize("row", [row for row, _ in REFUSED], ids=ids)
def test_torch_refuses_too(row: Row) -> None:
    assert not agrees(row)


SIZES = {"a": 2, "b": 3, "c": 1, "d": 4}
TERM = st.text("abcd", max_size=3)


@pytest.mark.torch
@settings(max_examples=80, deadline=None)
@given(terms=st.lists(TERM, min_size=1, max_size=2), output=st.none() | TERM, batch=st.sampled_from([(), (2,), (1, 3)]))
def test_any_equation_as_torch(terms: list[str], output: str | None, batch: tuple[int, ...]) -> None:
    dots = "..." if batch else ""
    equation = ",".join(dots + term for term in terms) + ("" if output is None else f"->{dots}{output}")
    agrees(call("einsum", equation, *(T((*batch, *(SIZES[letter] for letter in term))) for term in terms)))
