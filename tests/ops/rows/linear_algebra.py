"""torch.linalg: norms, products, inverses, determinants and decompositions of matrices."""

from __future__ import annotations

import math

from tests.ops.table import T, Table, call, ours

INF = math.inf
M, R, V = T((3, 3)), T((2, 3)), T((3,))
BATCH, PAIRS = T((2, 3, 3)), T((2, 3, 2))
ROOT = T(values=[[2, 0, 0], [1, 3, 0], [-1, 0.5, 1]])
SYMMETRIC = T(values=[[4, 1, -1], [1, 3, 0.5], [-1, 0.5, 5]])
SYMMETRICS = T(values=[[[2, 1], [1, 3]], [[5, -2], [-2, 1]]])
COMPLEX = T((3, 3), "complex64")
HERMITIAN = T((2, 2), "complex128", values=[[2, 1j], [-1j, 3]])

ROWS = [
    *(call("linalg_vector_norm", BATCH, ord) for ord in (2, 1, 0, -1, 3, 2.5, INF, -INF)),
    call("linalg_vector_norm", R, dim=1), call("linalg_vector_norm", R, 1, (0, 1), True),
    call("linalg_vector_norm", R, dim=-1, dtype="float64"), call("linalg_vector_norm", COMPLEX, 2, 0),
    call("linalg_vector_norm", T(()), 0), call("linalg_vector_norm", T((0,)), 2), call("linalg_vector_norm", R, 2, ()),
    call("linalg_vector_norm", T((4,), "float16")),
    *(call("linalg_matrix_norm", BATCH, ord) for ord in ("fro", "nuc", 1, -1, 2, -2, INF, -INF)),
    *(call("linalg_matrix_norm", T((2, 3, 4)), ord, (2, 0), True) for ord in ("fro", "nuc", -1, 2, INF)),
    call("linalg_matrix_norm", R, 2, dtype="float64"), call("linalg_matrix_norm", COMPLEX, "nuc"),
    *(call("linalg_matrix_norm", T((2, 0)), ord) for ord in (1, 2, "nuc", INF, -INF)),
    call("linalg_norm", BATCH), call("linalg_norm", BATCH, keepdim=True), call("linalg_norm", V, 1),
    call("linalg_norm", R, "fro"), call("linalg_norm", R, "nuc", keepdim=True), call("linalg_norm", R, 1),
    call("linalg_norm", BATCH, dim=1), call("linalg_norm", BATCH, INF, (1, 2)), call("linalg_norm", BATCH, dim=(0, 2)),
    call("linalg_norm", BATCH, 2, (-1,)), call("linalg_norm", R, dtype="float64"),
    call("linalg_multi_dot", [R, M, V]), call("linalg_multi_dot", [V, M]), call("linalg_multi_dot", [V, M, V]),
    call("linalg_matrix_power", M, 3), call("linalg_matrix_power", BATCH, -2), call("linalg_matrix_power", M, 0),
    call("linalg_matrix_power", M, 1), call("linalg_matrix_power", M, -1), call("matrix_power", BATCH, 5),
    call("linalg_matrix_power", T((2, 2), "int64"), 4),
    call("linalg_diagonal", BATCH), call("linalg_diagonal", BATCH, offset=-1, dim1=0, dim2=1),
    call("linalg_cross", V, V), call("linalg_cross", R, T((1, 3))), call("linalg_cross", T((3, 2)), T((3, 1)), dim=0),
    call("linalg_cross", T((3,), "int64"), T((3,), "int64", low=-1)), call("linalg_cross", R, T((2, 3), low=1)),
    call("cross", PAIRS, T((2, 3, 1), low=1)), call("cross", R, T((2, 3), low=1), 1), call("cross", V, T((3,), low=1)),
    call("linalg_inv", M), call("linalg_inv", T((2, 3, 3), "float64")), call("linalg_inv", COMPLEX),
    call("linalg_inv", T((0, 2, 2))), call("linalg_inv", T((0, 0))), call("linalg_inv", T(values=[[2]])),
    call("inverse", BATCH), call("inverse", T(values=[[2]])),
    call("linalg_pinv", R), call("linalg_pinv", T((2, 3, 2), "float64")), call("linalg_pinv", SYMMETRIC, rtol=0.5),
    call("linalg_pinv", SYMMETRIC, atol=4), call("linalg_pinv", HERMITIAN, hermitian=True),
    call("linalg_pinv", T((0, 3))), call("linalg_pinv", T((2, 3), "complex128")),
    call("linalg_pinv", T(values=[[1, 2], [2, 4]])), call("linalg_pinv", T(values=[[2]])),
    call("linalg_matrix_rank", BATCH), call("linalg_matrix_rank", T(values=[[1, 2], [2, 4]])),
    call("linalg_matrix_rank", SYMMETRIC, atol=3), call("linalg_matrix_rank", HERMITIAN, hermitian=True),
    call("linalg_matrix_rank", T((3, 0))), call("linalg_matrix_rank", T((1, 1), values=[[0.1]]), atol=1),
    call("linalg_solve", M, V), call("linalg_solve", M, T((3, 2))), call("linalg_solve", BATCH, PAIRS),
    call("linalg_solve", BATCH, R), call("linalg_solve", BATCH, V), call("linalg_solve", M, T((4, 3, 2))),
    call("linalg_solve", M, R, left=False), call("linalg_solve", T((1, 3, 3)), PAIRS),
    call("linalg_solve", COMPLEX, T((3,), "complex64")), call("linalg_solve", T((2, 1, 1), low=1), T((2, 1, 1))),
    call("linalg_solve_triangular", ROOT, PAIRS, upper=False), call("linalg_solve_triangular", M, V_ := T((3, 1)),
                                                                    upper=True),
    call("linalg_solve_triangular", M, R, upper=True, left=False),
    call("linalg_solve_triangular", BATCH, V_, upper=False, unitriangular=True),
    call("linalg_solve_triangular", T(values=[[0, 1], [0, 2]]), T((2, 1), low=1), upper=True),
    call("linalg_solve_triangular", T((1, 1), low=1), T((1, 2)), upper=True),
    *(call(name, M) for name in ("linalg_det", "det", "logdet", "linalg_slogdet", "slogdet")),
    *(call(name, BATCH) for name in ("linalg_det", "det", "logdet", "linalg_slogdet", "slogdet")),
    *(call(name, COMPLEX) for name in ("linalg_det", "logdet", "slogdet")), call("linalg_det", T((0, 0))),
    call("logdet", T((2, 2), values=[[0, 1], [1, 0]])), call("logdet", T(values=[[1, 1], [1, 1]])),
    *(call(name, T((1, 1), low=1)) for name in ("logdet", "slogdet", "linalg_slogdet")),
    call("linalg_cholesky", SYMMETRIC), call("linalg_cholesky", SYMMETRICS, upper=True),
    call("linalg_cholesky", HERMITIAN), call("linalg_cholesky", HERMITIAN, upper=True), call("cholesky", SYMMETRICS),
    call("cholesky", SYMMETRIC, True), call("cholesky", T(values=[[2, 9], [1, 3]])),
    call("cholesky", T(values=[[2, 1], [9, 3]]), upper=True), call("linalg_cholesky", T(values=[[4]])),
    call("cholesky", T(values=[[4]])),
    call("linalg_qr", R), call("linalg_qr", T((2, 4, 3))), call("linalg_qr", T((4, 3)), "complete"),
    call("linalg_qr", PAIRS, "r"), call("linalg_qr", COMPLEX),
    ours(call("linalg_svd", R)), ours(call("linalg_svd", T((2, 4, 3)), False)), call("linalg_svd", T((0, 3))),
    call("linalg_svdvals", T((2, 4, 3))), call("linalg_svdvals", COMPLEX), call("linalg_svdvals", T(values=[[2]])),
    call("linalg_eigvalsh", SYMMETRIC), call("linalg_eigvalsh", T((3, 3)), "U"), call("linalg_eigvalsh", HERMITIAN),
    call("linalg_eigvalsh", T(values=[[2]])), ours(call("linalg_eigh", SYMMETRIC)),
    ours(call("linalg_eigh", M, UPLO="U")),
    call("linalg_eigvals", T(values=[[2, 1], [1, 3]])), ours(call("linalg_eig", T(values=[[2, 1], [1, 3]]))),
    call("linalg_eigvals", T(values=[[2]])),
]  # fmt: skip

MACS = [
    (call("linalg_matmul", R, M), 18), (call("linalg_matmul", BATCH, M), 54), (call("linalg_vecdot", R, V), 6),
    (call("linalg_vecdot", T((3, 2)), T((3, 1)), dim=0), 6),
    (call("linalg_vecdot", T((3,), "complex64"), T((2, 3), "complex64")), 6), (call("linalg_vecdot", V, V, dim=0), 3),
]  # fmt: skip

BY_HAND = [
    (call("linalg_det", T(values=[[1, 2], [3, 4]])), -2),
    (call("linalg_inv", T(values=[[2, 0], [0, 4]])), [[0.5, 0], [0, 0.25]]),
    (call("linalg_solve", T(values=[[2, 0], [0, 4]]), T(values=[2, 2])), [1, 0.5]),
    (call("linalg_cholesky", T(values=[[4, 2], [2, 2]])), [[2, 0], [1, 1]]),
    (call("linalg_cross", T(values=[1, 0, 0]), T(values=[0, 1, 0])), [0, 0, 1]),
    (call("linalg_norm", T(values=[3, 4])), 5),
    (call("linalg_matrix_norm", T(values=[[1, -2], [3, 4]]), 1), 6),
    (call("linalg_matrix_norm", T(values=[[1, -2], [3, 4]]), INF), 7),
    (call("linalg_slogdet", T(values=[[0, 2], [2, 0]])), (-1, math.log(4))),
    (call("linalg_svdvals", T(values=[[3, 0], [0, -4]])), [4, 3]),
    (call("linalg_multi_dot", [T(values=[[1, 2]]), T(values=[[1], [1]]), T(values=[[5, 6]])]), [[15, 18]]),
]

REFUSED = [
    (call("linalg_inv", R), "linalg_inv wants square matrices and gets (2, 3)"),
    (call("linalg_inv", V), "linalg_inv wants matrices, of at least 2 axes, and gets (3,)"),
    (call("linalg_inv", T((2, 2), "int64")), "linalg_inv wants numbers with fractions and gets int64"),
    (call("det", T((2, 2), "float16")), "det wants float32, float64 or complex numbers and gets float16"),
    (call("linalg_vector_norm", T((0,)), INF),
     "linalg_vector_norm wants at least one element to reduce and gets (0,)"),
    (call("linalg_vector_norm", T((2,), "float64"), dtype="float32"),
     "linalg_vector_norm wants a dtype that holds float64, not float32"),
    (call("linalg_vector_norm", R, "fro"), "ord wants a number, not 'fro'"),
    (call("linalg_matrix_norm", V), "linalg_matrix_norm wants matrices, of at least 2 axes, and gets (3,)"),
    (call("linalg_matrix_norm", R, 3), 'ord wants "fro", "nuc", 1, -1, 2, -2, inf or -inf, not 3'),
    (call("linalg_matrix_norm", R, dim=(0,)), "dim wants two axes, not (0,)"),
    (call("linalg_matrix_norm", T((2, 2), "float16"), 2),
     "linalg_matrix_norm wants float32 or float64 for singular values and gets float16"),
    (call("linalg_matrix_norm", T((2, 0)), -1),
     "linalg_matrix_norm wants at least one element to take the least of and gets (2, 0)"),
    (call("linalg_norm", BATCH, 2), "linalg_norm with ord and without dim wants 1 or 2 axes and gets (2, 3, 3)"),
    (call("linalg_norm", BATCH, dim=(0, 1, 2)), "linalg_norm wants one or two axes in dim, not (0, 1, 2)"),
    (call("linalg_multi_dot", [M]), "linalg_multi_dot wants at least 2 tensors and gets 1"),
    (call("linalg_multi_dot", [R, V, M]), "linalg_multi_dot wants 2 axes of tensor 1 and gets (3,)"),
    (call("linalg_multi_dot", [BATCH, M]), "linalg_multi_dot wants 1 or 2 axes of tensor 0 and gets (2, 3, 3)"),
    (call("linalg_matrix_power", R, 2), "matrix_power wants square matrices and gets (2, 3)"),
    (call("linalg_vecdot", V, T((3,), "float64")), "linalg_vecdot wants x and y of one dtype and gets float32 and "
                                                   "float64"),
    (call("linalg_cross", R, V), "linalg_cross wants as many axes of both tensors and gets (2, 3) and (3,)"),
    (call("linalg_cross", T((3, 2)), T((3, 2))),
     "linalg_cross wants 3 elements along axis 1 and gets (3, 2) and (3, 2)"),
    (call("cross", T((2, 2)), T((2, 2))), "cross wants an axis of 3 elements and gets (2, 2) and (2, 2)"),
    (call("linalg_solve", M, R), "linalg_solve wants B of 3 rows for A of (3, 3) and gets (2, 3)"),
    (call("linalg_solve", M, V, left=False), "left=False wants matrices in B, not vectors"),
    (call("linalg_solve", M, T((3,), "float64")), "linalg_solve wants A and B of one dtype and gets float32 and "
                                                  "float64"),
    (call("linalg_solve_triangular", M, V, upper=True),
     "linalg_solve_triangular wants matrices, of at least 2 axes, and gets (3,)"),
    (call("linalg_qr", M, "full"), 'mode wants "reduced", "complete" or "r", not \'full\''),
    (call("linalg_eigh", M, "X"), 'UPLO wants "L" or "U", not \'X\''),
    (call("linalg_svd", M, driver="gesvd"), "driver chooses among CUDA's; here it is None, not 'gesvd'"),
    (ours(call("linalg_pinv", M, atol=M)), "linalg_pinv wants a number for atol and gets a tensor (3, 3)"),
]  # fmt: skip

REFUSED_BY_DATA = [
    (call("linalg_inv", T(values=[[1, 2], [2, 4]])), "linalg_inv cannot invert a singular matrix"),
    (call("linalg_solve", T(values=[[0, 0], [0, 0]]), T((2,))), "linalg_solve cannot solve with a singular matrix"),
    (call("linalg_cholesky", T(values=[[-1, 0], [0, 1]])),
     "linalg_cholesky cannot factor a matrix that is not positive-definite"),
]  # fmt: skip

TABLE = Table(ROWS, BY_HAND, MACS, REFUSED, REFUSED_BY_DATA, tolerance=1e-6)
