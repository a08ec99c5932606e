"""Methods of texts, lists, dicts and sets."""

from __future__ import annotations

from typing import Any

from nnbuild.budget import Budget
from nnbuild.errors import SpecError, suggestion
from nnbuild.limits import MAX_TEXT
from nnbuild.spec.language import texts
from nnbuild.spec.language.bounds import check_text, checked
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.keys import checked_key

_KINDS: dict[type, tuple[str, ...]] = {
    str: ("startswith", "endswith", "lower", "upper", "title", "capitalize", "strip", "lstrip", "rstrip", "split",
          "rsplit", "splitlines", "partition", "rpartition", "join", "replace", "format", "find", "rfind", "index",
          "count", "isdigit", "isnumeric", "isalpha", "isalnum", "isidentifier", "islower", "isupper", "zfill",
          "removeprefix", "removesuffix", "swapcase"),
    list: ("index", "count", "copy"),
    tuple: ("index", "count"),
    range: ("index", "count"),
    dict: ("keys", "values", "items", "get", "copy"),
    set: ("union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset", "isdisjoint",
          "copy"),
    frozenset: ("union", "intersection", "difference", "issubset", "issuperset", "isdisjoint"),
    float: ("is_integer",),
    int: ("bit_length",),
}  # fmt: skip
_CHANGING: dict[type, tuple[str, ...]] = {
    list: ("append", "extend", "insert", "pop", "remove", "reverse", "sort", "clear"),
    dict: ("update", "pop", "setdefault", "clear", "popitem", "move_to_end"),
    set: ("add", "remove", "discard", "update", "pop", "clear"),
}


_COPYING = (
    "keys", "values", "items", "copy", "reverse", "union", "intersection", "difference", "symmetric_difference",
    "issubset", "issuperset", "isdisjoint",
)  # fmt: skip


def method_names(value: Any) -> tuple[str, ...]:
    """The methods that the value has."""
    kind = next((kind for kind in _KINDS if isinstance(value, kind) and not isinstance(value, bool)), None)
    return (*_KINDS[kind], *_CHANGING.get(kind, ())) if kind else ()


class Method:
    """A method of a plain value, not called yet: `append = layers.append`."""

    __slots__ = ("name", "value")

    def __init__(self, value: Any, name: str) -> None:
        self.value = value
        self.name = name

    @property
    def described(self) -> str:
        return f"the method {self.name}"

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """What the method gives."""
        return method(self.value, self.name, args, kwargs, caller.budget, caller.changing)


def method(value: Any, name: str, args: list[Any], kwargs: dict[str, Any], budget: Budget, changing: bool) -> Any:
    """value.name(...); those that change the value only where `changing`."""
    allowed = method_names(value)
    if not changing:
        allowed = tuple(each for each in allowed if all(each not in names for names in _CHANGING.values()))
    if name not in allowed:
        hint = suggestion(name, allowed) or (f"there are {', '.join(allowed)}" if allowed else None)
        raise SpecError(f"{describe(value)} has no {name}()", hint=hint)
    budget.spend_on([value, args, kwargs] if name in ("index", "count", "remove", "sort") else [args, kwargs])
    if hasattr(value, "__len__"):
        budget.spend(len(value) // (1 if name in _COPYING else 100))
    if isinstance(value, str):
        return _of_text(value, name, args, kwargs)
    try:
        if isinstance(value, dict):
            result = _of_dict(value, name, args, kwargs)
        elif isinstance(value, set | frozenset):
            result = _of_set(value, name, args, kwargs)
        else:
            result = getattr(value, name)(*args, **kwargs)
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
        raise _failed(value, name, error) from None
    checked(value)
    return list(result) if name in ("keys", "values", "items") else checked(result)


def _of_dict(value: dict[Any, Any], name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if name == "move_to_end":
        checked_key(args[0])
        value[args[0]] = value.pop(args[0])
        return None
    if name == "update" and args and not isinstance(args[0], dict):
        args = [{checked_key(key): item for key, item in args[0]}]
    if name in ("setdefault", "get", "pop") and args:
        checked_key(args[0])
    return getattr(value, name)(*args, **kwargs)


def _of_set(value: set[Any] | frozenset[Any], name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if name in ("add", "remove", "discard"):
        args = [checked_key(arg) for arg in args]
    elif name != "pop":
        args = [arg if isinstance(arg, dict | set | frozenset) else [checked_key(key) for key in arg] for arg in args]
    return getattr(value, name)(*args, **kwargs)


def _of_text(value: str, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if name == "format":
        return texts.format_method(value, args, kwargs)
    try:
        if name == "join":
            args = [list(args[0])] if len(args) == 1 else args
            check_text(sum(len(part) + len(value) for part in args[0]))
        if name == "replace" and value.count(args[0]) * len(args[1]) > MAX_TEXT:
            check_text(MAX_TEXT + 1)
        if name == "zfill" and (not isinstance(args[0], int) or args[0] > MAX_TEXT):
            check_text(MAX_TEXT + 1)
        return checked(getattr(value, name)(*args, **kwargs))
    except (TypeError, ValueError, LookupError) as error:
        raise _failed(value, name, error) from None


def _failed(value: Any, name: str, error: Exception) -> SpecError:
    failed = SpecError(f"{name}() on {describe(value)} fails: {error}")
    failed.python = type(error).__name__
    return failed
