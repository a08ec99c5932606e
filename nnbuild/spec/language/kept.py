"""What a forward puts on its module, `self.attn = weights`: kept for the call of the network, and then forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from nnbuild.spec.language.scope import MISSING

_kept: ContextVar[dict[int, dict[str, Any]] | None] = ContextVar("kept", default=None)


@contextmanager
def keeping() -> Iterator[None]:
    """One call of a network; calls inside it keep in the same place."""
    if _kept.get() is not None:
        yield
        return
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def inside_call() -> bool:
    """Whether a network is being called."""
    return _kept.get() is not None


def keep(module: Any, name: str, value: Any) -> None:
    """Put a value on the module for this call."""
    kept = _kept.get()
    if kept is not None:
        kept.setdefault(id(module), {})[name] = value


def kept(module: Any, name: str) -> Any:
    """What was put on the module in this call, or MISSING."""
    found = _kept.get()
    return found.get(id(module), {}).get(name, MISSING) if found else MISSING


def copied(value: Any, memo: dict[int, Any] | None = None) -> Any:
    """Lists and dicts anew, so that a call that changes them leaves the network as it is."""
    memo = {} if memo is None else memo
    if type(value) not in (list, dict):
        return value
    if id(value) not in memo:
        memo[id(value)] = new = type(value)()
        if isinstance(value, dict):
            new.update({key: copied(item, memo) for key, item in value.items()})
        else:
            new.extend(copied(item, memo) for item in value)
    return memo[id(value)]
