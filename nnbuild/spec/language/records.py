"""Records: fields of dataclasses, named tuples, namespaces, members of enumerations."""

from __future__ import annotations

from keyword import iskeyword
from operator import itemgetter
from typing import Any

from nnbuild.budget import charge
from nnbuild.errors import SpecError
from nnbuild.limits import MAX_FIELDS, STEPS_A_CLASS
from nnbuild.spec.language.attributes import no_attribute
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.keys import checked_key
from nnbuild.spec.language.values import Native, Quiet


class Field:
    """A field of a dataclass: its name, or `field(default_factory=list)`."""

    __slots__ = ("default", "factory", "name")

    def __init__(self, name: str, default: Any = None, factory: Any = None) -> None:
        self.name = name
        self.default = default
        self.factory = factory

    def made(self, caller: Any) -> Any:
        """The default of a new record."""
        return self.default if self.factory is None else caller.call(self.factory, [], {}, None, None)


def _field(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Field:
    return Field("", kwargs.get("default"), kwargs.get("default_factory"))


def _tuple_type(name: str, fields: list[str]) -> type:
    """What `collections.namedtuple` makes, without compiling code. Raises SpecError for what are no names."""
    charge(STEPS_A_CLASS + len(fields))
    for field in (name, *fields):
        if not isinstance(field, str) or not field.isidentifier() or iskeyword(field):
            raise SpecError(f"namedtuple {describe(name)}: {describe(field)} is no name")
    if any(field.startswith("_") for field in fields) or len(set(fields)) < len(fields):
        raise SpecError(f"namedtuple {name}: every field has a name of its own, without _ before it")
    if len(fields) > MAX_FIELDS:
        raise SpecError(f"namedtuple {name} of more than {MAX_FIELDS:,} fields")
    members: dict[str, Any] = {field: property(itemgetter(place)) for place, field in enumerate(fields)}
    return type(name, (_Fields,), {"__slots__": (), "_fields": tuple(fields), **members})


class _Fields(tuple[Any, ...]):
    """A tuple whose items have names."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()

    def __new__(cls, *values: Any) -> _Fields:
        if len(values) != len(cls._fields):
            raise TypeError(f"{len(values)} values for {len(cls._fields)} fields")
        return super().__new__(cls, values)

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({shown})"

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    def _replace(self, **values: Any) -> _Fields:
        unknown = [name for name in values if name not in self._fields]
        if unknown:
            raise ValueError(f"no fields {unknown}")
        return type(self)(*{**self._asdict(), **values}.values())


class NamedTupleType:
    """`namedtuple("Stage", ["depth", "width"])`. Params: defaults, by name; body, the class that it is written as."""

    def __init__(self, name: str, fields: list[str], defaults: dict[str, Any], body: Any = None) -> None:
        self.name = self.__name__ = name
        self.body = body
        self.defaults = {key: value for key, value in defaults.items() if key in fields}
        self.python = _tuple_type(name, fields)

    @property
    def described(self) -> str:
        return f"the class {self.name}"

    def __deepcopy__(self, memo: dict[int, Any]) -> NamedTupleType:
        return self

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A tuple with these fields."""
        fields: tuple[str, ...] = self.python._fields  # type: ignore[attr-defined]
        given = {**self.defaults, **dict(zip(fields, args, strict=False)), **kwargs}
        if len(args) > len(fields) or set(given) != set(fields) or any(name in kwargs for name in fields[: len(args)]):
            raise SpecError(f"{self.name} takes {', '.join(fields)}")
        return self.python(*(given[name] for name in fields))

    def language_get(self, caller: Any, name: str) -> Any:
        """Its name and its fields."""
        if name == "__name__":
            return self.name
        if name == "_fields":
            return self.python._fields  # type: ignore[attr-defined]
        if name == "_make":
            return Native("_make", lambda caller, args, kwargs: self.call_with(caller, list(args[0]), {}))
        raise no_attribute(self, name)

    def language_belongs(self, value: Any) -> bool:
        """isinstance(value, Type)."""
        return isinstance(value, self.python)


def _namedtuple(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> NamedTupleType:
    if len(args) < 2 or not isinstance(args[0], str):
        raise SpecError("namedtuple takes a name and its fields", hint="as in namedtuple('Stage', ['depth', 'width'])")
    fields = args[1].replace(",", " ").split() if isinstance(args[1], str) else list(args[1])
    fields = [field[0] if isinstance(field, tuple) else field for field in fields]
    defaults = list(kwargs.get("defaults") or ())
    return NamedTupleType(args[0], fields, dict(zip(fields[len(fields) - len(defaults) :], defaults, strict=True)))


class Namespace:
    """Fields by name: `SimpleNamespace`, an object of an unknown kind with attributes."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    described = "a namespace"

    def language_get(self, caller: Any, name: str) -> Any:
        """A field."""
        if name in self.fields:
            return self.fields[name]
        if name == "__dict__":
            return self.fields
        raise no_attribute(self, name, self.fields)

    def language_set(self, caller: Any, name: str, value: Any) -> None:
        """Set a field."""
        self.fields[name] = value

    def language_contains(self, caller: Any, value: Any) -> bool:
        """name in namespace."""
        return value in self.fields


class Context(Namespace):
    """The `ctx` of an autograd function: what is kept for a gradient is of no use here."""

    def language_get(self, caller: Any, name: str) -> Any:
        """A field, or a method that does nothing."""
        return self.fields[name] if name in self.fields else Quiet(f"ctx.{name}")


def _pairs(given: Any) -> list[tuple[Any, Any]]:
    return [(checked_key(key), value) for key, value in given]


class DefaultDict(dict[Any, Any]):
    """`defaultdict(list)`: what is not there is made."""

    def __init__(self, caller: Any, factory: Any, *args: Any) -> None:
        super().__init__(*(arg if isinstance(arg, dict) else _pairs(arg) for arg in args))
        self._caller = caller
        self._factory = factory

    def language_item(self, caller: Any, index: Any) -> Any:
        """The item, made where it is missing."""
        if checked_key(index) not in self:
            if self._factory is None:
                raise SpecError(f"no key {describe(index)}")
            self[index] = caller.call(self._factory, [], {}, None, None)
        return self[index]


class Member:
    """A member of an enumeration."""

    __slots__ = ("language_member", "name", "value")

    def __init__(self, kind: Any, name: str, value: Any) -> None:
        self.language_member = kind
        self.name = name
        self.value = value

    @property
    def described(self) -> str:
        return f"{self.language_member.name}.{self.name}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Member:
        return self

    def __eq__(self, other: object) -> bool:
        return self is other or (
            not isinstance(other, Member) and self.language_member.is_plain and self.value == other
        )

    def __hash__(self) -> int:
        return hash((id(self.language_member), self.name))

    def language_get(self, caller: Any, name: str) -> Any:
        """Its name, its value, or what its class has."""
        if name in ("name", "value"):
            return getattr(self, name)
        return self.language_member.of(self, caller, name)


def enum_members(kind: Any) -> None:
    """Make the plain values of the class its members."""
    kind.is_enum = True
    kind.is_plain = any(getattr(base, "name", "") in ("IntEnum", "StrEnum", "str", "int") for base in kind.bases)
    count = 0
    for name, value in list(kind.scope.values.items()):
        if name.startswith("_") or hasattr(value, "frame") or hasattr(value, "getter") or hasattr(value, "of_class"):
            continue
        if getattr(value, "name", "") == "auto":
            value = count + 1
        count = value if isinstance(value, int) else count
        kind.scope.values[name] = Member(kind, name, value)


def _fields_of(value: Any) -> dict[str, Any]:
    fields = getattr(value, "fields", None)
    if not isinstance(fields, dict):
        raise SpecError(f"{describe(value)} is no dataclass")
    return fields


def _replace(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    (value,) = args
    return caller.call(type(value).source_class, [], {**_fields_of(value), **kwargs}, None, None)


def _as_dict(value: Any) -> Any:
    charge(10)
    if isinstance(getattr(value, "fields", None), dict):
        return {name: _as_dict(item) for name, item in value.fields.items()}
    return value


DATACLASSES: dict[str, Any] = {
    "field": Native("field", _field),
    "dataclass": Quiet("dataclass"),
    "replace": Native("replace", _replace),
    "asdict": Native("asdict", lambda caller, args, kwargs: _as_dict(args[0])),
    "astuple": Native("astuple", lambda caller, args, kwargs: tuple(_fields_of(args[0]).values())),
    "fields": Native(
        "fields", lambda caller, args, kwargs: [Namespace({"name": name}) for name in _fields_of(args[0])]
    ),
    "is_dataclass": Native("is_dataclass", lambda caller, args, kwargs: hasattr(args[0], "fields")),
}

NAMES: dict[str, Any] = {
    "namedtuple": Native("namedtuple", _namedtuple),
    "field": Native("field", _field),
    "SimpleNamespace": Native("SimpleNamespace", lambda caller, args, kwargs: Namespace(dict(kwargs))),
    "defaultdict": Native(
        "defaultdict", lambda caller, args, kwargs: DefaultDict(caller, args[0] if args else None, *args[1:])
    ),
}
