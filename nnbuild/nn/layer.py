"""Layer: a Module declared by its options. The typed fields of a class are its constructor, repr, schema and help.

    class Dropout(Layer):
        p: float = 0.5
        inplace: bool = False

        def forward(self, input):
            return ops.dropout(input, self.p, self.training, self.inplace)

Options become attributes, but those that `build` takes as parameters are only handed to it: `bias: bool` is an option,
while `layer.bias` is the Parameter that `build` makes of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

from nnbuild.errors import PYTHONS_WORDS, NnbuildError, OptionError, suggestion
from nnbuild.nn import taking
from nnbuild.nn.module import Module
from nnbuild.nn.options import REQUIRED, Option, Settled, option

if TYPE_CHECKING:
    from nnbuild.nn.options import Device, DType

#: Where and how parameters are kept: the last options of every layer that has some.
PLACEMENT = ("device", "dtype")


@dataclass_transform(field_specifiers=(option,))
class Layer(Module):
    """A Module whose constructor takes the class's fields, checked against their types."""

    #: The options that repr shows; None for all of them.
    shown: ClassVar[tuple[str, ...] | None] = None

    _options: tuple[Option, ...] = ()
    _built_from: tuple[str, ...] = ()
    _kept: tuple[str, ...] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {}
        for name, annotation in cls.__dict__.get("__annotations__", {}).items():  # noqa: RUF063
            if name.startswith("_") or annotation.startswith("ClassVar"):
                continue
            value = cls.__dict__.get(name, REQUIRED)
            if isinstance(value, Settled):
                setattr(cls, name, value.value)
                continue
            own[name] = Option(name, annotation, value)
            if name in cls.__dict__:
                delattr(cls, name)
        fixed = cls.__dict__.keys() - own.keys()  # an option that a subclass sets to a plain value is one no more
        inherited = {option.name: option for option in cls._options if option.name not in fixed}
        merged = {**inherited, **own}
        cls._options = tuple(sorted(merged.values(), key=lambda option: option.name in PLACEMENT))
        code = cls.build.__code__
        cls._built_from = tuple(name for name in code.co_varnames[1 : code.co_argcount] if name in merged)
        cls._kept = tuple(name for name in merged if name not in (*cls._built_from, *PLACEMENT))

    def _init(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        values = self._bind(args, kwargs)
        self.__dict__.update((name, values[name]) for name in self._kept)
        self.build(**{name: values[name] for name in self._built_from})

    if TYPE_CHECKING:  # as it is without options; for a class that has some, a checker makes the constructor of them

        def __init__(self) -> None: ...

    else:
        __init__ = _init

    def build(self, *args: Any, **options: Any) -> None:
        """Check the options together and make parameters and buffers."""

    @classmethod
    def options(cls) -> tuple[Option, ...]:
        """The options in the order in which the constructor takes them."""
        return cls._options

    @classmethod
    def _bind(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        name = cls.__name__
        if len(args) > len(cls._options):
            raise OptionError(
                f"{name} takes {len(cls._options)} options and gets {len(args)}", hint=f"it is {cls.signature()}"
            )
        values = {option.name: value for option, value in zip(cls._options, args, strict=False)}
        for key, value in kwargs.items():
            if key in values:
                raise OptionError(f"{name} gets {key} twice", hint=f"it is {cls.signature()}", option=key)
            values[key] = value
        known = {option.name: option for option in cls._options}
        for key in values:
            if key not in known:
                hint = suggestion(key, known) or f"it is {cls.signature()}"
                raise OptionError(f"{name} has no option {key!r}", hint=hint, option=key)
        missing = [option.name for option in cls._options if option.default is REQUIRED and option.name not in values]
        if missing:
            raise OptionError(f"{name} needs {' and '.join(missing)}", hint=f"it is {cls.signature()}")
        return {
            option.name: option.checked(values[option.name], name) if option.name in values else option.default
            for option in cls._options
        }

    @classmethod
    def signature(cls) -> str:
        """The constructor as one writes it: 'Dropout(p=0.5, inplace=False)'."""
        shown = (option for option in cls._options if option.name not in PLACEMENT)
        return f"{cls.__name__}({', '.join(map(str, shown))})"

    #: The names of what comes out, where it is more than one tensor: "(output, h)".
    gives: ClassVar[str] = ""

    def _checked_forward(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._check_call(args, kwargs)
        try:
            return self.forward(*args, **kwargs)
        except NnbuildError:
            raise
        except PYTHONS_WORDS as error:
            if not taking.binds(self.forward, args, kwargs):
                raise
            raise OptionError(f"cannot be computed: {error}") from error

    def _check_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Refuse what the forward does not take; a network's own forward says so itself."""
        forward = getattr(self.forward, "__func__", None)
        if forward is not None:
            taking.check(type(self).__name__, forward, args, kwargs)

    def _subject(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        shown = self._kept if self.shown is None else self.shown
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)


class WeightedLayer(Layer):
    """A Layer with parameters: `dtype` is theirs, float32 unless said; `device` can only be the CPU."""

    device: Device | None = option(default=None, kw_only=True)
    dtype: DType | None = option(default=None, kw_only=True)
