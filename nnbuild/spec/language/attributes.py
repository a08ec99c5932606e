"""`value.name`: of layers, parameters, layer types, named tuples, dicts, and methods of plain values."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from nnbuild.errors import NnbuildError, SpecError, suggestion
from nnbuild.spec.language import tensors
from nnbuild.spec.language.checkpoints import Loaded, passed_over
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.methods import Method, method_names
from nnbuild.spec.language.partials import is_layer_type
from nnbuild.spec.language.values import Items

_WORDS = """add_module register_module register_parameter register_buffer children named_children modules named_modules
    parameters named_parameters buffers named_buffers get_submodule get_parameter get_buffer apply train eval
    requires_grad_ to cpu float double half state_dict load_state_dict extra_repr append extend insert pop keys
    values items update clear reset_parameters"""
#: What every module can be asked to do.
MODULE_METHODS = frozenset(_WORDS.split())
_HELD = ("_modules", "_parameters", "_buffers")


#: Whether it is only asked if there is such an attribute, so that a hint would be for nobody.
_probing: ContextVar[bool] = ContextVar("probing", default=False)


def found(caller: Any, value: Any, name: str, otherwise: Any) -> Any:
    """value.name, or something else where there is no such attribute."""
    token = _probing.set(True)
    try:
        return caller.attribute(value, name)
    except SpecError as error:
        if error.python not in ("AttributeError", "KeyError"):
            raise
        return otherwise
    finally:
        _probing.reset(token)


def _near(name: str, known: Any) -> str | None:
    return None if _probing.get() else suggestion(name, known)


def no_attribute(value: Any, name: str, known: Any = (), hint: str | None = None) -> SpecError:
    """The error for an attribute that is not there."""
    error = SpecError(f"{describe(value)} has no attribute {name}", hint=hint or _near(name, known))
    error.python = "AttributeError"
    return error


class ModuleMethod:
    """A method that every module has: `self.add_module`, `layers.append`."""

    __slots__ = ("module", "name")

    def __init__(self, module: Any, name: str) -> None:
        self.module = module
        self.name = name

    @property
    def described(self) -> str:
        return f"the method {self.name}"

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """What the method gives; iterators give their items."""
        if self.name == "forward":
            return caller.forward(self.module, args, kwargs)
        if self.name == "load_state_dict" and passed_over(
            caller, self.module, args[0] if args else kwargs.get("state_dict")
        ):
            return Loaded()
        if self.name == "to":
            args = [arg for arg in args if not is_device(arg)]
            kwargs = {key: value for key, value in kwargs.items() if key == "dtype"}
        args = [caller.python(arg) for arg in args]
        if not hasattr(type(self.module), self.name):
            raise no_attribute(self.module, self.name)
        method = getattr(type(self.module), self.name)
        try:
            result = method(self.module, *args, **kwargs)
        except NnbuildError:
            raise
        except (TypeError, ValueError, LookupError, AttributeError, AssertionError) as error:
            words = error.args[0] if error.args else error
            raise SpecError(f"{self.name}() of this {type(self.module).__name__} fails: {words}") from None
        if isinstance(result, dict | list | tuple | str | bool | type(None)) or hasattr(result, "_modules"):
            return result
        return Items(list(result)) if hasattr(result, "__iter__") and not tensors.is_tensor(result) else result


class Members(dict[str, Any]):
    """`self._modules`, `self._parameters`, `self._buffers`: what is written into it is checked as an attribute is."""

    def __init__(self, module: Any, held: str) -> None:
        super().__init__(getattr(module, held))
        self._module = module
        self._held = held

    def language_get(self, caller: Any, name: str) -> Any:
        """A method that leaves it as it is."""
        if name in ("update", "pop", "setdefault", "clear", "popitem", "move_to_end") or name not in method_names({}):
            raise no_attribute(self, name, hint=f"assign {self._held}[name] = ...")
        return Method(self, name)

    def language_store(self, caller: Any, index: Any, value: Any) -> None:
        """members[name] = value."""
        add = {"_modules": "add_module", "_parameters": "register_parameter", "_buffers": "register_buffer"}[self._held]
        if not caller.making or not isinstance(index, str):
            raise SpecError(f"an item of {self._held} cannot be {describe(index)} here")
        ModuleMethod(self._module, add).call_with(caller, [index, value], {})
        self[index] = value

    def language_delete(self, caller: Any, index: Any) -> None:
        """del members[name]."""
        if not caller.making or index not in self:
            raise SpecError(f"{self._held} has no {describe(index)} to delete")
        del self[index]
        del getattr(self._module, self._held)[index]


def is_device(value: Any) -> bool:
    """Whether this is a device, all of which are the CPU here."""
    return isinstance(value, str) and value.partition(":")[0] in ("cpu", "cuda", "mps", "xpu", "meta")


def module_attribute(caller: Any, module: Any, name: str) -> Any:
    """A child, parameter, buffer, option or method of a layer."""
    own = getattr(module, "language_get", None)
    return own(caller, name) if own is not None else builtin_attribute(module, name)


def builtin_attribute(module: Any, name: str) -> Any:
    """What a module has by being one."""
    for members in (module._modules, module._parameters, module._buffers):
        if name in members:
            return members[name]
    if name in module._computed:
        return getattr(module, name)
    if name in _HELD:
        return Members(module, name)
    if name in MODULE_METHODS and hasattr(type(module), name):
        return ModuleMethod(module, name)
    if name == "forward":
        return ModuleMethod(module, name)
    if name == "cuda":
        return ModuleMethod(module, "cpu")
    if name == "__class__":
        return getattr(type(module), "source_class", type(module))
    if not name.startswith("_"):
        value = module.__dict__.get(name, module)
        if value is not module:
            return value
        value = getattr(type(module), name, module)  # an option that a layer's class fixes
        if type(value) in tensors.PLAIN:
            return value
    options = [
        key for key, value in module.__dict__.items() if not key.startswith("_") and type(value) in tensors.PLAIN
    ]
    known = [*module._modules, *module._parameters, *module._buffers, *options]
    error = SpecError(f"this {type(module).__name__} has no {name}", hint=_near(name, known))
    error.python = "AttributeError"
    raise error


def attribute(caller: Any, value: Any, name: str) -> Any:
    """value.name."""
    if tensors.is_tensor(value):
        return caller.tensor_attribute(value, name)
    if hasattr(value, "_modules") and not isinstance(value, type):
        return module_attribute(caller, value, name)
    own = getattr(value, "language_get", None)
    if own is not None:
        return own(caller, name)
    if isinstance(value, type) and is_layer_type(value):
        return _of_layer_type(caller, value, name)
    fields = getattr(type(value), "_fields", ())
    if name in fields:
        return getattr(value, name)
    explain = getattr(type(value), "explain", None)
    if explain:
        explain(value, name)
    if isinstance(value, dict) and name in value:
        return value[name]
    if fields and name in ("_asdict", "_replace"):
        return _TupleMethod(value, name)
    if name in method_names(value):
        return Method(value, name)
    if name == "type" and is_device(value):
        return value.partition(":")[0]
    if isinstance(value, slice) and name in ("start", "stop", "step"):
        return getattr(value, name)
    if name == "__name__" and isinstance(getattr(value, "name", None), str):
        return value.name
    if name == "__name__" and isinstance(getattr(value, "__name__", None), str):
        return value.__name__
    if name == "__class__":
        return caller.type_of(value)
    hint = _near(name, [*fields, *method_names(value)]) or ("quote it, if it is text" if is_layer_type(value) else None)
    raise no_attribute(value, name, hint=hint)


class _TupleMethod:
    """`_asdict` and `_replace` of a named tuple."""

    __slots__ = ("name", "value")

    def __init__(self, value: Any, name: str) -> None:
        self.value = value
        self.name = name

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """What the method gives."""
        try:
            result = getattr(self.value, self.name)(*args, **kwargs)
        except (TypeError, ValueError) as error:
            raise SpecError(f"{self.name}() fails: {error}") from None
        return dict(result) if self.name == "_asdict" else result


def _of_layer_type(caller: Any, kind: Any, name: str) -> Any:
    """`nn.Module.__init__`, `nn.Conv2d.forward`, `layer_type.__name__`."""
    if name in ("__name__", "__qualname__"):
        return kind.__name__
    if name in ("__init__", "forward") or name in MODULE_METHODS:
        return Unbound(kind, name)
    hint = "quote it, if it is text"
    raise no_attribute(kind, name, hint=hint)


class Unbound:
    """A method of a layer type that is given the module: `nn.Module.__init__(self)`, `super().forward`."""

    __slots__ = ("kind", "name")

    def __init__(self, kind: Any, name: str) -> None:
        self.kind = kind
        self.name = name

    @property
    def described(self) -> str:
        return f"{self.kind.__name__}.{self.name}"

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """The method's value for this module and these arguments."""
        if not args or not isinstance(args[0], self.kind):
            raise SpecError(f"{self.described} wants a module of its own first")
        module, *rest = args
        if self.name == "__init__":
            return caller.initialise(self.kind, module, rest, kwargs)
        if self.name == "forward":
            return caller.call_op(self.kind.forward, args, kwargs)
        method = getattr(self.kind, self.name)
        return caller.call_op(method, [module, *map(caller.python, rest)], kwargs)


def set_attribute(caller: Any, value: Any, name: str, new: Any) -> None:
    """value.name = new."""
    if name.startswith("__") and name not in ("__name__", "__doc__", "__qualname__", "__module__"):
        raise SpecError(f"{name} cannot be assigned")
    if tensors.is_tensor(value):
        caller.set_tensor_attribute(value, name, new)
        return
    own = getattr(value, "language_set", None)
    if own is not None:
        own(caller, name, new)
    elif hasattr(value, "_modules") and not isinstance(value, type):
        set_builtin_attribute(caller, value, name, new)
    elif isinstance(value, dict):
        value[name] = new
    else:
        raise SpecError(f"attributes of {describe(value)} cannot be assigned", hint="assign a plain name")


def set_builtin_attribute(caller: Any, module: Any, name: str, new: Any) -> None:
    """Set an option, a child or a tensor of one of nn's layers."""
    if not caller.making:
        raise SpecError(
            f"a forward cannot change {name} of this {type(module).__name__}", hint="a layer is the same at every call"
        )
    if hasattr(type(module), name) and name not in module.__dict__ and not hasattr(new, "_modules"):
        raise SpecError(f"{name} of a {type(module).__name__} cannot be replaced")
    try:
        setattr(module, name, new)
    except (TypeError, KeyError, AttributeError) as error:
        raise SpecError(str(error.args[0] if error.args else error)) from None
