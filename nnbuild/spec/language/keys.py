"""What may be the key of a dict, or in a set."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import SpecError
from nnbuild.limits import MAX_KEY_BITS
from nnbuild.spec.language.describe import describe


def checked_key(key: Any) -> Any:
    """The key of a dict. Python spreads whole numbers of up to 60 bits evenly; with longer ones a dict can be slow."""
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, int) and part.bit_length() > MAX_KEY_BITS:
            raise SpecError(f"a key of more than {MAX_KEY_BITS} bits", hint="write it as text")
    try:
        hash(key)
    except TypeError:
        raise SpecError(f"a key is text or a number, not {describe(key)}") from None
    if hasattr(key, "shape"):
        raise SpecError(f"a key is text or a number, not {describe(key)}")
    return key
