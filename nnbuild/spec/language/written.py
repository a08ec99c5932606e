"""What the language is given to read: a text that knows where it stands."""

from __future__ import annotations

from typing import Any, Protocol

from nnbuild.errors import Mark


class Written(Protocol):
    """A text in a file. Params: code, what it was parsed to, kept so that it is parsed once."""

    text: str
    code: Any

    @property
    def mark(self) -> Mark:
        """The place of all of it."""

    def place(self, first: int, last: int) -> Mark:
        """The place of its characters from `first` to `last`."""
