"""A row as a module, to be traced and called on tensors of one's own."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.nn.module import Module
from nnbuild.ops.nests import map_tensors, tensors_in
from nnbuild.ops.randomness import seed_noise
from tests.ops.table import Row


class Call(Module):
    """The row's op on its tensors, in order; random numbers are the same each time."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.op, self.given = getattr(ops, row.op), row.given()

    def forward(self, *tensors: Any) -> Any:
        seed_noise(0)
        each = iter(tensors)
        args, options = map_tensors(lambda _: next(each), self.given)
        return self.op(*args, **options)


def picks_by_mask(row: Row) -> bool:
    """How much is picked depends on the mask: no graph has that for an input."""
    return row.op == "getitem" and any(array.dtype == bool for array in tensors_in(row.given()[0][1:]))
