"""How constants and f-strings are spelt."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any


def constant(value: Any) -> str:
    """The source of a number, a text, a boolean, none or an ellipsis."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, float):
        return _number(value)
    return "..." if value is Ellipsis else repr(value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return f'float("{value}")'
    digits, mark, exponent = repr(value).partition("e")
    return f"{digits}e{int(exponent)}" if mark else digits


def quoted(value: str) -> str:
    """In double quotes, where that takes no more escapes."""
    written = repr(value)
    if written[0] == '"' or '"' in written[1:-1]:
        return written
    inside = written[1:-1].replace("\\'", "'")
    return f'"{inside}"'


def joined_string(node: ast.JoinedStr, expression: Callable[[ast.expr], str]) -> str:
    """An f-string. Params: expression, the source of what stands in its braces."""
    return f'f"{_parts(node, expression)}"'


def _parts(node: ast.JoinedStr, expression: Callable[[ast.expr], str]) -> str:
    written = ""
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            inside = expression(part.value).replace('"', "'")
            how = f"!{chr(part.conversion)}" if part.conversion > 0 else ""
            shown = f":{_parts(part.format_spec, expression)}" if isinstance(part.format_spec, ast.JoinedStr) else ""
            written += f"{{{inside}{how}{shown}}}"
        elif isinstance(part, ast.Constant):
            plain = quoted(str(part.value) + "'")[1:-2].replace("{", "{{").replace("}", "}}")
            written += plain
    return written
