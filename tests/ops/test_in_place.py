"""Ops in place: the result is in the very array, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnbuild import ops
from nnbuild.errors import NnbuildError
from nnbuild.nn import Parameter
from tests.ops.rows.in_place import IN_PLACE
from tests.ops.table import Row, ids

X = np.linspace(0.1, 0.9, 12, dtype=np.float32).reshape(3, 4)
#: What those compute whose name less its underscore is no op.
PLAIN = {
    "zero_": np.zeros_like,
    "fill_": np.full_like,
    "copy_": lambda target, source: np.broadcast_to(source, target.shape),
}


@pytest.mark.parametrize("row", IN_PLACE, ids=ids)
def test_the_array_holds_the_result(row: Row) -> None:
    (array, *args), _ = row.given()
    before = array.copy()
    assert getattr(ops, row.op)(array, *args) is array
    plain = PLAIN[row.op] if row.op in PLAIN else getattr(ops, row.op[:-1])
    expected = plain(before, *args)
    np.testing.assert_array_equal(array, expected.astype(array.dtype))


def _read_only() -> np.ndarray:
    array = X.copy()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("name", "target", "args", "message"),
    [
        ("add_", X.copy(), (np.ones((2, 3, 4), np.float32),), "add_ keeps shape and dtype, (3, 4) float32, and the"
         " result is (2, 3, 4) float32"),
        ("div_", np.ones(3, np.int64), (2,), "div_ keeps shape and dtype, (3,) int64, and the result is (3,) float32"),
        ("add_", np.ones(3, np.bool_), (2,), "add_ keeps shape and dtype, (3,) bool, and the result is (3,) int64"),
        ("relu_", Parameter(X.copy()), (), "relu_ would change a parameter or a buffer"),
        ("relu_", _read_only(), (), "relu_ writes into its input, which is read-only"),
        ("relu_", [1.0], (), "relu_ wants a tensor and gets [1.0]"),
    ],
)  # fmt: skip
def test_refused(name: str, target: Any, args: tuple[Any, ...], message: str) -> None:
    with pytest.raises(NnbuildError) as caught:
        getattr(ops, name)(target, *args)
    assert message in caught.value.message


def test_other_dtypes_are_rounded_into_place() -> None:
    array = X.copy()
    ops.add_(array, np.full(4, 1e-9, np.float64))
    assert array.dtype == np.float32
    np.testing.assert_array_equal(ops.copy_(np.zeros(3, np.int64), np.float32([1.5, 2, 3])), [1, 2, 3])
