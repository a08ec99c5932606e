"""What a call means: of a function, an op, a layer type, a layer, a method.

`Caller` does what is the same everywhere. `builder` adds how a layer is made, `program` how one is run.
"""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.budget import Budget, current
from nnbuild.errors import PYTHONS_WORDS, NnbuildError, SpecError, suggestion
from nnbuild.spec.language import functions, tensors
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.functions import Function
from nnbuild.spec.language.syntax import Code

_SIZED = frozenset({list, tuple, dict, str, range})
_LOOPS = ("len", "enumerate", "zip", "reversed", "list", "tuple")
_DECIDING = ("max", "min", "sorted", "any", "all", "int", "float", "bool", "str", "round", "divmod", "range")


class Partial:
    """A layer type with some of its options given: `partial(BatchNorm2d, eps=0.001)`."""

    is_layer_type = True
    __slots__ = ("args", "kwargs", "target")

    def __init__(self, target: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
        self.target = target
        self.args = args
        self.kwargs = kwargs

    @property
    def __name__(self) -> str:
        name: str = self.target.__name__
        return name

    @property
    def described(self) -> str:
        return f"the layer type {self.__name__}"


def is_layer_type(value: Any) -> bool:
    """Whether calling the value makes a layer: a class of `nn`, a block, or either with options given."""
    if isinstance(value, type):
        return hasattr(value, "named_modules")
    return getattr(value, "is_layer_type", False) is True


def _partial(budget: Budget, args: list[Any], kwargs: dict[str, Any]) -> Partial:
    if not args or not is_layer_type(args[0]):
        raise SpecError("partial wants a layer type first", hint="as in partial(LayerNorm, eps=1e-6)")
    return Partial(args[0], args[1:], kwargs)


PARTIAL = Function("partial", _partial)


class Caller:
    """Calls for one evaluation."""

    #: Whether lists may be changed: in a forward, where they are its own.
    changing = False

    def __init__(self) -> None:
        self._depth = 0

    @property
    def budget(self) -> Budget:
        """What the evaluation may still take."""
        return current()

    def call(self, callee: Any, args: list[Any], kwargs: dict[str, Any], code: Code, node: ast.AST) -> Any:
        """callee(...)."""
        for value in (*args, *kwargs.values()):
            if type(value) in _SIZED:
                self.budget.spend_on(value)
        if isinstance(callee, Function):
            return self.call_function(callee, args, kwargs)
        if is_layer_type(callee):
            return self.make(callee, args, kwargs, code, node)
        if hasattr(callee, "_modules"):
            return self.run(callee, args, kwargs)
        own = getattr(callee, "call_with", None)
        if own is not None:
            return self.descend(own, args, kwargs)
        if callable(callee) and not tensors.is_tensor(callee):
            return self.call_op(callee, args, kwargs)
        raise SpecError(f"{describe(callee)} cannot be called", hint=_hint_for(callee))

    def descend(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Call a function of the spec, which may call others."""
        self._depth += 1
        try:
            if self._depth > 30:
                raise SpecError("functions of the spec call each other more than 30 deep")
            return function(self, args, kwargs)
        finally:
            self._depth -= 1

    def instead_of(self, error: NnbuildError) -> Any:
        """What goes on in place of a value that could not be had, where mistakes are gathered; else None."""
        return None

    def make(self, callee: Any, args: list[Any], kwargs: dict[str, Any], code: Code, node: ast.AST) -> Any:
        """Make a layer of this type."""
        raise NotImplementedError

    def run(self, module: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Run a layer."""
        raise NotImplementedError

    def call_function(self, function: Function, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A function on plain values; of the same name among the ops where a tensor is given."""
        name = function.name
        if any(tensors.is_tensor(arg) for arg in args):
            if name == "len" and len(args) == 1 and not kwargs:
                return tensors.length(args[0])
            if name in _LOOPS:
                args = [tensors.items(arg, self.budget) if tensors.is_tensor(arg) else arg for arg in args]
            else:
                return self._op_instead(name, args, kwargs)
        elif name in _DECIDING and any(tensors.is_tensor(item) for arg in args for item in _inside(arg)):
            raise tensors.truth_refused(next(item for arg in args for item in _inside(arg) if tensors.is_tensor(item)))
        return function.call(self.budget, args, kwargs)

    def _op_instead(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        op = tensors.find_op(name)
        if op is None or name in ("int", "float", "bool", "str", "range"):
            raise tensors.truth_refused(next(arg for arg in args if tensors.is_tensor(arg)))
        return self.call_op(op, args, kwargs)

    def call_op(self, op: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """An op; whatever Python has to say about its arguments is the caller's mistake."""
        try:
            return op(*args, **kwargs)
        except NnbuildError:
            raise
        except PYTHONS_WORDS as error:
            name = getattr(op, "name", None) or getattr(op, "__name__", "the op")
            given = ", ".join([*map(describe, args), *(f"{key}={describe(value)}" for key, value in kwargs.items())])
            raise SpecError(f"{name}({given}) cannot be computed: {error}") from error

    def call_method(
        self, receiver: Any, name: str, args: list[Any], kwargs: dict[str, Any], code: Code, node: ast.AST
    ) -> Any:
        """receiver.name(...)."""
        if name == "requires_grad_":
            return freezing(receiver, args, kwargs)
        if tensors.is_tensor(receiver):
            self.budget.spend_on([args, kwargs])
            return self.call_op(lambda *a, **k: tensors.method(receiver, name, list(a), k), args, kwargs)
        if name in ("keys", "values", "items") and hasattr(type(receiver), "keys") and hasattr(receiver, "_modules"):
            return list(getattr(receiver, name)())
        if type(receiver) in tensors.PLAIN:
            return functions.method(receiver, name, args, kwargs, self.budget, self.changing)
        return self.call(self.attribute(receiver, name), args, kwargs, code, node)

    def attribute(self, value: Any, name: str) -> Any:
        """value.name of a layer (child, parameter, buffer, option) or of a named result."""
        if hasattr(value, "_modules"):
            return module_attribute(value, name)
        fields = getattr(type(value), "_fields", ())
        if name in fields:
            return getattr(value, name)
        explain = getattr(type(value), "explain", None)
        if explain:
            explain(value, name)
        hint = suggestion(name, fields) or ("quote it, if it is text" if is_layer_type(value) else None)
        raise SpecError(f"{describe(value)} has no attribute {name}", hint=hint)

    def children(self, module: Any) -> list[Any]:
        """What a loop over a layer runs through: the layers of a list, the names of a dict."""
        if not hasattr(type(module), "__iter__"):
            raise SpecError(f"a {type(module).__name__} is not a list of layers", hint="make it a ModuleList")
        return list(module)

    def child(self, module: Any, index: Any) -> Any:
        """module[index]."""
        if not hasattr(type(module), "__getitem__"):
            raise SpecError(f"a {type(module).__name__} has no items", hint="make it a ModuleList or a ModuleDict")
        try:
            return module[index]
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            names = list(module._modules) or list(module._parameters)
            hint = suggestion(str(index)[:80], names) or f"there are {', '.join(names[:20])}"
            raise SpecError(f"this {type(module).__name__} has no item {describe(index)}", hint=hint) from None


def _inside(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else ()


def module_attribute(module: Any, name: str) -> Any:
    """A child, parameter, buffer or option of a layer."""
    for members in (module._modules, module._parameters, module._buffers):
        if name in members:
            return members[name]
    if name in module._computed:
        return getattr(module, name)
    options = {key: value for key, value in module.__dict__.items() if not key.startswith("_") and _is_data(value)}
    if hasattr(type(module), "definition"):
        options.update(module._names.values)
    if name in options:
        return options[name]
    known = [*module._modules, *module._parameters, *module._buffers, *options]
    raise SpecError(f"this {type(module).__name__} has no {name}", hint=suggestion(name, known))


def freezing(receiver: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """receiver.requires_grad_(...): a layer's parameters, or one parameter; other tensors have no gradient anyway."""
    (given,) = args if len(args) == 1 and not kwargs else (kwargs.get("requires_grad", True),)
    if len(args) > 1 or (args and kwargs) or set(kwargs) - {"requires_grad"} or not isinstance(given, bool):
        raise SpecError("requires_grad_ takes true or false", hint="as in requires_grad_(False)")
    if hasattr(receiver, "requires_grad_") and not isinstance(receiver, type):
        return receiver.requires_grad_(given)
    if tensors.is_tensor(receiver):
        return receiver
    raise SpecError(f"{describe(receiver)} has no requires_grad_()", hint="it is a method of layers and parameters")


def _is_data(value: Any) -> bool:
    return type(value) in tensors.PLAIN


def _hint_for(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    from nnbuild import nn

    return suggestion(value, getattr(nn, "LAYERS", ())) or "a layer type is written without quotes"
