"""Taking items out of lists, tuples, texts, ranges and dicts."""

from __future__ import annotations

from typing import Any

from nnbuild.budget import Budget
from nnbuild.errors import SpecError, suggestion
from nnbuild.spec.language.describe import describe


def subscript(value: Any, index: Any, budget: Budget) -> Any:
    """value[index] for lists, tuples, texts, ranges and dicts."""
    if isinstance(value, dict):
        budget.spend_on(index)
        return _item(value, index)
    if not isinstance(value, (list, tuple, str, range)):
        raise SpecError(f"{describe(value)} has no items")
    if isinstance(index, slice):
        budget.spend(len(value))
        if index.step == 0:
            raise SpecError("a slice's step cannot be 0")
        return value[index]
    if not isinstance(index, int):
        raise SpecError(f"an index is a whole number, not {describe(index)}")
    if not -len(value) <= index < len(value):
        missing = SpecError(f"index {index} of {describe(value)}", hint="indices start at 0")
        missing.python = "IndexError"
        raise missing
    return value[index]


def _item(value: dict[Any, Any], index: Any) -> Any:
    try:
        if index in value:
            return value[index]
    except (TypeError, ValueError):
        pass
    names = [str(key) for key in value][:20]
    known = f"there are {', '.join(names)}" if names else "it is empty"
    missing = SpecError(f"no key {describe(index)}", hint=suggestion(str(index)[:80], names) or known)
    missing.python = "KeyError"
    raise missing
