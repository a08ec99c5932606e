"""The laws that every op keeps, over the tables of tests/ops/rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnbuild import ops
from nnbuild.errors import NnbuildError
from tests.ops.agreement import agrees, computed, holds_shape_law, inferred
from tests.ops.rows import ALL_ROWS, TABLES
from tests.ops.table import Row, ids, spec

BY_HAND = [(row, expected, table.tolerance) for table in TABLES.values() for row, expected in table.by_hand]
MACS = [entry for table in TABLES.values() for entry in table.macs]
REFUSED = [entry for table in TABLES.values() for entry in table.refused]
REFUSED_BY_DATA = [entry for table in TABLES.values() for entry in table.refused_by_data]


def over(names: str, entries: list[Any]) -> pytest.MarkDecorator:
    """Parametrize by entries that begin with a row, which names the test."""
    return pytest.mark.parametrize(names, entries, ids=[ids(entry[0]) for entry in entries])


def over_rows(rows: list[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=ids)


def test_every_op_has_a_row() -> None:
    """Those whose sizes only the data tells have tests of their own, in test_finding."""
    by_data = {name for name in ops.OPS if getattr(getattr(ops, name), "sized_by_data", False)}
    assert {row.op for row in ALL_ROWS} == set(ops.OPS) - by_data


@over_rows(ALL_ROWS)
def test_shape_rule_is_the_computed_shape(row: Row) -> None:
    holds_shape_law(row)


@over("row, expected, tolerance", BY_HAND)
def test_values_by_hand(row: Row, expected: Any, tolerance: float) -> None:
    result = computed(row)
    pairs = zip(result, expected, strict=True) if isinstance(result, tuple) else [(result, expected)]
    for array, values in pairs:
        np.testing.assert_allclose(array, values, rtol=tolerance, atol=0)
        assert array.shape == np.shape(values)


@over("row, macs", MACS)
def test_macs_by_hand(row: Row, macs: int | None) -> None:
    args, options = row.given(spec)
    assert getattr(ops, row.op).ask("macs", inferred(row), *args, **options) == macs


@over("row, message", REFUSED)
def test_refusals_say_why(row: Row, message: str) -> None:
    for way in (computed, inferred):
        with pytest.raises(NnbuildError) as caught:
            way(row)
        assert caught.value.message == message


@over("row, message", REFUSED_BY_DATA)
def test_refusals_that_only_data_bring(row: Row, message: str) -> None:
    inferred(row)
    with pytest.raises(NnbuildError) as caught:
        computed(row)
    assert caught.value.message == message


@pytest.mark.torch
@over_rows([row for row in ALL_ROWS if row.torch])
def test_as_torch(row: Row) -> None:
    assert agrees(row)


@pytest.mark.torch
@over_rows([row for row, _ in REFUSED if row.torch])
def test_torch_refuses_too(row: Row) -> None:
    assert not agrees(row)
