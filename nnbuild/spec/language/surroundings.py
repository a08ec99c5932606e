"""`os`, as far as constructors ask: names of files as texts, and an environment in which nothing is set."""

from __future__ import annotations

import posixpath
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.spec.language.functions import plain
from nnbuild.spec.language.values import Native


class _Environment:
    """`os.environ`: empty, whatever the machine's holds."""

    described = "the environment"

    def language_get(self, caller: Any, name: str) -> Any:
        """`get`."""
        if name != "get":
            raise SpecError(f"the environment has no {name} here")
        return Native("get", _unset)

    def language_contains(self, caller: Any, value: Any) -> bool:
        """Nothing is in it."""
        return False


def _unset(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return args[1] if len(args) > 1 else kwargs.get("default")


PATHS: dict[str, Any] = {
    name: plain(name, getattr(posixpath, name)) for name in ("join", "basename", "dirname", "splitext", "split")
}
PATHS["expanduser"] = Native("expanduser", lambda caller, args, kwargs: args[0])
PATHS["abspath"] = PATHS["realpath"] = PATHS["expanduser"]

OS: dict[str, Any] = {"environ": _Environment(), "getenv": Native("getenv", _unset), "sep": "/"}
