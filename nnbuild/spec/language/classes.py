"""Classes that a program defines, and their objects. Those of modules are made by `walked`."""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.errors import SpecError, suggestion
from nnbuild.spec.language.attributes import Unbound, no_attribute
from nnbuild.spec.language.closures import Bound, Closure
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.functions import Function
from nnbuild.spec.language.objects import Instance, Property, StaticMethod
from nnbuild.spec.language.records import Context, Field, NamedTupleType, enum_members
from nnbuild.spec.language.scope import MISSING, Scope
from nnbuild.spec.language.values import Broken, Hint, Native, Opaque
from nnbuild.spec.language.walked import module_type


class Constructor:
    """The constructor of a dataclass."""

    __slots__ = ("_kind",)

    def __init__(self, kind: SourceClass) -> None:
        self._kind = kind

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
        """Give the object, the first argument, its fields."""
        self._kind.fill(args[0], caller, args[1:], kwargs)


class SourceClass:
    """A class. Params: scope, the names of its body; outer, the names around it."""

    def __init__(self, name: str, node: ast.ClassDef, bases: list[Any], scope: Scope, outer: Scope, code: Any) -> None:
        self.name = self.__name__ = name
        self.node = node
        self.code = code
        self.bases = bases
        self.scope = scope
        self.outer = outer
        self.fields: list[Field] = []  # annotated ones, in order
        self.caller_type: Any = None
        self.python: type = Instance
        self.missing: Opaque | None = None

    @property
    def described(self) -> str:
        return f"the layer type {self.name}" if self.is_layer_type else f"the class {self.name}"

    @property
    def is_layer_type(self) -> bool:
        """Whether it makes modules."""
        return hasattr(self.python, "named_modules")

    @property
    def option_names(self) -> tuple[str, ...]:
        """The names that its constructor takes, in order."""
        start = self.find("__init__")
        return start.parameters.positional[1:] if isinstance(start, Closure) else ()

    def __deepcopy__(self, memo: dict[int, Any]) -> SourceClass:
        return self

    def annotated(self, node: ast.AnnAssign) -> None:
        """Note a field of a dataclass or of a named tuple."""
        assert isinstance(node.target, ast.Name)
        if "ClassVar" not in ast.unparse(node.annotation):
            self.fields.append(Field(node.target.id))

    def finish(self, caller: Any) -> Any:
        """The class, or what stands for it, once its body has run."""
        known = [base for base in self.bases if not isinstance(base, Hint | Function | Opaque)]
        names = {getattr(base, "name", "") for base in self.bases if isinstance(base, Hint)}
        self.missing = next((base for base in self.bases if isinstance(base, Opaque)), None)
        if "NamedTuple" in names:
            return NamedTupleType(self.name, [field.name for field in self.fields], dict(self.scope.values), self)
        parents = [getattr(base, "python", base) for base in known]
        for base in parents:
            if not isinstance(base, type):
                raise SpecError(f"{describe(base)} cannot be the base of a class")
        if names & {"Enum", "IntEnum", "StrEnum"} or any(getattr(base, "is_enum", False) for base in known):
            enum_members(self)
        self.is_function = "Function" in names or any(getattr(base, "is_function", False) for base in known)
        members = {"source_class": self, "__module__": "nnbuild.source", "__doc__": f"The class {self.name}."}
        if any(hasattr(base, "named_modules") for base in parents):
            self.python = module_type(self.name, parents, members)
        else:
            self.python = type(self.name, tuple(parents) or (Instance,), members)
        self.caller_type = caller.fresh
        return self

    #: Whether it is an enumeration.
    is_enum = False
    #: Whether it is one of `torch.autograd.Function`, which is called by `apply`.
    is_function = False

    # Looking up

    def lineage(self, behind: SourceClass | None = None) -> list[Any]:
        """The classes in the order in which they are asked, those behind one of them: own ones, and nn's types."""
        kinds = list(self.python.__mro__)
        if behind is not None:
            kinds = kinds[kinds.index(behind.python) + 1 :]
        return [kind.__dict__.get("source_class", kind) for kind in kinds if kind not in (object, Instance)]

    def find(self, name: str, behind: SourceClass | None = None) -> Any:
        """What the class has by this name, as it stands in its body; MISSING."""
        for kind in self.lineage(behind):
            if isinstance(kind, SourceClass):
                if name in kind.scope.values:
                    value = kind.scope.values[name]
                    if isinstance(value, Broken):
                        raise value.error
                    return value
            elif name in kind.__dict__ and not getattr(kind, "is_walked", False) and name in ("__init__", "forward"):
                return Unbound(kind, name)
        return MISSING

    def of(self, receiver: Any, caller: Any, name: str, behind: SourceClass | None = None) -> Any:
        """receiver.name, where it is the class's affair."""
        value = self.find(name, behind)
        if value is MISSING:
            return self._otherwise(receiver, caller, name)
        if isinstance(value, Property):
            return caller.call(value.getter, [receiver], {}, None, None)
        if isinstance(value, StaticMethod):
            return Bound(value.function, self) if value.of_class else value.function
        if isinstance(value, Closure | Unbound | Constructor):
            return Bound(value, receiver)
        return value

    def _otherwise(self, receiver: Any, caller: Any, name: str) -> Any:
        if name == "__class__":
            return self
        if name in ("__name__", "__qualname__"):
            return self.name
        fallback = self.find("__getattr__") if not name.startswith("__") else MISSING
        if fallback is not MISSING:
            return caller.call(fallback, [receiver, name], {}, None, None)
        known = [key for kind in self.lineage() if isinstance(kind, SourceClass) for key in kind.scope.values]
        raise no_attribute(receiver, name, [*known, *getattr(receiver, "fields", ())])

    def sets(self, receiver: Any, caller: Any, name: str, value: Any) -> bool:
        """Whether a property of the class takes the value."""
        found = self.find(name)
        if not isinstance(found, Property):
            return False
        if found.setter is None:
            raise SpecError(f"{name} of {describe(receiver)} cannot be assigned: it is a property")
        caller.call(found.setter, [receiver, value], {}, None, None)
        return True

    # As a value

    def language_get(self, caller: Any, name: str) -> Any:
        """Class.name."""
        if name in ("__name__", "__qualname__"):
            return self.name
        if name == "__doc__":
            return ast.get_docstring(self.node)
        if name == "__members__":
            return {key: value for key, value in self.scope.values.items() if hasattr(value, "language_member")}
        value = self.find(name)
        if isinstance(value, StaticMethod):
            return Bound(value.function, self) if value.of_class else value.function
        if value is MISSING and name == "apply" and self.is_function:
            return Native("apply", lambda caller, args, kwargs: self._applied(caller, args))
        if value is MISSING:
            raise no_attribute(self, name, self.scope.values)
        return value

    def language_set(self, caller: Any, name: str, value: Any) -> None:
        """Class.name = value."""
        self.scope.values[name] = value

    def language_belongs(self, value: Any) -> bool:
        """isinstance(value, Class)."""
        return isinstance(value, self.python) or getattr(value, "language_member", None) is self

    def language_items(self, caller: Any) -> list[Any]:
        """The members of an enumeration."""
        return [value for value in self.scope.values.values() if hasattr(value, "language_member")]

    def language_item(self, caller: Any, index: Any) -> Any:
        """Enumeration["name"], and `Generic[T]`, which is the class."""
        if self.is_enum and isinstance(index, str) and index in self.scope.values:
            return self.scope.values[index]
        return self

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """An object of the class, if it is no module."""
        if self.missing is not None:
            self.missing.call_with(caller, args, kwargs)
        if self.is_enum:
            return self._member(args[0] if args else None)
        made: Instance = self.python()
        start = self.find("__init__")
        if start is not MISSING:
            caller.call(start, [made, *args], kwargs, None, None)
        elif args or kwargs:
            raise SpecError(f"{self.name} takes no arguments")
        return made

    def _applied(self, caller: Any, args: list[Any]) -> Any:
        """What an autograd function computes; its gradient is that of the ops which it is written in."""
        return caller.call(self.language_get(caller, "forward"), [Context({}), *args], {}, None, None)

    def _member(self, value: Any) -> Any:
        for member in self.language_items(None):
            if member is value or member.value == value:
                return member
        raise SpecError(f"{describe(value)} is not one of {self.name}")

    def as_dataclass(self) -> None:
        """Take the annotated fields for the arguments of the constructor."""
        if "__init__" not in self.scope.values:
            self.scope.values["__init__"] = Constructor(self)

    def fill(self, made: Any, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
        """Give an object its fields."""
        fields: dict[str, Any] = {}
        for kind in reversed([kind for kind in self.lineage() if isinstance(kind, SourceClass)]):
            for field in kind.fields:
                fields[field.name] = kind.scope.values.get(field.name, MISSING)
        if len(args) > len(fields):
            raise SpecError(f"{self.name} takes {len(fields)} values and gets {len(args)}")
        given = dict(zip(fields, args, strict=False)) | kwargs
        for name in given:
            if name not in fields:
                raise SpecError(f"{self.name} has no field {name}", hint=suggestion(name, fields))
        for name, default in fields.items():
            if name not in given and default is MISSING:
                raise SpecError(f"{self.name} needs {name}")
            value = given.get(name, default)
            caller.set_attribute(made, name, value.made(caller) if isinstance(value, Field) else value)
        after = type(made).source_class.find("__post_init__")
        if after is not MISSING:
            caller.call(after, [made], {}, None, None)


def begin(node: ast.ClassDef, evaluator: Any, scope: Scope) -> SourceClass:
    """The class, before its body has run."""
    bases = [evaluator.evaluate(base, scope) for base in node.bases]
    return SourceClass(node.name, node, bases, Scope({}, scope), scope, evaluator.code)


class Super:
    """`super()`: what the classes behind one of an object's own have."""

    __slots__ = ("behind", "receiver")

    def __init__(self, behind: SourceClass, receiver: Any) -> None:
        self.behind = behind
        self.receiver = receiver

    described = "super()"

    def language_get(self, caller: Any, name: str) -> Any:
        """super().name."""
        receiver = self.receiver
        if isinstance(receiver, SourceClass):  # in a class method
            value = receiver.find(name, self.behind)
            if isinstance(value, StaticMethod):
                return Bound(value.function, receiver) if value.of_class else value.function
            if value is not MISSING:
                return value
            raise no_attribute(self, name)
        kind: SourceClass = type(receiver).source_class
        value = kind.find(name, self.behind)
        if value is MISSING and name == "__init__":
            return Native("__init__", lambda caller, args, kwargs: None)
        if value is MISSING and hasattr(receiver, "_modules"):
            return receiver.language_builtin(caller, name)
        return kind.of(receiver, caller, name, self.behind)
