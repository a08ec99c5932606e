"""Calls of functions that a program defines."""

from __future__ import annotations

from typing import Any

from nnbuild.spec.language import statements
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.scope import Frame


class Executing(Caller):
    """A caller that walks the bodies of functions."""

    def execute(self, closure: Any, frame: Frame) -> Any:
        """What a function of the program gives in this frame."""
        before, self.changing = self.changing, True  # a function's lists are its own
        try:
            return statements.execute(self, closure, frame)
        finally:
            self.changing = before
