"""The law of the facet `axes`, for every tensor of every row of every op.

A perturbed element moves only elements of the output that see it as the facet says. And the facet says no more than it
must: the elements that move an element of the output reach from the first to the last place that it sees; what hangs on
the data, as in a maximum, has to show that for some row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nnbuild import ops
from nnbuild.graph.graph import Graph
from nnbuild.graph.sight import Seen, sights
from nnbuild.graph.trace import trace
from nnbuild.nn.module import Module
from nnbuild.ops.op import is_array, map_tensors, tensors_in
from nnbuild.ops.reach import Unknown
from tests.ops.agreement import WRITING
from tests.ops.rows import ALL_ROWS
from tests.ops.table import Row, ids

#: Elements of a tensor that are perturbed one by one, in rows that are small enough.
_MOST = 200


class _Call(Module):
    """The row's op with one of its tensors as the input, the others as they are."""

    def __init__(self, row: Row, which: int) -> None:
        super().__init__()
        self.row, self.which = row, which

    def forward(self, input: Any) -> Any:
        count = iter(range(_MOST))
        args, options = map_tensors(lambda array: input if next(count) == self.which else array, self.row.given())
        return getattr(ops, self.row.op)(*args, **options)


def _perturbed(array: np.ndarray) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
    """The place of each element, and the array with that element changed, in several ways."""
    for place in np.ndindex(array.shape):
        changes = [True] if array.dtype == bool else [1e4, -1e4, 0.37] if array.dtype.kind == "f" else [1, -1, 90]
        for change in changes:
            other = array.copy()
            other[place] = ~other[place] if array.dtype == bool else other[place] + np.asarray(change, array.dtype)
            yield place, other


def _movers(call: _Call, array: np.ndarray) -> list[dict[tuple[int, ...], set[tuple[int, ...]]]]:
    """For each output, and each of its elements, the places of the elements that move it."""
    before = [np.array(part) for part in tensors_in(call(array.copy()))]
    found: list[dict[tuple[int, ...], set[tuple[int, ...]]]] = [defaultdict(set) for _ in before]
    for place, other in _perturbed(array):
        try:
            after = tensors_in(call(other))
        except ops_errors:
            continue
        for moved, old, new in zip(found, before, after, strict=True):
            differs = ~((old == new) | ((old != old) & (new != new)))
            for index in zip(*np.nonzero(np.atleast_1d(differs)), strict=True):
                moved[tuple(map(int, index)) if old.ndim else ()].add(place)
    return found


from nnbuild.errors import NnbuildError  # noqa: E402

ops_errors = (NnbuildError,)


def _tensors() -> Iterator[tuple[Row, int]]:
    for row in ALL_ROWS:
        if ops.OPS[row.op] in WRITING or not row.torch and False:
            continue
        arrays = tensors_in(row.given())
        for which, array in enumerate(arrays):
            if 0 < array.size <= _MOST and array.ndim:
                yield row, which


def probe(row: Row, which: int) -> list[str]:
    faults = []
    array = tensors_in(row.given())[which]
    call = _Call(row, which)
    graph = trace(call, array)
    moved = _movers(call, array)
    inexact = []
    for axis in range(array.ndim):
        known = sights(graph, graph.inputs[0], axis)
        for output, movers in zip(graph.outputs, moved, strict=True):
            seen = known.get(output) if hasattr(output, "producer") else None
            if isinstance(seen, Unknown):
                continue
            for index in np.ndindex(output.shape):
                places = [place[axis] for place in movers.get(index, ())]
                if seen is None:
                    first = last = None
                else:
                    first, far = seen.near.at(index), seen.far.at(index)
                    last = None if far is None else -far
                if places and (first is None or min(places) < first or max(places) > last):
                    faults.append(f"axis {axis} {index}: sees {sorted(set(places))}, said {first}..{last}")
                elif first is not None:
                    f, l = max(0, first), min(array.shape[axis] - 1, last)
                    if (not places and l >= f) or (places and (min(places), max(places)) != (f, l)):
                        inexact.append(f"axis {axis} {index}: sees {sorted(set(places))}, said {first}..{last}")
    return faults, inexact


if __name__ == "__main__":
    import collections, traceback

    exact = collections.defaultdict(list)
    for row, which in _tensors():
        try:
            faults, inexact = probe(row, which)
        except Exception as e:
            print("ERR", row, which, type(e).__name__, str(e)[:200])
            continue
        if faults:
            print("FAULT", row, which, faults[:2])
        exact[row.op, which].append((len(inexact), str(row), inexact[:1]))
    print("---- never exact")
    for k, v in exact.items():
        if min(v)[0]:
            print(k, min(v))
