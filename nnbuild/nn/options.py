"""Options of layers: name, type and default, and the check of a value against the type."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from nnbuild.errors import OptionError
from nnbuild.limits import MAX_LAYERS
from nnbuild.ops.spec import ITEM_SIZES

# Words for annotations of options, beside Python's own types. To a type checker a `Sizes` is anything, since an option
# that takes a number or a tuple is made a tuple when the layer is built.
Sizes = Any
OptionalSizes = Any
Numbers = Any
DType = str
Device = str

if TYPE_CHECKING:
    from nnbuild.nn.parameter import Parameter

    class Bias:
        """An option that is true or false, and the Parameter or None that the layer makes of it."""

        def __get__(self, layer: object, owner: type) -> Parameter | None: ...
        def __set__(self, layer: object, value: bool) -> None: ...

else:
    Bias = bool


def few_layers(layer: str, count: int) -> None:
    """Raises OptionError for a num_layers beyond what any network has."""
    if count > MAX_LAYERS:
        raise OptionError(f"{layer} wants num_layers of at most {MAX_LAYERS:,} and gets {count}", option="num_layers")


class _Required:
    def __repr__(self) -> str:
        return "REQUIRED"


#: Stands for the default of an option that has none.
REQUIRED = _Required()


class Settled(NamedTuple):
    """The value that a class gives to an option which it does not take."""

    value: Any


def option(*, default: Any, init: bool = True, kw_only: bool = False) -> Any:
    """An option's default, with what type checkers are told of it, as by `dataclasses.field`.

    Params: default; init, whether the class still takes the option, whose value is the default if not; kw_only,
    whether checkers want it by name.
    """
    return default if init else Settled(default)


def _is_int(value: Any) -> bool:
    return not isinstance(value, bool) and hasattr(value, "__index__")


def _is_number(value: Any) -> bool:
    return _is_int(value) or isinstance(value, float)


def _is_tuple_of(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: check(value) or (isinstance(value, tuple) and all(map(check, value)))


class _Alternative(NamedTuple):
    """One way to fill an option: how to say it, the check, and the texts that it allows."""

    say: str
    check: Callable[[Any], bool]
    texts: tuple[str, ...] | None = None


_ANY_TEXT = ()

_FLAG = _Alternative("true or false", lambda value: isinstance(value, bool))

_TYPES = {
    "int": _Alternative("a whole number", _is_int),
    "float": _Alternative("a number", _is_number),
    "bool": _FLAG,
    "Bias": _FLAG,
    "str": _Alternative("text", lambda value: isinstance(value, str), _ANY_TEXT),
    "None": _Alternative("none", lambda value: value is None, _ANY_TEXT),
    "Sizes": _Alternative("a whole number or a tuple of them", _is_tuple_of(_is_int)),
    "OptionalSizes": _Alternative(
        "a whole number, none or a tuple of them", _is_tuple_of(lambda value: value is None or _is_int(value))
    ),
    "Numbers": _Alternative("a number or a tuple of them", _is_tuple_of(_is_number)),
    "DType": _Alternative("one of " + ", ".join(ITEM_SIZES), lambda value: str(value) in ITEM_SIZES, tuple(ITEM_SIZES)),
    "Device": _Alternative("'cpu'", lambda value: str(value) == "cpu", ("cpu",)),
}


def _alternative(word: str) -> _Alternative:
    if word.startswith("Literal["):
        texts = tuple(text.strip(" '\"") for text in word.removeprefix("Literal[").removesuffix("]").split(","))
        return _Alternative(" or ".join(map(repr, texts)), lambda value: value in texts, texts)
    return _TYPES.get(word) or _Alternative(word, lambda value: True)


class Option:
    """One option of a layer.

    Params: name; type, its annotation, such as "Sizes | Literal['same', 'valid']"; default, or REQUIRED.
    """

    __slots__ = ("_alternatives", "default", "name", "type")

    def __init__(self, name: str, type: str, default: Any = REQUIRED) -> None:
        self.name = name
        self.type = type
        self.default = default
        self._alternatives: list[_Alternative] | None = None

    def __str__(self) -> str:
        return self.name if self.default is REQUIRED else f"{self.name}={self.default!r}"

    def __repr__(self) -> str:
        return f"Option({self}: {self.type})"

    @property
    def alternatives(self) -> list[_Alternative]:
        """The ways to fill the option."""
        if self._alternatives is None:
            self._alternatives = [_alternative(word.strip()) for word in self.type.split("|")]
        return self._alternatives

    def is_text(self, value: str) -> bool:
        """Whether a bare string here is text, not an expression: one of the texts allowed, or nothing else is."""
        texts = [alternative.texts for alternative in self.alternatives]
        return None not in texts or any(value in allowed for allowed in texts if allowed)

    def checked(self, value: Any, layer: str) -> Any:
        """The value, lists as tuples. Raises OptionError unless its type is one of the option's."""
        value = tuple(value) if isinstance(value, list) else value
        if any(alternative.check(value) for alternative in self.alternatives):
            return value
        wanted = " or ".join(alternative.say for alternative in self.alternatives)
        raise OptionError(f"{layer} wants {wanted} for {self.name} and gets {value!r}", option=self.name)
