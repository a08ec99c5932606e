"""Where a layer is made in a text, option by option; worked out when an error asks for it."""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.errors import Mark
from nnbuild.nn.module import Source
from nnbuild.spec.language.partials import Partial
from nnbuild.spec.language.syntax import Code


class CallSource(Source):
    """The place of a layer that is written as a call."""

    def __init__(self, callee: Any, code: Code, node: ast.Call) -> None:
        self._callee = callee
        self._code = code
        self._node = node

    @property
    def mark(self) -> Mark:  # type: ignore[override]
        return self._code.mark(self._node)

    def mark_of(self, option: str | None) -> Mark:
        """The place of the option's text, or of the whole call where it is not written."""
        for keyword in self._node.keywords:
            if option and keyword.arg == option:
                known = isinstance(self._callee, Partial) or option in option_names(self._callee)
                return self._code.mark(keyword.value if known else keyword)
        starred = any(isinstance(arg, ast.Starred) for arg in self._node.args)
        if option and not starred and not isinstance(self._callee, Partial):
            names = option_names(self._callee)
            if option in names[: len(self._node.args)]:
                return self._code.mark(self._node.args[names.index(option)])
        return self.mark

    def __deepcopy__(self, memo: dict[int, Any]) -> CallSource:
        return self


def option_names(callee: Any) -> list[str]:
    """The names of a layer type's options, in order."""
    own = getattr(callee, "option_names", None)
    if own is not None:
        return list(own)
    return [option.name for option in callee.options()] if hasattr(callee, "options") else []
