"""Regular expressions, `re`: those that surely end soon. Names of blocks are taken apart with them."""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.limits import MAX_TEXT
from nnbuild.spec.language.bounds import check_text
from nnbuild.spec.language.values import Native

#: Characters of a pattern, and steps of a search.
_LONGEST, _MOST = 200, 10_000_000
_TRIES_A_STEP = 50

#: What a pattern is taken apart with, as `re` does itself; its name differs between versions of Python.
_PARSER = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
_ONE_WAY = ("LITERAL", "NOT_LITERAL", "ANY", "IN", "AT")
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT")


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
        return Native(name, lambda caller, args, kwargs: _run(caller, name, [self.text, *args], kwargs))


_FUNCTIONS = ("match", "fullmatch", "search", "split", "sub", "findall")


def _called(name: str, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    try:
        return function(*args, **kwargs)
    except (TypeError, ValueError, IndexError, re.error) as error:
        raise SpecError(f"{name} fails: {error}") from None


def _ways(parsed: Any, length: int) -> int:
    """In how many ways a pattern can be tried from one place of a text of this length; more than all for too many."""
    ways = 1
    for kind, value in parsed:
        ways *= _ways_of(str(kind), value, length)
        if ways > _MOST:
            break
    return ways


def _ways_of(kind: str, value: Any, length: int) -> int:
    if kind in _ONE_WAY:
        return 1
    if kind == "SUBPATTERN":
        return _ways(value[-1], length)
    if kind == "BRANCH":
        return sum(_ways(branch, length) for branch in value[1])
    if kind not in _REPEATS:
        return _MOST + 1
    least, most, inside = value
    ways = _ways(inside, length)
    if int(most) == 1:
        return 1 + ways
    return min(int(most) - int(least), length) + 1 if ways == 1 else _MOST + 1


def _charge(caller: Any, pattern: str, length: int) -> None:
    """Count what the search may take. Raises SpecError for too much."""
    if len(pattern) > _LONGEST:
        raise _too_long(pattern)
    try:
        tries = _ways(_PARSER.parse(pattern), length) * (length + 1) * (len(pattern) + 1)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise SpecError(f"the pattern {pattern[:40]!r} cannot be read: {str(error)[:80]}") from None
    if tries > _MOST * 10:
        raise _too_long(pattern)
    caller.budget.spend(tries // _TRIES_A_STEP + 20)


def _too_long(pattern: str) -> SpecError:
    return SpecError(f"the pattern {pattern[:40]!r} may take too long", hint="repeat nothing that repeats")


def _run(caller: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    pattern, *rest = args
    pattern = pattern.text if isinstance(pattern, Pattern) else pattern
    texts = [value for value in (*rest, *kwargs.values()) if isinstance(value, str)]
    if not isinstance(pattern, str) or not texts:
        raise SpecError(f"re.{name} takes a pattern and a text")
    longest = max(map(len, texts))
    check_text(longest)
    _charge(caller, pattern, longest)
    if name == "sub" and len(texts) > 1 and len(texts[0]) * (longest + 1) > 100 * MAX_TEXT:
        check_text(100 * MAX_TEXT)
    found = _called(f"re.{name}", getattr(re, name), [pattern, *rest], kwargs)
    if isinstance(found, str):
        check_text(len(found))
    return Match(found) if isinstance(found, re.Match) else found


NAMES: dict[str, Any] = {
    **{
        name: Native(name, lambda caller, args, kwargs, name=name: _run(caller, name, args, kwargs))  # type: ignore[misc]
        for name in _FUNCTIONS
    },
    "compile": Native("compile", lambda caller, args, kwargs: Pattern(args[0])),
}
