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
