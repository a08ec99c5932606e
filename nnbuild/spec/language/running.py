"""Who walks the program at this moment: calls inside a call go on with the same caller."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_caller: ContextVar[Any] = ContextVar("caller", default=None)


def caller() -> Any:
    """The caller at work, or None."""
    return _caller.get()


@contextmanager
def by(caller: Any) -> Iterator[None]:
    """From here on this caller is at work."""
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)
