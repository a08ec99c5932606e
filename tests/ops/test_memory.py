"""The law of the facet `memory`, for every row of every op: whether the output lies in the first tensor's memory.

It holds for tensors in order, transposed and with gaps between their elements, and PyTorch's outputs lie as ours do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nnbuild import ops
from nnbuild.graph.graph import Value
from nnbuild.graph.trace import trace
from nnbuild.ops.composed import Composed
from nnbuild.ops.memory import Memory
from nnbuild.ops.nests import map_tensors, spec_of, tensors_in
from tests.ops.agreement import WRITING, in_torch
from tests.ops.calling import Call, picks_by_mask
from tests.ops.rows import ALL_ROWS
from tests.ops.table import Row, ids

#: Of an op written in others each of those has its own say.
STATED = [row for row in ALL_ROWS if not isinstance(getattr(ops, row.op), Composed)]
ROWS = [row for row in STATED if any(array.size for array in tensors_in(row.given())[:1])]
LAYOUTS = ("in order", "transposed", "with gaps")
#: PyTorch's outputs are views, each of its own tensor, and no facet could say that; or with a note to conjugate them.
COPIES = ("meshgrid", "conj", "view_as_complex")

over_rows = pytest.mark.parametrize("row", ROWS, ids=ids)


def laid(array: np.ndarray, layout: str) -> np.ndarray:
    """The same tensor, its axes the other way round in memory, or with gaps there."""
    if layout == "transposed":
        return np.array(array.T, order="C").T
    return np.stack([array, array], -1)[..., 0] if layout == "with gaps" else array


def said(row: Row) -> list[Memory]:
    """What the facet answers, for each output. What comes out unchanged, or is written into, lies as it lay."""
    outputs = trace(Call(row), *tensors_in(row.given())).outputs
    return [_said(value) for value in outputs]


def _said(value: Value) -> Memory:
    node = value.producer
    if node is None:
        return Memory.ORDERED
    answer: Memory | None = node.op.answer("memory", map_tensors(spec_of, node.arguments), value, value.index)
    return answer or Memory.FRESH


def computed(row: Row, layout: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Each output that has elements, with the first tensor."""
    layouts = iter([layout])
    args, options = map_tensors(lambda array: laid(array, next(layouts, "in order")), row.given())
    first = tensors_in((args, options))[0]
    for result in tensors_in(getattr(ops, row.op)(*args, **options)):
        yield result, first


@over_rows
def test_the_output_lies_where_the_facet_says(row: Row) -> None:
    memories = [Memory.FRESH] if picks_by_mask(row) else said(row)
    for layout in LAYOUTS:
        for memory, (result, first) in zip(memories, computed(row, layout), strict=True):
            if ops.OPS[row.op] in WRITING:
                assert result is first
            elif result.size:
                shared = np.shares_memory(result, first)
                assert not (shared and memory is Memory.FRESH)
                assert shared or memory is Memory.FRESH or (layout != "in order" and memory is not Memory.VIEW)
            if memory in (Memory.ORDERED, Memory.ORDERED_OR_FRESH):
                np.testing.assert_array_equal(result.reshape(-1), first.reshape(-1))


@pytest.mark.torch
@over_rows
def test_pytorchs_output_lies_there_too(row: Row) -> None:
    pytest.importorskip("torch")
    for layout in LAYOUTS if row.torch and row.op not in COPIES else ():
        shared = [np.shares_memory(result, first) for result, first in computed(row, layout) if result.size]
        assert shared_in_torch(row, layout) in (shared, None)


def shared_in_torch(row: Row, layout: str) -> list[bool] | None:
    """Of each output that has elements; None where torch wants them in order, for a view or by a fault of its own."""
    import torch

    given: list[Any] = []

    def tensor(array: np.ndarray) -> Any:
        given.append(torch.from_numpy(array if given else laid(array, layout)))
        return given[-1]

    try:
        results = in_torch(row, tensor)
    except RuntimeError:
        assert layout != "in order"
        return None
    memory = given[0].untyped_storage().data_ptr()
    results = results if isinstance(results, tuple | list) else [results]
    return [result.untyped_storage().data_ptr() == memory for result in results if result.numel()]
