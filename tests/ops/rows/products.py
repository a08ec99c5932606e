"""Products of matrices and einsum."""

from __future__ import annotations

from tests.ops.table import T, Table, call, ours

A, C, V = T((2, 3)), T((3, 4)), T((3,))
BATCH, MATES = T((5, 2, 3)), T((5, 3, 4))

MACS = [
    (call("tensordot", A, C, 1), 24), (call("tensordot", BATCH, T((2, 3, 2)), 2), 60),
    (call("tensordot", BATCH, T((3, 5)), ([0, 2], [1, 0])), 30), (call("tensordot", V, T((2,)), dims=0), 6),
    (call("tensordot", BATCH, T((4, 3)), ([-1], [-1])), 120), (call("tensordot", A, A), 6),
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
    (call("einsum", "ij,jk,kl->il", A, C, T((4, 2))), 36),  # C first: 3*4*2, then 2*3*2
    (call("einsum", "ni,ir,ro->no", *(T(sizes, "float64") for sizes in [(2, 64), (64, 4), (4, 32)])), 768),
    (call("einsum", "i,j,ij->", T((10,)), T((10,)), T((10, 10))), 110),
    (call("einsum", "b...i,ij,j->b...", BATCH, C, T((4,))), 42),  # 3*4, then 5*2*3
    (call("einsum", "ij,jk,kl,lm->im", T((2, 1)), C, T((4, 1)), T((3, 2))), 22),  # 3*4, 3*2, 2*2: j and l broadcast
    (call("einsum", "i,i,i,i,i,i->i", *[V] * 6), 15),
    (call("einsum", "i,j->ij", T((2,), "int64"), T((3,), "int64")), 6), (call("einsum", "ij->", A), None),
    (call("einsum", "i...->i", BATCH), None), (call("einsum", "...i,...i", BATCH, V), 30),
]  # fmt: skip

MATRIX, VECTOR = T(values=[[1, 2], [3, 4]]), T(values=[1, -1])
BY_HAND = [
    (call("mv", MATRIX, VECTOR), [-1, -1]),
    (call("mm", MATRIX, MATRIX), [[7, 10], [15, 22]]),
    (call("outer", VECTOR, VECTOR), [[1, -1], [-1, 1]]),
    (call("dot", VECTOR, VECTOR), 2),
    (call("addmm", VECTOR, MATRIX, MATRIX, beta=2), [[9, 8], [17, 20]]),
    (call("einsum", "ij,ij->i", MATRIX, MATRIX), [5, 25]),
]

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
    (call("tensordot", A, T((2, 4)), 1),
     "tensordot wants axes of one size and gets (2, 3) and (2, 4) along [1] and [0]"),
    (call("tensordot", A, V), "tensordot wants dims from 0 to 1 and gets 2"),
    (call("tensordot", A, C, ([0, 1], [0])),
     "tensordot wants as many axes of one tensor as of the other and gets ([0, 1], [0])"),
    (ours(call("tensordot", A, C, ([1],))), "dims wants a number or two lists of axes, not ([1],)"),
    (call("tensordot", A, T((3, 4), "float64"), 1),
     "tensordot wants input and b of one dtype and gets float32 and float64"),
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

TABLE = Table(by_hand=BY_HAND, macs=MACS, refused=REFUSED)
