"""Regular expressions, `re`: those that surely end soon. Names of blocks are taken apart with them."""

from __future__ import annotations

import re
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.spec.language.values import Native

#: Characters of a pattern, and steps of a search.
_LONGEST, _MOST = 200, 10_000_000

_REPEATS = re.compile(r"(?<!\\)(?:[*+]|\{\d*,\d*\})")
_INSIDE = re.compile(r"\((?:[^()\\]|\\.)*(?:[*+]|\{\d*,\d*\})(?:[^()\\]|\\.)*\)(?:[*+]|\{\d*,?\d*\})")


class Match:
    """What was found."""

    def __init__(self, match: re.Match[str]) -> None:
        self._match = match

    described = "a match"

    def language_get(self, caller: Any, name: str) -> Any:
        """`group`, `groups`, `groupdict`, `start`, `end`, `span`."""
        if name not in ("group", "groups", "groupdict", "start", "end", "span"):
            raise SpecError(f"a match has no {name}")
        return Native(name, lambda caller, args, kwargs: _called(name, getattr(self._match, name), args, kwargs))

    def language_item(self, caller: Any, index: Any) -> Any:
        """match[1]."""
        return _called("group", self._match.group, [index], {})


class Pattern:
    """A pattern that is compiled."""

    def __init__(self, text: str) -> None:
        self.text = text

    described = "a pattern"

    def __deepcopy__(self, memo: dict[int, Any]) -> Pattern:
        return self

    def language_get(self, caller: Any, name: str) -> Any:
        """Its methods."""
        if name not in _FUNCTIONS:
            raise SpecError(f"a pattern has no {name}")
        return Native(name, lambda caller, args, kwargs: _run(name, [self.text, *args], kwargs))


_FUNCTIONS = ("match", "fullmatch", "search", "split", "sub", "findall")


def _called(name: str, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    try:
        return function(*args, **kwargs)
    except (TypeError, ValueError, IndexError, re.error) as error:
        raise SpecError(f"{name} fails: {error}") from None


def _run(name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    pattern, *rest = args
    pattern = pattern.text if isinstance(pattern, Pattern) else pattern
    texts = [value for value in (*rest, *kwargs.values()) if isinstance(value, str)]
    if not isinstance(pattern, str) or not texts:
        raise SpecError(f"re.{name} takes a pattern and a text")
    repeats = len(_REPEATS.findall(pattern))
    longest = max(map(len, texts))
    backs = re.search(r"\\[1-9]|\(\?P=", pattern)
    if len(pattern) > _LONGEST or _INSIDE.search(pattern) or backs or (longest + 1) ** (repeats + 1) > _MOST:
        raise SpecError(f"the pattern {pattern[:40]!r} may take too long", hint="repeat nothing that repeats")
    found = _called(f"re.{name}", getattr(re, name), [pattern, *rest], kwargs)
    return Match(found) if isinstance(found, re.Match) else found


NAMES: dict[str, Any] = {
    **{
        name: Native(name, lambda caller, args, kwargs, name=name: _run(name, args, kwargs))  # type: ignore[misc]
        for name in _FUNCTIONS
    },
    "compile": Native("compile", lambda caller, args, kwargs: Pattern(args[0])),
}
