"""The law of the facet `axes`, for every tensor of every row of every op.

A perturbed element moves only elements of the output that see it, by what the facet says. And the facet says no more
than it must: for some row, the elements that move each element of the output reach from the first to the last place
that it is said to see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from nnbuild import ops
from nnbuild.errors import NnbuildError
from nnbuild.graph.graph import Graph, Value
from nnbuild.graph.sight import sights
from nnbuild.graph.trace import trace
from nnbuild.ops.composed import Composed
from nnbuild.ops.nests import tensors_in
from nnbuild.ops.op import Op
from nnbuild.ops.reach import Unknown
from tests.graph.extents import Extent, said
from tests.ops.calling import Call, picks_by_mask
from tests.ops.rows import ALL_ROWS
from tests.ops.rows.noise import FORMS
from tests.ops.table import ids

#: Elements of a tensor that are perturbed: all of them up to so many, else these, spread over the tensor.
MOST, SPREAD = 90, 8
#: Tensors with less elements than this are perturbed in more ways.
FEW = 24
#: Indices that may be any, and are taken for those that a pooling with the same windows gave.
TRUSTED = {(f"max_unpool{axes}d", "indices") for axes in (1, 2, 3)}

#: Seen or not as the data decide: what is compared, overwritten, dropped or not picked moves no element.
DECIDED = {
    *((name, argument) for name in ("eq", "ne") for argument in ("input", "other")),
    *((name, "input") for name in ("isnan", "isinf", "isfinite", "isreal", "tril", "triu", "setitem")),
    *((name, "input") for name in FORMS),
    *((f"max_unpool{axes}d", "input") for axes in (1, 2, 3)),
    *((f"padded_{name}", "lengths") for name in ("rnn_tanh", "rnn_relu", "gru", "lstm")), ("pad_steps", "lengths"),
    ("clamp", "min"), ("where", "other"), ("setitem", "index"), ("one_hot", "input"), ("max_unpool2d", "indices"),
    ("max_unpool3d", "indices"),
    ("scatter_reduce", "index"),
    *((f"{way}{name}", "params") for name in ("rnn_tanh", "rnn_relu", "gru", "lstm")
      for way in ("", "packed_", "padded_")  # all of them from the second step on
      if way + name != "packed_rnn_relu"),  # of one weight each in a row by hand
}  # fmt: skip

#: Said to be seen whole though an element sees less: weights, and numbers that say where others lie.
LOOSE = {
    *((f"conv_transpose{axes}d", "weight") for axes in (1, 2, 3)),
    *((f"{name}_cell", weight) for name in ("rnn_tanh", "rnn_relu", "gru", "lstm") for weight in ("b_ih", "b_hh")),
    *((f"{name}_cell", "w_hh") for name in ("rnn_tanh", "gru", "lstm")), ("gru_cell", "w_ih"), ("lstm_cell", "w_ih"),
    ("fractional_max_pool2d", "_random_samples"), ("linalg_qr", "A"), ("istft", "window"),
    ("repeat_interleave", "repeats"),
    ("fractional_max_pool3d", "_random_samples"), ("index_put", "values"),
}  # fmt: skip

#: Known for no call: indices or random numbers say where an element looks, or a fold which tap of a window.
UNKNOWN = {
    *((name, "input") for name in ("grid_sample", "index_select", "take_along_dim", "fold")),
    *((name, "input") for name in ("fractional_max_pool2d", "fractional_max_pool3d")),
    ("scatter", "src"), ("scatter_add", "src"), ("scatter_reduce", "src"), ("index_put", "input"),
    ("roi_align", "input"), ("resize_axes", "input"),
}  # fmt: skip


def changed(array: np.ndarray, place: tuple[int, ...]) -> Iterator[np.ndarray]:
    """The array with another value at this place, in several ways."""
    old = array[place]
    if array.dtype == bool:
        values = [not old]
    elif array.dtype.kind == "c":
        values = [old + 1e4 - 1e4j, old - 1e4 + 1e4j, old + 0.37 + 0.2j]
    elif array.dtype.kind == "f":
        values = [old + 1e4, old - 1e4, old + 0.37, 0][: 4 if array.size < FEW else 2]
    else:
        values = [np.int64(old) + change for change in (1, -1, 90)]
    for value in values:
        other = array.copy()
        other[place] = np.array(value).astype(array.dtype)
        yield other


def perturbed_places(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    places = list(np.ndindex(shape))
    return places if len(places) <= MOST else [places[at] for at in np.linspace(0, len(places) - 1, SPREAD, dtype=int)]


def measured(call: Call, arrays: list[np.ndarray], which: int) -> list[list[Extent]]:
    """For each output and each axis of one of the tensors, the places of the elements that move it."""

    def outputs(array: np.ndarray) -> list[np.ndarray]:
        return tensors_in(call(*(array if at == which else other.copy() for at, other in enumerate(arrays))))

    before = [np.array(part) for part in outputs(arrays[which].copy())]
    found = [[Extent.of_nothing(part.shape) for _ in arrays[which].shape] for part in before]
    for place in perturbed_places(arrays[which].shape):
        for other in changed(arrays[which], place):
            try:
                after = outputs(other)
            except NnbuildError:  # an index that is out of range
                continue
            for extents, old, new in zip(found, before, after, strict=True):
                moved = ~((old == new) | ((old != old) & (new != new)))
                for extent, at in zip(extents, place, strict=True):
                    extent.add(moved, at)
    return found


class Finding(NamedTuple):
    """Of one tensor of a row.

    Params: argument, the op and its argument's name; known, whether all is known of what is seen; sound, whether
    nothing else moves an element; exact, whether every element is moved from the first to the last place said, and
    attained, whether one is along each axis. A tensor that is perturbed in some places only shows neither of the two.
    """

    argument: tuple[str, str]
    known: bool
    sound: bool
    exact: bool
    attained: bool


def argument(graph: Graph, value: Value) -> tuple[str, str]:
    """The op that the value is given to, and its argument; none for what comes out unchanged."""
    for node in graph.nodes:
        for name, given in node.arguments.items():
            if any(tensor is value for tensor in tensors_in(given)):
                return node.op.name, name
    return "", ""


def probed(call: Call, graph: Graph, arrays: list[np.ndarray], which: int) -> Finding:
    source = graph.inputs[which]
    whole = source.numel() <= MOST
    known, sound, exact, attained = True, True, whole, whole
    extents_of = dict(zip(graph.outputs, measured(call, arrays, which), strict=True))
    for axis, length in enumerate(source.shape):
        sight = sights(graph, source, axis)
        for output, extents in extents_of.items():
            claim, moved = said(sight.get(output), output.shape), extents[axis]
            known &= not isinstance(sight.get(output), Unknown)
            sound &= not moved.beyond(claim).any()
            short = claim.within(length).beyond(moved)
            exact &= not short.any()
            attained &= not short.all()
    return Finding(argument(graph, source), known, sound, exact, attained)


TRACED = [at for at, row in enumerate(ALL_ROWS) if not picks_by_mask(row)]


@cache
def findings(at: int) -> list[Finding]:
    """For each tensor of this row that has elements and axes."""
    call, arrays = Call(ALL_ROWS[at]), tensors_in(ALL_ROWS[at].given())
    graph = trace(call, *arrays)
    return [probed(call, graph, arrays, which) for which, array in enumerate(arrays) if array.size and array.ndim]


@cache
def by_argument() -> dict[tuple[str, str], list[Finding]]:
    """Of every argument of every op what the rows have shown."""
    found: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for at in TRACED:
        for finding in findings(at):
            found[finding.argument].append(finding)
    found.pop(("", ""), None)
    return found


def test_every_op_says_what_it_sees() -> None:
    stated = [op for name in ops.OPS if type(op := getattr(ops, name)) is not Composed and isinstance(op, Op)]
    assert [op for op in stated if "axes" not in op.facets] == []


@pytest.mark.parametrize("at", TRACED, ids=lambda at: ids(ALL_ROWS[at]))
def test_nothing_else_moves_an_element(at: int) -> None:
    for finding in findings(at):
        assert finding.sound or finding.argument in TRUSTED, finding


@pytest.mark.large
def test_no_more_is_said_than_is_seen() -> None:
    """For some row exactly what is said moves each element."""
    inexact = {
        name for name, shown in by_argument().items() if not any(finding.known and finding.exact for finding in shown)
    }
    assert inexact == {*DECIDED, *LOOSE, *UNKNOWN}


def test_where_the_data_decide_an_element_may_see_all_that_is_said() -> None:
    for name in DECIDED:
        assert any(finding.known and finding.attained for finding in by_argument()[name]), name


def test_what_no_row_knows() -> None:
    unknown = {name for name, shown in by_argument().items() if not any(finding.known for finding in shown)}
    assert unknown == UNKNOWN
