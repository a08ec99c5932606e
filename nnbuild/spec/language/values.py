"""Values that a program handles beside numbers, texts, tensors and layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from nnbuild.errors import NnbuildError, SpecError


class Native:
    """A named function of the language that is given the caller: `call(caller, args, kwargs)`."""

    __slots__ = ("_call", "members", "name")

    def __init__(
        self, name: str, call: Callable[[Any, list[Any], dict[str, Any]], Any], members: dict[str, Any] | None = None
    ) -> None:
        self.name = name
        self._call = call
        self.members = members or {}

    @property
    def described(self) -> str:
        return f"the function {self.name}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Native:
        return self

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """What the function gives; whatever Python has to say about its arguments is the program's mistake."""
        try:
            return self._call(caller, args, kwargs)
        except NnbuildError:
            raise
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
            words = error.args[0] if error.args else type(error).__name__
            raise SpecError(f"{self.name} cannot be called so: {words}") from error

    def language_get(self, caller: Any, name: str) -> Any:
        """`itertools.chain.from_iterable`, and the function's own name."""
        if name in ("__name__", "__qualname__"):
            return self.name
        if name in self.members:
            return self.members[name]
        raise SpecError(f"{self.described} has no attribute {name}")


class Items:
    """An iterator: what a generator, `iter` or `map` gives. It is walked once."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[Any]) -> None:
        self._items = iter(items)

    described = "an iterator"

    def __iter__(self) -> Iterator[Any]:
        return self._items

    def __next__(self) -> Any:
        return next(self._items)


class Broken:
    """What stands for a value that could not be had: whoever asks for it gets the error again."""

    __slots__ = ("error",)

    def __init__(self, error: NnbuildError) -> None:
        self.error = error


class Opaque:
    """A name of a library that is not read. It may be passed on and compared; its use is an error."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def described(self) -> str:
        return f"{self.name}, which is not read,"

    def __deepcopy__(self, memo: dict[int, Any]) -> Opaque:
        return self

    def language_get(self, caller: Any, name: str) -> Opaque:
        """A name below this one."""
        return Opaque(f"{self.name}.{name}")

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Refused."""
        package = self.name.partition(".")[0]
        raise SpecError(
            f"{self.name} is not known here",
            hint=f"{package} is neither torch nor a module of the same package, so it is not read",
        )


class Quiet:
    """What may be called and asked for anything and does nothing: warnings, loggers, profilers, autocast."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def described(self) -> str:
        return f"{self.name}, which does nothing here,"

    def __deepcopy__(self, memo: dict[int, Any]) -> Quiet:
        return self

    def language_get(self, caller: Any, name: str) -> Quiet:
        """Itself: nothing either."""
        return self

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Itself; around a function, that function."""
        if len(args) == 1 and not kwargs and hasattr(args[0], "call_with"):
            return args[0]
        return self


class Hint:
    """A type in an annotation's sense: `Optional[int]`, `Callable`. Nothing is asked of it.

    Params: kinds, what `isinstance` takes it for.
    """

    __slots__ = ("kinds", "name")

    def __init__(self, name: str, kinds: tuple[Any, ...] = ()) -> None:
        self.name = name
        self.kinds = kinds

    @property
    def described(self) -> str:
        return f"the type {self.name}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Hint:
        return self

    def language_get(self, caller: Any, name: str) -> Any:
        """Its name."""
        if name == "__name__":
            return self.name
        return self

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """`TypeVar("T")`, `NewType(...)`: a type again; `tuple[int, int](pair)`: what the plain type makes."""
        if len(self.kinds) == 1 and hasattr(self.kinds[0], "call"):
            return caller.call(self.kinds[0], args, kwargs, None, None)
        return self
