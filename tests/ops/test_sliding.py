"""Tensor.unfold beside PyTorch's method, and as a method in a forward."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnbuild.ops import TensorSpec
from nnbuild.spec.language.tensors import method
from tests.ops.agreement import computed
from tests.ops.rows.sliding import PIECES
from tests.ops.table import Row, ids


@pytest.mark.torch
@pytest.mark.parametrize("row", PIECES, ids=ids)
def test_as_torchs_method(row: Row) -> None:
    torch: Any = pytest.importorskip("torch")
    args, options = row.given(torch.from_numpy)
    np.testing.assert_array_equal(computed(row), args[0].unfold(*args[1:], **options).numpy())


def test_the_method_is_not_the_function() -> None:
    assert method(TensorSpec((1, 9)), "unfold", [1, 3, 3], {}).shape == (1, 3, 3)
    assert method(np.arange(5), "unfold", [], {"dimension": 0, "size": 2, "step": 3}).tolist() == [[0, 1], [3, 4]]
