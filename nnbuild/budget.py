"""One budget of steps, bytes and time for all that a file makes the program do: building, tracing, planning, reporting.

Whoever does work charges it to `current()`; `spending` says what is being done, and opens a budget where none is open.
What is called from inside inherits it, so that nesting, repeating and sharing cannot multiply what a file may take.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from time import monotonic
from typing import Any

from nnbuild import limits
from nnbuild.errors import BudgetError, SpecError

#: Steps between two looks at the clock, about two milliseconds.
_STEPS_A_LOOK = 2_000


class Budget:
    """What is left. Params: seconds allowed, and with them the steps; on_data, whether ops compute on a user's data.

    Such computing may take long without anything being wrong: neither the clock counts nor what the ops do.
    """

    __slots__ = ("_bytes", "_deadline", "_look_at", "doing", "left", "modules", "on_data", "seconds", "steps")

    def __init__(self, seconds: float | None = None, on_data: bool = False) -> None:
        self.seconds = limits.SECONDS if seconds is None else seconds
        self.steps = round(self.seconds * limits.STEPS_A_SECOND)
        self.doing = "the spec"
        self.on_data = on_data
        self.restart()
        self.left = self.steps
        self._look_at = max(0, self.steps - _STEPS_A_LOOK)
        self._bytes = limits.MAX_WORK_BYTES

    def restart(self) -> None:
        """Begin another network within the same steps: the clock and the count of modules start anew."""
        self.modules = 0
        self._deadline = inf if self.on_data else monotonic() + self.seconds

    @property
    def spent(self) -> bool:
        """Whether no steps are left."""
        return self.left < 0

    def spend(self, steps: int = 1) -> None:
        """Count these steps, a microsecond of work each. Raises BudgetError where they or the time run out."""
        self.left -= steps
        if self.left < self._look_at:
            self._look()

    def _look(self) -> None:
        hint = "loop over fewer items, or allow more with --max-seconds"
        if self.left < 0:
            raise BudgetError(f"{self.doing} takes more than {self.steps:,} steps to evaluate", hint=hint)
        if monotonic() > self._deadline:
            raise BudgetError(f"{self.doing} takes more than {self.seconds:g} s", hint=hint)
        self._look_at = max(0, self.left - _STEPS_A_LOOK)

    def take(self, size: int) -> None:
        """Count bytes that are made. Raises BudgetError where they run out."""
        self._bytes -= size
        if self._bytes < 0:
            raise BudgetError(f"{self.doing} computes more than {limits.MAX_WORK_BYTES / 1e6:.0f} MB of tensors")

    def spend_on(self, value: object) -> None:
        """Count what is inside a list, tuple or dict, once for every way to it: who is given it walks them all.

        Raises SpecError for what contains itself, or is nested too deeply to be walked.
        """
        if isinstance(value, _NESTING):
            self.spend(_extent(value, {}, 0)[0])
        elif isinstance(value, str):
            self.spend(len(value) // 100)
        elif isinstance(value, range):
            self.spend(len(value))


_NESTING = (list, tuple, dict, set, frozenset)


def _extent(value: Any, known: _Extents, depth: int) -> _Extent:
    """How many values are inside, and how deep; each list is looked into once, however many ways lead to it."""
    found = known.get(id(value))
    if found is None:
        if depth > limits.MAX_VALUE_DEPTH:
            raise _too_deep()
        known[id(value)] = None
        size, height = 1 + len(value), 0
        for item in [*value, *value.values()] if isinstance(value, dict) else value:
            if isinstance(item, _NESTING):
                if known.get(id(item), ()) is None:
                    raise SpecError("a list that contains itself cannot be used")
                below, deep = _extent(item, known, depth + 1)
                size, height = size + below, max(height, deep)
            elif isinstance(item, str):
                size += len(item) // 100
            elif isinstance(item, range):
                size += len(item)
        found = known[id(value)] = (size, height + 1)
    if depth + found[1] > limits.MAX_VALUE_DEPTH:
        raise _too_deep()
    return found


_Extent = tuple[int, int]
_Extents = dict[int, _Extent | None]


def _too_deep() -> SpecError:
    return SpecError(f"lists more than {limits.MAX_VALUE_DEPTH} deep inside each other")


_open: ContextVar[Budget | None] = ContextVar("budget", default=None)


def current() -> Budget:
    """The budget that is open; a new one, of this caller alone, where none is."""
    return _open.get() or Budget(on_data=True)


def watching() -> Budget | None:
    """The budget that ops which compute are charged to, if they are."""
    budget = _open.get()
    return None if budget is None or budget.on_data else budget


def charge(steps: int) -> None:
    """Count these steps, where a budget is open."""
    budget = _open.get()
    if budget is not None:
        budget.spend(steps)


def charge_modules(count: int = 1) -> None:
    """Count modules that are made, where a budget is open. Raises BudgetError for more than a network may have."""
    budget = _open.get()
    if budget is not None:
        budget.modules += count
        if budget.modules > limits.MAX_MODULES:
            raise BudgetError(f"a network of more than {limits.MAX_MODULES:,} layers", hint="repeat less")
        budget.spend(count * limits.STEPS_A_MODULE)


def end() -> None:
    """What follows computes on the user's own data: it is no longer a file's doing, and takes what it takes."""
    _open.set(None)


@contextmanager
def spending(doing: str, seconds: float | None = None, *, on_data: bool = False) -> Iterator[Budget]:
    """The budget that is open, from here on for doing this; a new one where none is open, or where seconds are said.

    Raises BudgetError in place of Python's word for what is nested too deeply.
    """
    outer = _open.get()
    budget = Budget(seconds, on_data) if outer is None or seconds is not None else outer
    before, budget.doing = budget.doing, doing
    token = _open.set(budget)
    try:
        yield budget
    except RecursionError:
        raise BudgetError(f"{doing} is nested too deeply", hint="call fewer things inside each other") from None
    finally:
        budget.doing = before
        _open.reset(token)
