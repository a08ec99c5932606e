"""The arguments of a kernel by name: a call is bound to them once, and everything after reads them there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

_MISSING: Any = object()
_TAKES_THE_REST, _TAKES_OPTIONS = 4, 8  # flags of code objects

#: What an argument is annotated with that is a tensor, and one that may be left out too.
_TENSORS = ("np.ndarray", "Tensor")
_OPTIONAL_TENSORS = ("np.ndarray | None",)

#: What an argument is annotated with that no tensor with axes can stand for.
_PLAIN = frozenset(f"{kind}{none}" for kind in ("bool", "int", "float") for none in ("", " | None"))


class Signature:
    """A kernel's arguments.

    names: all of them, in order. required: those without a default. rest: the one that takes what positions are left
    over, as in `view(input, *size)`; by name it takes one sequence, as torch's `size=` does. tensors: those that must
    be tensors, optional_tensors: those that may be None beside, plain: numbers, by the kernel's annotations.
    """

    def __init__(self, kernel: Callable[..., Any]) -> None:
        function: Any = getattr(kernel, "__wrapped__", kernel)
        code = function.__code__
        places, named = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
        self.rest: str | None = code.co_varnames[named] if code.co_flags & _TAKES_THE_REST else None
        self.positional: tuple[str, ...] = code.co_varnames[:places]
        self.keywords: tuple[str, ...] = code.co_varnames[places:named]
        defaults = function.__defaults__ or ()
        self._blank = dict.fromkeys(self.positional, _MISSING)
        self._blank.update(zip(self.positional[places - len(defaults) :], defaults, strict=True))
        if self.rest:
            self._blank[self.rest] = ()
        self._blank.update(dict.fromkeys(self.keywords, _MISSING) | (function.__kwdefaults__ or {}))
        self.names = tuple(self._blank)
        self.required = tuple(name for name, value in self._blank.items() if value is _MISSING)
        annotated = function.__annotations__
        self.tensors = tuple(name for name in self.names if annotated.get(name) in _TENSORS)
        self.optional_tensors = tuple(name for name in self.names if annotated.get(name) in _OPTIONAL_TENSORS)
        self.plain = tuple(name for name in self.names if annotated.get(name) in _PLAIN)

    def bind(self, args: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
        """Every argument by name, defaults put in, in the signature's order. Raises TypeError for what does not fit."""
        bound = self._blank.copy()
        bound.update(zip(self.positional, args, strict=False))
        if len(args) > len(self.positional):
            if self.rest is None or self.rest in options:
                raise TypeError("too many positional arguments")
            bound[self.rest] = args[len(self.positional) :]
        if options:
            self._put(bound, self.positional[: len(args)], options)
        for name in self.required:
            if bound[name] is _MISSING:
                raise TypeError(f"missing a required argument: {name!r}")
        return bound

    def _put(self, bound: dict[str, Any], given: tuple[str, ...], options: dict[str, Any]) -> None:
        for name, value in options.items():
            if name in given:
                raise TypeError(f"multiple values for argument {name!r}")
            if name not in bound:
                self.refuse([name])
            bound[name] = (value,) if name == self.rest else value

    @staticmethod
    def refuse(names: Iterable[str]) -> None:
        """Raises TypeError for options that are not taken, if there are any."""
        for name in names:
            raise TypeError(f"got an unexpected keyword argument {name!r}")

    def call(self, kernel: Callable[..., Any], bound: dict[str, Any]) -> Any:
        """The kernel's answer for bound arguments."""
        places = [bound[name] for name in self.positional]
        if self.rest:
            places += bound[self.rest]
        return kernel(*places, **{name: bound[name] for name in self.keywords})

    def given(self, bound: dict[str, Any], by_place: bool) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """A call that binds to these arguments: required ones in their places, others by name where not their default.

        Params: by_place, whether others are given in their places too, all of them.
        """
        required = [place for place, name in enumerate(self.positional, 1) if name in self.required]
        count = len(self.positional) if self.rest or by_place else max(required, default=0)
        args = [bound[name] for name in self.positional[:count]] + list(bound[self.rest] if self.rest else ())
        others = (*self.positional[count:], *self.keywords)
        return tuple(args), {name: bound[name] for name in others if not _same(bound[name], self._blank[name])}


def described(value: Any) -> str:
    """An argument in a few words, such as "a tuple of 2"."""
    if isinstance(value, tuple | list | dict):
        return f"a {type(value).__name__} of {len(value)}"
    return repr(value) if isinstance(value, str | int | float | bool | None) else f"a {type(value).__name__}"


def _same(value: Any, default: Any) -> bool:
    return value is default or (
        type(value) is type(default) and isinstance(value, int | float | str) and value == default
    )


def arguments_of(rule: Callable[..., Any]) -> tuple[str, ...]:
    """The names that a facet asks for. Raises TypeError for more than names: defaults stand in the kernel alone."""
    function: Any = rule
    code = function.__code__
    if code.co_flags & (_TAKES_THE_REST | _TAKES_OPTIONS) or code.co_kwonlyargcount or function.__defaults__:
        raise TypeError(f"a facet names what it needs, without stars or defaults: {rule}")
    return tuple(code.co_varnames[: code.co_argcount])
