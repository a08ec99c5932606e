"""What a pickle makes beside plain data: names, objects without behaviour, dicts that keep an object's state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Name:
    """A name of Python that a pickle mentions. Params: make, what stands in for a call of it; none, no call."""

    __slots__ = ("make", "text")

    def __init__(self, text: str, make: Callable[..., Any] | None = None) -> None:
        self.text = text
        self.make = make


class Instance:
    """An object of a class that nobody has loaded: its state, and its items if it is a kind of dict or list."""

    __slots__ = ("items", "kind", "state")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.state: Any = None
        self.items: dict[Any, Any] = {}


class StatefulDict(dict[Any, Any]):
    """A dict that may have attributes too, as an OrderedDict of PyTorch has its `_metadata`."""

    state: Any = None
