"""Weights that a file or an address would give while a network is made: nothing is opened, and the loading is told."""

from __future__ import annotations

from typing import Any, NamedTuple

from nnbuild.spec.language.values import Native


class Unread(dict[str, Any]):
    """The tensors of a file that is not read: a state without keys."""


class Loaded(NamedTuple):
    """What `load_state_dict` gives."""

    missing_keys: tuple[str, ...] = ()
    unexpected_keys: tuple[str, ...] = ()


def unread(name: str) -> Native:
    """`torch.load` and those that fetch: a state without keys."""
    return Native(name, lambda caller, args, kwargs: Unread())


def passed_over(caller: Any, module: Any, state: Any) -> bool:
    """Whether a state to load is one that was not read; the caller is told."""
    if not isinstance(state, dict) or state:
        return False
    words = f"the weights that {type(module).__name__} loads are not read; give them with --weights"
    getattr(caller, "remark", lambda words: None)(words)
    return True
