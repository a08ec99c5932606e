"""Names in a written spec: of layers, blocks and tensors."""

from __future__ import annotations

import keyword
from collections.abc import Iterable

#: Words that mean something else in every program.
_RESERVED = frozenset((*keyword.kwlist, "self", "torch", "nn", "F", "math", "training", "slice", "N"))


def identifier(name: str, taken: Iterable[str] = (), start: str = "layer") -> str:
    """A name that a program can say, none of those that are taken. Params: start, put before a number."""
    plain = "".join(letter if (letter.isalnum() and letter.isascii()) or letter == "_" else "_" for letter in name)
    plain = f"{start}{plain}" if not plain or plain[0].isdigit() else plain
    plain = plain.lstrip("_") or start
    known = set(taken)
    found, count = plain if plain not in _RESERVED else f"{plain}_", 1
    while found in known:
        count += 1
        found = f"{plain}_{count}"
    return found
