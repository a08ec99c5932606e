"""Every op called by keywords alone, with torch's names, beside the same call by position and beside PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from nnbuild import ops
from nnbuild.errors import OptionError
from nnbuild.ops.in_place import RESULTS, InPlace
from nnbuild.ops.nests import map_tensors
from nnbuild.ops.randomness import seed_noise
from tests.ops.agreement import with_torch_dtypes
from tests.ops.rows import ALL_ROWS
from tests.ops.table import Row, ids

#: Those that torch gives by position alone, and Python's own.
BY_POSITION = ("meshgrid", "einsum", "getitem", "setitem", "to")

#: Where torch has two names for what is one argument here, by the argument's kind.
OTHER_NAMES = {
    ("max", "dim"): lambda value: "other" if isinstance(value, np.ndarray) else "dim",
    ("min", "dim"): lambda value: "other" if isinstance(value, np.ndarray) else "dim",
    ("var", "dim"): lambda value: "unbiased" if isinstance(value, bool) else "dim",
    ("var_mean", "dim"): lambda value: "unbiased" if isinstance(value, bool) else "dim",
    ("scatter", "src"): lambda value: "src" if isinstance(value, np.ndarray) else "value",
    ("arange", "start"): lambda value: "end",
    ("tensor_split", "indices_or_sections"): lambda value: "sections" if isinstance(value, int) else "indices",
    ("fill_", "fill_value"): lambda value: "value",
}  # fmt: skip

#: Methods of tensors whose names differ from those of the function.
OF_METHODS = {("split", "split_size_or_sections"): "split_size"}

#: Functions of torch that are none of its documented ones, and have other arguments.
INTERNAL = (
    "embedding", "embedding_bag", "dropout", "alpha_dropout", "feature_alpha_dropout", "batch_norm", "instance_norm",
    "max_pool2d", "max_pool3d", "half", "float", "double", "short", "int", "long", "bool",
)  # fmt: skip


#: Those that torch wants every argument of.
ALL_ASKED = ("rnn_tanh", "rnn_relu", "gru", "lstm", "hamming_window")


def by_keywords(row: Row) -> dict[str, Any]:
    """The row's arguments by torch's names, without those that are the default."""
    args, options = row.given()
    op = getattr(ops, row.op)
    if isinstance(op, InPlace):
        op = getattr(ops, RESULTS.get(row.op, row.op[:-1]))
    inplace = {"inplace": options.pop("inplace")} if "inplace" in options else {}
    required = [name for name in op.signature.required if name not in op.fixed]
    bound, defaults = op.bind(args, options), op.signature.bind((), op.fixed | dict.fromkeys(required))
    named = {}
    for name, value in bound.items():
        if name in op.fixed or (value is defaults[name] and name not in required and row.op not in ALL_ASKED):
            continue
        if name == op.signature.rest:
            value = value[0] if len(value) == 1 and isinstance(value[0], tuple | list) else tuple(value)
        choose = OTHER_NAMES.get((row.op, name)) if bound.get("end") is None else None
        named[choose(value) if choose else name] = value
    return named | inplace


ROWS = [row for row in ALL_ROWS if row.op not in BY_POSITION]


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_by_keywords_as_by_position(row: Row) -> None:
    args, options = row.given()
    seed_noise(1)
    expected = getattr(ops, row.op)(*args, **options)
    seed_noise(1)
    result = getattr(ops, row.op)(**by_keywords(row))
    for one, other in zip(*(part if isinstance(part, tuple) else (part,) for part in (result, expected)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_names_of_torchs_documentation_too() -> None:
    x, y = np.zeros(4, np.float32), np.arange(4, dtype=np.float32)
    assert ops.copy_(x, src=y, non_blocking=True).tolist() == [0, 1, 2, 3]
    assert [part.tolist() for part in ops.split(y, split_size=3)] == [[0, 1, 2], [3]]
    assert [part.tolist() for part in ops.tensor_split(y, indices_or_sections=2)] == [[0, 1], [2, 3]]
    assert ops.sum(y, axis=0, keepdims=True).tolist() == [6]
    assert ops.relu(input=y, inplace=True) is y
    assert ops.to(y, dtype="int64", non_blocking=True).dtype == np.int64


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (lambda x: ops.copy_(x), "copy_ cannot be called so: missing a required argument: 'other'"),
        (lambda x: ops.arange(), "arange cannot be called so: missing a required argument: 'start'"),
        (lambda x: ops.max(x, 0, other=x), "dim and other are two questions: give one of them"),
        (lambda x: ops.sum(x, dim=0, axis=0), "sum cannot be called so: multiple values for argument 'dim'"),
    ],
)
def test_calls_that_no_name_saves(refused: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        refused(np.ones(3))


def _ways(torch: Any, name: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for kind, owner in (("function", torch.nn.functional), ("function", torch), ("method", torch.Tensor)):
        found = getattr(owner, name, None)
        if callable(found) and not (owner is torch and name in INTERNAL):
            yield kind, found


def _is_known(kind: str, row: Row, named: dict[str, Any]) -> bool:
    """Whether torch has this call so."""
    if kind == "method" and (row.op in ("where", "unfold") or not isinstance(next(iter(named.values())), np.ndarray)):
        return False
    if row.op in ("pow", "where"):
        return isinstance(named["input"], np.ndarray)
    return row.op not in ("softmax", "log_softmax") or "dim" in named


@pytest.mark.torch
@pytest.mark.parametrize("row", [row for row in ROWS if row.torch], ids=ids)
def test_torch_takes_the_same_names(row: Row) -> None:
    torch: Any = pytest.importorskip("torch")
    named = by_keywords(row)
    for kind, function in _ways(torch, row.op):
        if not _is_known(kind, row, named):
            continue
        given = with_torch_dtypes(map_tensors(lambda array: torch.from_numpy(array.copy()), named))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if kind == "method":
                first, *names = given
                function(given[first], **{OF_METHODS.get((row.op, name), name): given[name] for name in names})
            else:
                function(**given)
