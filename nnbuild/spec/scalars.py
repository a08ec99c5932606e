"""What a plain scalar is: none, a boolean, a number, or else text to read as an expression.

YAML 1.1 would take `010` for 8, `3:3` for 183, `on` for true and `1e-5` for text. Here numbers are written as in Python
and torch, `true`/`True` and `false`/`False` are the booleans, and `None`, `null`, `~` and nothing at all are none.
"""

from __future__ import annotations

import re
from typing import Any

WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "None": None,
    "true": True, "True": True, "false": False, "False": False,
    ".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan"),
}  # fmt: skip

_INT = re.compile(r"[-+]?(0|[1-9]\d*(_\d+)*)")
_FLOAT = re.compile(r"[-+]?(\d+(_\d+)*\.\d*|\.\d+|\d+(?=[eE]))([eE][-+]?\d+)?")


class _Expression:
    def __repr__(self) -> str:
        return "EXPRESSION"


#: Says that the text is none of the constants.
EXPRESSION = _Expression()


def constant(text: str) -> Any:
    """The value that a plain scalar spells, or EXPRESSION."""
    if text in WORDS:
        return WORDS[text]
    if text[0] in "+-.0123456789" and len(text) <= 80 and text.isascii():
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return EXPRESSION


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
    """What to write instead of a scalar that looks like a value and is none."""
    for pattern, hint in _TRAPS:
        if re.fullmatch(pattern, text):
            return hint.format(stripped=text.lstrip("+-0") or "0", lower=text.lower())
    return None
