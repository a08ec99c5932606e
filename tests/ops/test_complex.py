"""Complex numbers: every row of the tables with complex tensors in the places of its real ones, beside PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnbuild.errors import NnbuildError
from nnbuild.ops.nests import tensors_in
from tests.ops.agreement import computed, in_torch, inferred, specs_of
from tests.ops.rows import TABLES
from tests.ops.table import Row, T, ids

PARTS = {"float32": "complex64", "float64": "complex128"}

#: Ops that torch gives for complex numbers, and that are refused here with the reason.
REFUSED_HERE = {
    "batch_norm", "instance_norm", "rms_norm", "normalize", "pairwise_distance", "logaddexp", "logsumexp",
    "softmax", "log_softmax", "alpha_dropout", "feature_alpha_dropout", "var_mean", "std_mean", "var",
    "std", "lstm", "gru", "rnn_tanh", "lstm_cell", "gru_cell", "rnn_tanh_cell", "bilinear", "amax", "kthvalue",
    *(f"conv{way}{axes}d" for way in ("", "_transpose") for axes in (1, 2, 3)),
}  # fmt: skip


def complex_of(value: Any) -> Any:
    """The value with each T of fractions in it made of complex numbers."""
    if isinstance(value, T):
        dtype = PARTS.get(value.dtype)
        return T(value.shape, dtype, value.array() * (1 + 0.5j) + 1j) if dtype else value
    if isinstance(value, list | tuple):
        return type(value)(map(complex_of, value))
    return {key: complex_of(item) for key, item in value.items()} if isinstance(value, dict) else value


def with_complex(row: Row) -> Row:
    return row._replace(args=complex_of(row.args), options=complex_of(row.options))


#: Those of linear algebra have complex matrices of their own: hermitian ones, where it must be.
TAKEN = [row for name, table in TABLES.items() if name != "linear_algebra" for row in table.taken()]
ROWS = [row for row in map(with_complex, TAKEN) if any(a.dtype.kind == "c" for a in tensors_in(row.given()))]


def _outcome(way: Any, row: Row, errors: Any) -> Any:
    try:
        result = way(row)
    except errors:
        return None
    return list(result) if isinstance(result, tuple | list) else [result]


@pytest.mark.torch
@pytest.mark.parametrize("row", [row for row in ROWS if row.torch], ids=ids)
def test_as_torch_or_refused(row: Row) -> None:
    pytest.importorskip("torch")
    expected = _outcome(in_torch, row, (RuntimeError, TypeError, ValueError, IndexError))
    result, specs = _outcome(computed, row, NnbuildError), _outcome(inferred, row, NnbuildError)
    assert (result is None) == (specs is None)
    if result is None:
        assert expected is None or row.op in REFUSED_HERE
        return
    assert expected is not None and row.op not in REFUSED_HERE
    expected = [tensor.resolve_conj().numpy() for tensor in expected]
    assert specs_of(result) == specs_of(specs) == specs_of(expected)
    for array, wanted in zip(result, expected, strict=True):
        tolerance = {"complex128": 1e-10, "float64": 1e-10}.get(wanted.dtype.name, 2e-5)
        np.testing.assert_allclose(array, wanted, rtol=tolerance, atol=tolerance)
