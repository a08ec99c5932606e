"""Python's operators on numbers, texts and lists, with limits, so that no expression can exhaust the machine."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from nnbuild.budget import Budget
from nnbuild.errors import SpecError
from nnbuild.limits import MAX_BITS, MAX_ITEMS, MAX_TEXT
from nnbuild.spec.language.bounds import checked
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.texts import percent

SYMBOLS = {
    "Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**", "MatMult": "@",
    "LShift": "<<", "RShift": ">>", "BitAnd": "&", "BitOr": "|", "BitXor": "^",
    "Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=",
    "Is": "is", "IsNot": "is not", "In": "in", "NotIn": "not in",
    "Not": "not ", "Invert": "~", "UAdd": "+", "USub": "-",
}  # fmt: skip

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add, "Sub": operator.sub, "Mult": operator.mul, "Div": operator.truediv,
    "FloorDiv": operator.floordiv, "Mod": operator.mod, "Pow": operator.pow, "LShift": operator.lshift,
    "RShift": operator.rshift, "BitAnd": operator.and_, "BitOr": operator.or_, "BitXor": operator.xor,
}  # fmt: skip

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "Eq": operator.eq, "NotEq": operator.ne, "Lt": operator.lt, "LtE": operator.le, "Gt": operator.gt,
    "GtE": operator.ge, "In": lambda left, right: left in right, "NotIn": lambda left, right: left not in right,
}  # fmt: skip

_HASHED = (dict, set, frozenset)

_UNARY: dict[str, Callable[[Any], Any]] = {"UAdd": operator.pos, "USub": operator.neg, "Invert": operator.invert}


def binary(name: str, left: Any, right: Any, budget: Budget) -> Any:
    """left OP right for plain values. Raises SpecError for what does not go together or grows too large."""
    if name == "Mod" and isinstance(left, str):
        return percent(left, right)
    if isinstance(left, (list, tuple, str)) or isinstance(right, (list, tuple, str)):
        _check_sequences(name, left, right, budget)
    elif name in ("Pow", "LShift"):
        _check_growth(name, left, right)
    elif isinstance(left, _HASHED) and isinstance(right, _HASHED):
        budget.spend(len(left) + len(right))
    operation = _BINARY.get(name)
    try:
        result = operation(left, right) if operation else NotImplemented
    except ZeroDivisionError:
        error = SpecError(f"division by zero: {describe(left)} {SYMBOLS[name]} {describe(right)}")
        error.python = "ZeroDivisionError"
        raise error from None
    except (TypeError, ValueError, OverflowError) as error:
        raise _mismatch(name, left, right, error) from None
    if result is NotImplemented:
        raise _mismatch(name, left, right, None)
    return result if isinstance(left, complex) or isinstance(right, complex) else checked(result)


def compare(name: str, left: Any, right: Any, budget: Budget) -> bool:
    """left OP right, as true or false."""
    if name in ("Is", "IsNot"):
        same = left is right or (type(left) is type(right) and type(left) in (str, int) and left == right)
        return same is (name == "Is")
    for side in (left, right):
        if isinstance(side, (list, tuple, dict, str, range, set, frozenset)):
            budget.spend_on(side)
    try:
        return bool(_COMPARE[name](left, right))
    except (TypeError, ValueError, OverflowError) as error:
        raise _mismatch(name, left, right, error) from None


def unary(name: str, value: Any) -> Any:
    """OP value, for numbers."""
    try:
        return _UNARY[name](value) if isinstance(value, complex) else checked(_UNARY[name](value))
    except TypeError:
        raise SpecError(f"{SYMBOLS[name]} wants a number and gets {describe(value)}") from None


def _mismatch(name: str, left: Any, right: Any, error: Exception | None) -> SpecError:
    if isinstance(error, OverflowError):
        return SpecError(f"the number grows too large: {describe(left)} {SYMBOLS[name]} {describe(right)}")
    reason = f": {error}" if isinstance(error, ValueError) else ""
    return SpecError(f"{SYMBOLS[name]} does not work on {describe(left)} and {describe(right)}{reason}")


def _check_growth(name: str, left: Any, right: Any) -> None:
    """Refuse powers and shifts before they are computed."""
    if not (isinstance(left, int) and isinstance(right, int)) or right <= 0:
        return
    bits = left.bit_length() + right if name == "LShift" else (abs(left).bit_length() - 1) * right
    if bits > MAX_BITS and left:
        raise SpecError(f"{describe(left)} {SYMBOLS[name]} {describe(right)} grows beyond {MAX_BITS} bits")


def _check_sequences(name: str, left: Any, right: Any, budget: Budget) -> None:
    """Refuse repeats before they are made."""
    if name == "Mult":
        count, items = (left, right) if isinstance(left, int) else (right, left)
        if isinstance(count, int) and isinstance(items, (list, tuple, str)):
            length = max(0, count) * len(items)
            limit = MAX_TEXT if isinstance(items, str) else MAX_ITEMS
            if length > limit:
                raise SpecError(f"{describe(items)} repeated {count:,} times is longer than {limit:,}")
            budget.spend(length)
    else:
        budget.spend(sum(len(side) for side in (left, right) if isinstance(side, (list, tuple, str))))
