"""The functions that expressions and forwards may call: some of Python's, some of math's, each within the limits.

They work on plain values. Given a tensor, `max`, `sum`, `abs`, ... of the same name among the ops is called instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from typing import Any

from nnbuild.budget import Budget
from nnbuild.errors import PYTHONS_WORDS, SpecError, suggestion
from nnbuild.limits import MAX_ITEMS, MAX_KEY_BITS, MAX_TEXT
from nnbuild.spec.language.arithmetic import checked
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.tensors import operate


class Function:
    """A named function on plain values. Called as `function.call(budget, args, kwargs)`."""

    __slots__ = ("call", "name")

    def __init__(self, name: str, call: Callable[[Budget, list[Any], dict[str, Any]], Any]) -> None:
        self.name = name
        self.call = call

    @property
    def described(self) -> str:
        return f"the function {self.name}"


def _plain(name: str, python: Callable[..., Any]) -> Function:
    """A function of Python on values whose sizes have been counted. None of them is ever called by it."""

    def call(budget: Budget, args: list[Any], kwargs: dict[str, Any]) -> Any:
        budget.spend_on(args)
        budget.spend_on(kwargs)
        if "key" in kwargs and kwargs["key"] is not None:
            raise SpecError(f"{name} takes no key", hint="compute what is compared in a list of its own")
        try:
            result = python(*args, **kwargs)
        except PYTHONS_WORDS as error:
            given = ", ".join(map(describe, args))
            raise SpecError(f"{name}({given}) cannot be computed: {error}") from None
        return checked(result)

    return Function(name, call)


def _range(*args: Any) -> range:
    if any(isinstance(arg, float) for arg in args):
        raise TypeError("whole numbers are wanted, not fractions; divide with // instead of /")
    result = range(*args)
    if len(result) > MAX_ITEMS:
        raise SpecError(f"range of {len(result):,} items is longer than {MAX_ITEMS:,}")
    return result


def _round(number: Any, digits: Any = None) -> Any:
    if digits is not None and (not isinstance(digits, int) or abs(digits) > 100):
        raise ValueError(f"digits are a whole number up to 100, got {describe(digits)}")
    return round(number, digits)


def _str(value: Any = "") -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, (bool, int, float)):
        return str(value)
    raise TypeError(f"only numbers and text become text, got {describe(value)}")


def _int(value: Any = 0) -> int:
    if isinstance(value, str) and len(value) > 100:
        raise ValueError("the text is too long")
    return int(value)


def _dict(*args: Any, **kwargs: Any) -> dict[Any, Any]:
    if len(args) == 1 and not isinstance(args[0], dict):
        args = ([(checked_key(key), value) for key, value in args[0]],)
    return dict(*args, **kwargs)


def checked_key(key: Any) -> Any:
    """The key of a dict. Python spreads whole numbers of up to 60 bits evenly; with longer ones a dict can be slow."""
    if not isinstance(key, (str, int, float, bool, type(None))):
        raise SpecError(f"a key is text or a number, not {describe(key)}")
    if isinstance(key, int) and key.bit_length() > MAX_KEY_BITS:
        raise SpecError(f"a key of more than {MAX_KEY_BITS} bits", hint="write it as text")
    return key


def _lcm(*numbers: Any) -> int:
    total = 1
    for number in numbers:
        total = checked(math.lcm(total, number))
    return total


def _folding(name: str, operator: str, start: Any, keep: bool = False) -> Function:
    """A function that joins the items of a list from the left: the last total, or `keep` them all."""

    def call(budget: Budget, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if not 1 <= len(args) <= 2 or set(kwargs) - {"start", "initial"} or len(args) + len(kwargs) > 2:
            raise SpecError(f"{name} takes a list and a start")
        total = args[1] if len(args) == 2 else next(iter(kwargs.values()), start)
        totals = [] if total is None else [total]
        for item in iterate(args[0], name):
            budget.spend()
            totals.append(operate(operator, totals[-1], item, budget) if totals else item)
        return totals if keep else totals[-1]

    return Function(name, call)


def iterate(value: Any, what: str) -> Collection[Any]:
    """The items of a list, tuple, dict, range or text."""
    if isinstance(value, (list, tuple, dict, range, str)):
        return value
    raise SpecError(f"{what} wants a list and gets {describe(value)}")


def _listed(python: Callable[..., Iterable[Any]]) -> Callable[..., list[Any]]:
    return lambda *args, **kwargs: list(python(*args, **kwargs))


_PYTHON: dict[str, Callable[..., Any]] = {
    "int": _int, "float": float, "bool": bool, "str": _str, "abs": abs, "round": _round, "divmod": divmod,
    "max": max, "min": min, "len": len, "any": any, "all": all,
    "range": _range, "list": list, "tuple": tuple, "dict": _dict, "OrderedDict": _dict,
    "sorted": sorted, "reversed": _listed(reversed), "enumerate": _listed(enumerate), "zip": _listed(zip),
}  # fmt: skip

_MATH = (
    "sqrt", "ceil", "floor", "trunc", "log", "log2", "log10", "exp", "sin", "cos", "tan", "atan2", "gcd",
    "hypot", "isfinite", "isinf", "isnan", "fabs", "pow",
)  # fmt: skip

MATH: dict[str, Any] = {
    **{name: _plain(name, getattr(math, name)) for name in _MATH}, "lcm": _plain("lcm", _lcm),
    "prod": _folding("prod", "Mult", 1), "pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan,
}  # fmt: skip

#: Names that stand for themselves everywhere.
NAMES: dict[str, Any] = {
    **{name: _plain(name, python) for name, python in _PYTHON.items()},
    **{name: MATH[name] for name in ("sqrt", "ceil", "floor", "log", "log2", "exp")},
    "sum": _folding("sum", "Add", 0), "prod": MATH["prod"],
    "accumulate": _folding("accumulate", "Add", None, keep=True),
    "true": True, "false": False, "null": None,
}  # fmt: skip

NP: dict[str, Any] = {name: MATH[name] for name in ("sqrt", "ceil", "floor", "log", "log2", "exp", "prod", "pi", "inf")}

_METHODS: dict[type, tuple[str, ...]] = {
    str: ("startswith", "endswith", "lower", "upper"),
    list: ("index", "count"),
    tuple: ("index", "count"),
    dict: ("keys", "values", "items", "get"),
}
_CHANGING: dict[type, tuple[str, ...]] = {
    list: ("append", "extend", "insert", "pop", "reverse"),
    dict: ("update", "pop"),
}


_COPYING = ("keys", "values", "items")


def method(value: Any, name: str, args: list[Any], kwargs: dict[str, Any], budget: Budget, changing: bool) -> Any:
    """value.name(...) for texts, lists and dicts; those that change the value only where `changing`."""
    kind = next((kind for kind in _METHODS if isinstance(value, kind)), None)
    known = _METHODS.get(kind, ()) if kind else ()
    allowed = (*known, *_CHANGING.get(kind, ())) if changing and kind else known
    if kind is None or name not in allowed:
        hint = suggestion(name, allowed) or (f"there are {', '.join(allowed)}" if allowed else None)
        raise SpecError(f"{describe(value)} has no {name}()", hint=hint)
    budget.spend_on([value, args, kwargs] if name in ("index", "count") else [args, kwargs])
    budget.spend(len(value) // (1 if name in _COPYING else 100))
    try:
        if name == "update":
            args = [_dict(*args)] if args else args
        result = getattr(value, name)(*args, **kwargs)
    except PYTHONS_WORDS as error:
        raise SpecError(f"{name}() on {describe(value)} fails: {error}") from None
    checked(value)
    return list(result) if name in ("keys", "values", "items") else checked(result)


def format_text(value: Any, spec: str) -> str:
    """What stands for `{value:spec}` in an f-string. Widths are limited."""
    import re

    if not re.fullmatch(r"[ +\-<>^=,]{0,2}#?0?\d{0,2}(\.\d{1,2})?[a-zA-Z%]?", spec):
        raise SpecError(f"the format {spec[:40]!r} is not allowed", hint="widths and digits have up to two figures")
    if not (value is None or isinstance(value, (bool, int, float, str))):
        raise SpecError(f"only numbers and text go into a text, not {describe(value)}")
    try:
        return format(value, spec)[: MAX_TEXT + 1]
    except (TypeError, ValueError, OverflowError) as error:
        raise SpecError(f"cannot format {describe(value)}: {error}") from None
