"""Texts that look like values and are none: `010`, `3:3`, `on`."""

from __future__ import annotations

import re

_TRAPS = (
    (r"[-+]?0\d+", "write {stripped}, or 0o{stripped} for octal; as text, quote it"),
    (r"\d+(:\d+)+", "as text, quote it; a slice stands in brackets"),
    (r"(?i)on|yes", "write true; as text, quote it"),
    (r"(?i)off|no", "write false; as text, quote it"),
    (r"TRUE|FALSE|NULL", "write {lower}; as text, quote it"),
    (r"(?i)[-+]?\.?inf(inity)?", "write .inf or float('inf')"),
    (r"(?i)\.?nan", "write .nan or float('nan')"),
)


def advice(text: str) -> str | None:
    """What to write instead of a text that looks like a value and is none."""
    for pattern, hint in _TRAPS:
        if re.fullmatch(pattern, text):
            return hint.format(stripped=text.lstrip("+-0") or "0", lower=text.lower())
    return None
