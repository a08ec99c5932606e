"""What may be the key of a dict, or in a set."""

from __future__ import annotations

from typing import Any

from nnbuild.budget import current
from nnbuild.errors import SpecError
from nnbuild.limits import MAX_KEY_BITS
from nnbuild.spec.language.describe import describe


def checked_key(key: Any) -> Any:
    """The key of a dict. Python spreads whole numbers of up to 60 bits evenly; with longer ones a dict can be slow."""
    if isinstance(key, tuple | frozenset):
        current().spend_on(key)
    _check_parts(key)
    try:
        hash(key)
    except TypeError:
        raise SpecError(f"a key is text or a number, not {describe(key)}") from None
    if hasattr(key, "shape"):
        raise SpecError(f"a key is text or a number, not {describe(key)}")
    return key


def _check_parts(key: Any) -> None:
    """Refuse numbers whose hashes can be made alike."""
    if isinstance(key, tuple | frozenset):
        for part in key:
            _check_parts(part)
    elif isinstance(key, int) and key.bit_length() > MAX_KEY_BITS:
        raise SpecError(f"a key of more than {MAX_KEY_BITS} bits", hint="write it as text")
    elif isinstance(key, complex):
        raise SpecError("a key is text or a number that is real", hint="write it as text")
