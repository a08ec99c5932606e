"""The functions that expressions and forwards may call: some of Python's, some of math's, each within the limits.

They work on plain values. Given a tensor, `max`, `sum`, `abs`, ... of the same name among the ops is called instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from nnbuild.budget import Budget
from nnbuild.errors import PYTHONS_WORDS, NnbuildError, SpecError
from nnbuild.limits import MAX_BITS, MAX_ITEMS
from nnbuild.spec.language.arithmetic import binary
from nnbuild.spec.language.bounds import checked
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.keys import checked_key
from nnbuild.spec.language.tensors import operate
from nnbuild.spec.language.texts import shown, text


class Function:
    """A named function on plain values. Called as `function.call(budget, args, kwargs)`."""

    __slots__ = ("call", "name")

    def __init__(self, name: str, call: Callable[[Budget, list[Any], dict[str, Any]], Any]) -> None:
        self.name = name
        self.call = call

    @property
    def described(self) -> str:
        return f"the function {self.name}"


def plain(name: str, python: Callable[..., Any]) -> Function:
    """A function of Python on values whose sizes have been counted."""

    def call(budget: Budget, args: list[Any], kwargs: dict[str, Any]) -> Any:
        budget.spend_on(args)
        budget.spend_on(kwargs)
        try:
            result = python(*args, **kwargs)
        except NnbuildError:
            raise
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


def _int(value: Any = 0) -> int:
    if isinstance(value, str) and len(value) > 100:
        raise ValueError("the text is too long")
    return int(value)


def _str(value: Any = "") -> str:
    return text(value)


def _pow(base: Any, exponent: Any) -> Any:
    from nnbuild.budget import current

    return binary("Pow", base, exponent, current())


def _dict(*args: Any, **kwargs: Any) -> dict[Any, Any]:
    if len(args) == 1 and not isinstance(args[0], dict):
        args = ([(checked_key(key), value) for key, value in args[0]],)
    return dict(*args, **kwargs)


def _set(values: Any = ()) -> set[Any]:
    return {checked_key(value) for value in values}


def _lcm(*numbers: Any) -> int:
    total = 1
    for number in numbers:
        total = checked(math.lcm(total, number))
    return total


def _comb(number: int, chosen: int) -> int:
    if min(chosen, number - chosen) > MAX_BITS:
        raise ValueError(f"the number grows beyond {MAX_BITS} bits")
    return math.comb(number, chosen)


def _factorial(number: Any) -> int:
    if not isinstance(number, int) or number > 50:
        raise ValueError(f"a whole number up to 50 is wanted, got {describe(number)}")
    return math.factorial(number)


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


def iterate(value: Any, what: str) -> Iterable[Any]:
    """The items of a list, tuple, dict, set, range, text or iterator."""
    if isinstance(value, (list, tuple, dict, range, str, set, frozenset)) or hasattr(value, "__next__"):
        return value  # type: ignore[no-any-return]
    raise SpecError(f"{what} wants a list and gets {describe(value)}")


def _listed(python: Callable[..., Iterable[Any]]) -> Callable[..., list[Any]]:
    return lambda *args, **kwargs: list(python(*args, **kwargs))


_PYTHON: dict[str, Callable[..., Any]] = {
    "int": _int, "float": float, "bool": bool, "str": _str, "repr": shown, "abs": abs, "round": _round,
    "divmod": divmod,
    "max": max, "min": min, "len": len, "any": any, "all": all, "set": _set, "slice": slice,
    "frozenset": lambda values=(): frozenset(_set(values)),
    "range": _range, "list": list, "tuple": tuple, "dict": _dict, "OrderedDict": _dict, "pow": _pow,
    "sorted": sorted, "reversed": _listed(reversed), "enumerate": _listed(enumerate), "zip": _listed(zip),
}  # fmt: skip

_MATH = (
    "sqrt", "ceil", "floor", "trunc", "log", "log2", "log10", "exp", "sin", "cos", "tan", "atan2", "gcd",
    "hypot", "isfinite", "isinf", "isnan", "fabs", "pow", "isclose", "tanh", "sinh", "cosh", "asin", "acos", "atan",
    "erf",    "log1p", "expm1", "isqrt", "radians", "degrees", "copysign", "fmod", "dist", "modf",
)  # fmt: skip

MATH: dict[str, Any] = {
    **{name: plain(name, getattr(math, name)) for name in _MATH}, "lcm": plain("lcm", _lcm),
    "comb": plain("comb", _comb),
    "prod": _folding("prod", "Mult", 1), "pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan,
    "tau": math.tau, "factorial": plain("factorial", _factorial), "fsum": _folding("fsum", "Add", 0.0),
}  # fmt: skip

#: Names that stand for themselves everywhere.
NAMES: dict[str, Any] = {
    **{name: plain(name, python) for name, python in _PYTHON.items()},
    **{name: MATH[name] for name in ("sqrt", "ceil", "floor", "log", "log2", "exp")},
    "sum": _folding("sum", "Add", 0), "prod": MATH["prod"],
    "accumulate": _folding("accumulate", "Add", None, keep=True),
    "true": True, "false": False, "null": None,
}  # fmt: skip

NP: dict[str, Any] = {name: MATH[name] for name in ("sqrt", "ceil", "floor", "log", "log2", "exp", "prod", "pi", "inf")}
