"""Versions of libraries, which source compares: `version.parse(torch.__version__) >= version.parse("2.0.0")`."""

from __future__ import annotations

import re
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.values import Native

_NUMBERS = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,9}")


def _version(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> tuple[int, ...]:
    """A version as its numbers, which compare as versions do: 2.0 and 2.0.0 are one."""
    (value,) = [*args, *kwargs.values()]
    found = _NUMBERS.match(value.removeprefix("v")) if isinstance(value, str) else None
    if found is None:
        raise SpecError(f"a version is a text such as '2.1.0', not {describe(value)}")
    numbers = [int(part) for part in found[0].split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


PACKAGING = {name: Native(name, _version) for name in ("parse", "Version")}
DISTUTILS = {name: Native(name, _version) for name in ("LooseVersion", "StrictVersion")}
