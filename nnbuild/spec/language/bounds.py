"""How large a computed value may be."""

from __future__ import annotations

from typing import TypeVar

from nnbuild.errors import SpecError
from nnbuild.limits import MAX_BITS, MAX_ITEMS, MAX_TEXT

T = TypeVar("T")


def checked(value: T) -> T:
    """The value, if it is within the limits."""
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise SpecError(f"the number grows beyond {MAX_BITS} bits")
    if isinstance(value, str):
        check_text(len(value))
    if isinstance(value, (list, tuple, dict, set, frozenset)) and len(value) > MAX_ITEMS:
        raise SpecError(f"the list grows beyond {MAX_ITEMS:,} items")
    if isinstance(value, complex):
        raise SpecError("the result is a complex number", hint="a root of a negative number?")
    return value


def check_text(length: int) -> None:
    """Raises SpecError for a computed text of too many characters."""
    if length > MAX_TEXT:
        raise SpecError(f"the text grows beyond {MAX_TEXT:,} characters")
