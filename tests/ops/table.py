"""Calls of ops as data: a name and arguments, `T(sizes, dtype)` standing for a tensor, and the tables of them.

call("cat", [T((2, 3)), T((1, 3))], dim=0)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from nnbuild.ops.spec import TensorSpec


class T(NamedTuple):
    """A tensor to be: its sizes, dtype and, instead of values drawn from the sizes, its values or their range."""

    shape: tuple[int, ...] = ()
    dtype: str = "float32"
    values: Any = None
    low: float = -3
    high: float = 4

    def __repr__(self) -> str:
        return f"{self.dtype}{list(self.shape) if self.values is None else self.values}"

    def array(self) -> np.ndarray:
        if self.values is not None:
            return np.array(self.values, self.dtype)
        random = np.random.default_rng([math.prod(self.shape), len(self.shape)])
        if self.dtype == "bool":
            return np.asarray(random.random(self.shape) < 0.5)
        if self.dtype.startswith(("float", "complex")):
            drawn = np.asarray(random.uniform(self.low, self.high, self.shape))
            parts = drawn if self.dtype.startswith("float") else drawn + 1j * random.uniform(-1, 1, self.shape)
            return np.asarray(parts).astype(self.dtype)
        return np.asarray(random.integers(0 if self.dtype == "uint8" else self.low, self.high, self.shape), self.dtype)


class Row(NamedTuple):
    """A call of the op of this name. Params: torch, whether PyTorch has the call and answers the same."""

    op: str
    args: tuple[Any, ...]
    options: dict[str, Any]
    torch: bool = True

    def __str__(self) -> str:
        return f"{self.op}{self.args}{self.options or ''}"

    def given(self, function: Callable[[np.ndarray], Any] = lambda array: array) -> tuple[Any, dict[str, Any]]:
        """Arguments and options, each T in them replaced by the function of its array, made anew."""
        return _filled(self.args, function), _filled(self.options, function)


def _filled(value: Any, function: Callable[[np.ndarray], Any]) -> Any:
    if isinstance(value, T):
        return function(value.array())
    if isinstance(value, list | tuple):
        return type(value)(_filled(item, function) for item in value)
    if isinstance(value, dict):
        return {key: _filled(item, function) for key, item in value.items()}
    return value


def call(op: str, *args: Any, **options: Any) -> Row:
    return Row(op, args, options)


def ours(row: Row) -> Row:
    """A call that PyTorch lacks or answers otherwise."""
    return row._replace(torch=False)


def ids(row: Any) -> str:
    return str(row)[:90]


def spec(array: np.ndarray) -> TensorSpec:
    return TensorSpec(array.shape, array.dtype.name)


class Table(NamedTuple):
    """What is known of a family's calls.

    Params: rows, calls that are taken; by_hand, calls with the value, or the values, that come out, up to the relative
    tolerance; macs, calls with their multiply-adds, None where they are not defined; refused, calls with the message;
    refused_by_data, calls that only the kernel can refuse, with the message.
    """

    rows: Sequence[Row] = ()
    by_hand: Sequence[tuple[Row, Any]] = ()
    macs: Sequence[tuple[Row, int | None]] = ()
    refused: Sequence[tuple[Row, str]] = ()
    refused_by_data: Sequence[tuple[Row, str]] = ()
    tolerance: float = 0

    def taken(self) -> list[Row]:
        """Every call that is taken."""
        return [*self.rows, *(row for row, _ in [*self.by_hand, *self.macs])]
