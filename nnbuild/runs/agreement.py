"""Holding every batch's results to the first one's: else they could not be put together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnbuild.errors import InputError
from nnbuild.words import listed


class _Kind(NamedTuple):
    """What a result has in common with that of another batch."""

    dtype: str
    shape: tuple[int, ...]  # behind the samples

    def __str__(self) -> str:
        return f"{self.dtype} ({', '.join(['N', *map(str, self.shape)])})"


class Agreement:
    """The results of a run in batches. Params: samples, of all batches."""

    def __init__(self, samples: int) -> None:
        self.samples = samples
        self._first: dict[str, _Kind] | None = None
        self._now: dict[str, _Kind] = {}
        self._batch = (0, 0)

    def begin(self, start: int, stop: int) -> None:
        """The results of these samples follow."""
        self._batch = start, stop
        self._now = {}

    def add(self, name: str, array: np.ndarray) -> None:
        """Take in a result. Raises InputError for one that is not like the first batch's, of as many samples."""
        start, stop = self._batch
        if stop - start == self.samples:
            return  # nothing is put together
        if not array.ndim or array.shape[0] != stop - start:
            raise self._error(f"{name} has the shape {array.shape}", f"and the batch {stop - start} samples")
        kind = self._now[name] = _Kind(array.dtype.name, array.shape[1:])
        before = kind if self._first is None else self._first.get(name)
        if before is None:
            raise self._error(f"{name} comes", "and it did not in the first batch")
        if before != kind:
            raise self._error(f"{name} is {kind}", f"and it was {before} in the first batch")

    def end(self) -> None:
        """All results of the batch are there. Raises InputError where one is missing."""
        if self._first is None:
            self._first = self._now
        missing = [name for name in self._first if name not in self._now]
        if missing:
            raise self._error(f"{listed(missing)} do{'es' * (len(missing) == 1)} not come", "as in the first batch")

    def _error(self, found: str, wanted: str) -> InputError:
        start, stop = self._batch
        which = f"samples {start} to {stop - 1}" if stop - start > 1 else f"sample {start}"
        return InputError(f"for {which}, {found}, {wanted}", hint=f"run all at once: --batch {self.samples}")
