"""Texts made of values: f-strings, `format`, `%`, `str` and `repr`, within limits on what becomes text and how long."""

from __future__ import annotations

import re
from string import Formatter
from typing import Any

from nnbuild.budget import current
from nnbuild.errors import SpecError
from nnbuild.limits import MAX_TEXT
from nnbuild.spec.language.bounds import check_text, checked
from nnbuild.spec.language.describe import describe

_SPEC = re.compile(r"(.?[<>=^])?[ +\-,]{0,2}#?0?\d{0,2},?(\.\d{1,2})?[a-zA-Z%]?")
_PERCENT = re.compile(r"%(?:\([^()%]*\))?[ +\-#0]{0,3}\d{0,2}(?:\.\d{0,2})?[a-zA-Z%]")


def text(value: Any) -> str:
    """str(value), for what becomes text."""
    return value if isinstance(value, str) else shown(value)


def shown(value: Any) -> str:
    """repr(value), for what becomes text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        current().spend_on(value)
        return checked(_inside(value))
    if isinstance(value, range):
        return repr(value)
    name = getattr(value, "__name__", None) or getattr(value, "name", None)
    if isinstance(name, str):
        return name
    if hasattr(value, "_modules"):
        return f"{type(value).__name__}()"
    raise SpecError(f"only numbers and text become text, not {describe(value)}")


def _part(value: Any) -> str:
    """A value inside one that has been counted."""
    return _inside(value) if isinstance(value, (list, tuple, set, frozenset, dict)) else shown(value)


def _inside(value: list[Any] | tuple[Any, ...] | set[Any] | frozenset[Any] | dict[Any, Any]) -> str:
    if len(value) > MAX_TEXT:
        raise SpecError(f"the text grows beyond {MAX_TEXT:,} characters")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_part(key)}: {_part(item)}" for key, item in value.items()) + "}"
    parts = ", ".join(map(_part, value))
    if isinstance(value, tuple):
        return f"({parts},)" if len(value) == 1 else f"({parts})"
    return f"[{parts}]" if isinstance(value, list) else "{" + parts + "}"


def converted(value: Any, conversion: int | str | None) -> Any:
    """The value after `!r` or `!s`."""
    letter = chr(conversion) if isinstance(conversion, int) and conversion > 0 else conversion
    if letter in ("r", "a"):
        return shown(value)
    return text(value) if letter == "s" else value


def formatted(value: Any, spec: str) -> str:
    """What stands for `{value:spec}`. Widths are limited."""
    if not _SPEC.fullmatch(spec):
        raise SpecError(f"the format {spec[:40]!r} is not allowed", hint="widths and digits have up to two figures")
    if not isinstance(value, (bool, int, float, str)):
        value = text(value)
    try:
        return format(value, spec)[: MAX_TEXT + 1]
    except (TypeError, ValueError, OverflowError) as error:
        raise SpecError(f"cannot format {describe(value)}: {error}") from None


def format_method(pattern: str, args: list[Any], kwargs: dict[str, Any]) -> str:
    """pattern.format(...), with plain fields: numbers and names, no attributes or items."""
    parts: list[str] = []
    length = 0
    try:
        fields = list(Formatter().parse(pattern))
    except ValueError as error:
        raise SpecError(f"format() cannot read {pattern[:40]!r}: {error}") from None
    for place, (literal, field, spec, conversion) in enumerate(_numbered(fields)):
        parts.append(literal)
        if field is not None:
            known: Any = args[int(field)] if field.isdigit() and int(field) < len(args) else kwargs.get(field, parts)
            if known is parts:
                raise SpecError(f"format() is given nothing for the field {{{field[:40]}}}", hint=f"field {place + 1}")
            parts.append(formatted(converted(known, conversion), spec or ""))
            length += len(parts[-1])
            check_text(length)
    return checked("".join(parts))


def _numbered(fields: list[Any]) -> Any:
    count = 0
    for literal, field, spec, conversion in fields:
        if field == "":
            yield literal, str(count), spec, conversion
            count += 1
        else:
            yield literal, field, spec, conversion


def percent(pattern: str, values: Any) -> str:
    """pattern % values."""
    current().spend_on([pattern, values])
    if "%" in _PERCENT.sub("", pattern):
        raise SpecError(f"the format {pattern[:40]!r} is not allowed", hint="widths and digits have up to two figures")
    plain = (bool, int, float, str)
    if isinstance(values, dict):
        values = {key: value if isinstance(value, plain) else text(value) for key, value in values.items()}
    elif isinstance(values, tuple):
        values = tuple(value if isinstance(value, plain) else text(value) for value in values)
    elif not isinstance(values, plain):
        values = text(values)
    try:
        return str(checked(pattern % values))
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise SpecError(f"{pattern[:40]!r} % {describe(values)} fails: {error}") from None
