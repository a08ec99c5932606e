"""A value in a few words, for messages."""

from __future__ import annotations

from typing import Any


def describe(value: Any) -> str:
    """The value in a few words, for a message."""
    if value is None or isinstance(value, (bool, int, float, complex)):
        return repr(value)
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    if isinstance(value, (list, tuple, dict, range)):
        kind = {list: "a list", tuple: "a tuple", dict: "a dict", range: "a range"}.get(type(value), "a tuple")
        return f"{kind} of {len(value)}"
    if isinstance(value, type):
        return f"the layer type {value.__name__}"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"a tensor {shape}"
    return getattr(value, "described", None) or f"a {type(value).__name__}"
