"""Python's functions on a program's own values: `map`, `next`, `getattr`, `super`, and the modules beside `math`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.limits import MAX_ITEMS
from nnbuild.spec.language import attributes, functions, kinds, records
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.partials import PARTIAL
from nnbuild.spec.language.scope import MISSING, Scope, frame_of
from nnbuild.spec.language.values import Items, Native, Quiet

#: Says that an argument was not given.
_NOTHING = object()


def _map(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Items:
    if len(args) < 2:
        raise SpecError("map takes a function and a list")
    function, *lists = args
    rows = zip(*(caller.items(each, "map") for each in lists), strict=False)
    return Items([caller.call(function, list(row), {}, None, None) for row in rows])


def _filter(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Items:
    if len(args) != 2:
        raise SpecError("filter takes a function and a list")
    function, values = args
    return Items(
        [value for value in caller.items(values, "filter")
         if (value if function is None else caller.call(function, [value], {}, None, None))]
    )  # fmt: skip


def _reduce(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    function, values, *start = args
    items = [*start, *caller.items(values, "reduce")]
    if not items:
        raise SpecError("reduce of an empty list without a start")
    total = items[0]
    for item in items[1:]:
        total = caller.call(function, [total, item], {}, None, None)
    return total


def _iter(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Items:
    return args[0] if isinstance(args[0], Items) else Items(caller.items(args[0], "iter"))


def _next(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value, *default = args
    found = next(value if isinstance(value, Items) else iter(caller.items(value, "next")), _NOTHING)
    if found is not _NOTHING:
        return found
    if default:
        return default[0]
    error = SpecError("next() of an iterator that is at its end")
    error.python = "StopIteration"
    raise error


def _getattr(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value, name, *default = args
    if not isinstance(name, str):
        raise SpecError(f"getattr wants a name and gets {describe(name)}")
    if not default:
        return caller.attribute(value, name)
    return attributes.found(caller, value, name, default[0])


def _hasattr(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> bool:
    value, name = args
    return attributes.found(caller, value, name, _NOTHING) is not _NOTHING


def _setattr(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
    caller.set_attribute(*args)


def _len(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> int:
    (value,) = args
    own = getattr(type(value), "source_class", None)
    special = own.find("__len__") if own is not None else None
    if hasattr(special, "call_with"):
        return int(caller.call(special, [value], {}, None, None))
    if hasattr(value, "language_items") or hasattr(value, "_modules"):
        return len(caller.items(value, "len")) if not hasattr(type(value), "__len__") else len(value)
    return int(caller.call(functions.NAMES["len"], args, kwargs, None, None))


def _names_in(value: Any) -> list[str]:
    own = getattr(value, "names", None)
    if own is not None:
        return list(own())
    members = [*getattr(value, "_modules", ()), *getattr(value, "_own", ()), *getattr(value, "fields", ())]
    return [str(name) for name in members]


class _Super:
    """`super()` and `super(Class, self)`, which look at the function that they stand in."""

    described = "the function super"

    def call_in(self, scope: Scope, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """What the classes behind have."""
        from nnbuild.spec.language.classes import Super

        frame = frame_of(scope)
        while frame is not None and frame.owner is None:
            frame = frame_of(frame.parent)
        owner, receiver = args if len(args) == 2 else (getattr(frame, "owner", None), getattr(frame, "first", None))
        if owner is None or not hasattr(owner, "lineage"):
            raise SpecError("super() stands in the methods of a class")
        return Super(owner, receiver)


class _Locals:
    """`locals()`: the names of the function so far."""

    described = "the function locals"

    def call_in(self, scope: Scope, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A dict of them."""
        frame = frame_of(scope)
        return dict(frame.values) if frame is not None else {}


class _Globals:
    """`globals()`: the names of the file, each by itself."""

    described = "the function globals"

    def call_in(self, scope: Scope, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """What can be asked for a name."""
        while not scope.is_module and scope.parent is not None:
            scope = scope.parent
        return _FileNames(scope)


class _FileNames:
    """The names of a file, as a dict that is only asked."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    described = "the names of the file"

    def language_item(self, caller: Any, index: Any) -> Any:
        """names["Net"]."""
        value = self._scope.own(index) if isinstance(index, str) else MISSING
        if value is MISSING:
            raise caller.unknown(str(index), self._scope)
        return value

    def language_contains(self, caller: Any, value: Any) -> bool:
        """ "Net" in names."""
        return isinstance(value, str) and self._scope.own_has(value)

    def language_get(self, caller: Any, name: str) -> Any:
        """`get`."""
        return Native(name, lambda caller, args, kwargs: self.language_item(caller, args[0]))


def _copied(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from copy import deepcopy

    return deepcopy(args[0])


def _copy(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from copy import copy, deepcopy

    return deepcopy(args[0]) if hasattr(args[0], "_modules") else copy(args[0])


def _bounded(name: str, function: Callable[..., Iterable[Any]]) -> Native:
    """One of itertools, its items within the limit."""

    def call(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Items:
        lists = [_walked(caller, arg) for arg in args]
        try:
            found = list(itertools.islice(function(*map(caller.python, lists), **kwargs), MAX_ITEMS + 1))
        except (TypeError, ValueError) as error:
            raise SpecError(f"{name} cannot be called so: {error}") from None
        if len(found) > MAX_ITEMS:
            raise SpecError(f"{name} gives more than {MAX_ITEMS:,} items")
        caller.budget.spend(len(found))
        return Items(found)

    return Native(name, call)


def _walked(caller: Any, value: Any) -> Any:
    listed = isinstance(value, Items) or hasattr(value, "_modules") or hasattr(value, "language_items")
    return caller.items(value) if listed else value


def _count(start: int = 0, step: int = 1) -> range:
    return range(start, start + step * MAX_ITEMS, step)


ITERTOOLS: dict[str, Any] = {
    name: _bounded(name, getattr(itertools, name))
    for name in ("product", "islice", "pairwise", "zip_longest", "combinations", "permutations", "starmap", "takewhile",
                 "dropwhile", "compress", "batched") if hasattr(itertools, name)
}  # fmt: skip
ITERTOOLS["chain"] = Native(
    "chain",
    lambda caller, args, kwargs: Items([item for each in args for item in caller.items(each, "chain")]),
    {"from_iterable": Native("from_iterable", lambda caller, args, kwargs: Items(
        [item for each in caller.items(args[0], "chain") for item in caller.items(each, "chain")]))},
)  # fmt: skip
ITERTOOLS["accumulate"] = functions.NAMES["accumulate"]
ITERTOOLS["count"] = Native("count", lambda caller, args, kwargs: Items(_count(*args, **kwargs)))
ITERTOOLS["cycle"] = Native("cycle", lambda caller, args, kwargs: Items(
    itertools.islice(itertools.cycle(caller.items(args[0], "cycle")), MAX_ITEMS)))  # fmt: skip
ITERTOOLS["repeat"] = Native("repeat", lambda caller, args, kwargs: Items(
    itertools.repeat(args[0], min(args[1] if len(args) > 1 else kwargs.get("times", MAX_ITEMS), MAX_ITEMS)))
)  # fmt: skip

FUNCTOOLS: dict[str, Any] = {
    "partial": PARTIAL, "reduce": Native("reduce", _reduce), "wraps": Quiet("wraps"), "lru_cache": Quiet("lru_cache"),
    "cache": Quiet("cache"), "update_wrapper": Quiet("update_wrapper"),
}  # fmt: skip

COPY: dict[str, Any] = {"deepcopy": Native("deepcopy", _copied), "copy": Native("copy", _copy)}

OPERATOR: dict[str, Any] = {
    name: Native(name, lambda caller, args, kwargs, symbol=symbol: caller.operate(symbol, *args))  # type: ignore[misc]
    for name, symbol in (("add", "Add"), ("sub", "Sub"), ("mul", "Mult"), ("truediv", "Div"), ("floordiv", "FloorDiv"))
}
OPERATOR["itemgetter"] = Native("itemgetter", lambda caller, args, kwargs: Native(
    "itemgetter", lambda caller, values, kwargs: caller.plain_item(values[0], args[0])))  # fmt: skip

_ERRORS = """Exception ValueError TypeError KeyError IndexError AttributeError NotImplementedError RuntimeError
    AssertionError ImportError ModuleNotFoundError StopIteration ZeroDivisionError Warning UserWarning
    DeprecationWarning FutureWarning""".split()  # noqa: SIM905

#: What every program knows, beside the functions on plain values.
NAMES: dict[str, Any] = {
    "map": Native("map", _map), "filter": Native("filter", _filter), "iter": Native("iter", _iter),
    "next": Native("next", _next), "getattr": Native("getattr", _getattr), "setattr": Native("setattr", _setattr),
    "hasattr": Native("hasattr", _hasattr),
    "len": Native("len", _len), "id": Native("id", lambda caller, args, kwargs: id(args[0])),
    "dir": Native("dir", lambda caller, args, kwargs: sorted(_names_in(args[0]))),
    "vars": Native("vars", lambda caller, args, kwargs: caller.attribute(args[0], "__dict__")),
    **kinds.NAMES,
}  # fmt: skip

#: What files of Python know more.
SOURCE_NAMES: dict[str, Any] = {
    "super": _Super(), "locals": _Locals(), "print": Quiet("print"), "True": True, "False": False, "None": None,
    "NotImplemented": Quiet("NotImplemented"), "Ellipsis": ..., "__name__": "module", "__file__": "module.py",
    "globals": _Globals(),
    **{name: Quiet(name) for name in _ERRORS}, **NAMES,
    "field": records.NAMES["field"],
}  # fmt: skip
