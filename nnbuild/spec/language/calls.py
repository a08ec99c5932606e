"""What a call means: of a function, an op, a layer type, a layer, a method.

`Caller` does what is the same everywhere. `builder` adds how a layer is made, `program` how one is run, `walking` how
classes of source are.
"""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.budget import Budget, current
from nnbuild.errors import PYTHONS_WORDS, NnbuildError, SpecError, suggestion
from nnbuild.spec.language import attributes, functions, methods, tensors
from nnbuild.spec.language.arithmetic import binary
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.freezing import freezing
from nnbuild.spec.language.functions import Function
from nnbuild.spec.language.items import subscript
from nnbuild.spec.language.kinds import is_type, type_of
from nnbuild.spec.language.lookup import unknown
from nnbuild.spec.language.partials import is_layer_type
from nnbuild.spec.language.scope import Frame, Scope
from nnbuild.spec.language.syntax import PUBLIC_DUNDERS, Code, not_in_language
from nnbuild.spec.language.values import Hint, Items

_SIZED = frozenset({list, tuple, dict, str, range})
_LOOPS = ("len", "enumerate", "zip", "reversed", "list", "tuple")
_DECIDING = ("max", "min", "sorted", "any", "all", "int", "float", "bool", "str", "round", "divmod", "range")


class Caller:
    """Calls for one evaluation."""

    #: Whether lists may be changed: in a forward, where they are its own.
    changing = False
    #: Whether a forward runs, so that makers of tensors are ops.
    in_forward = False
    #: Whether modules are being made, so that what is assigned to them stays.
    making = False

    def __init__(self) -> None:
        self._depth = 0

    @property
    def budget(self) -> Budget:
        """What the evaluation may still take."""
        return current()

    def call(
        self, callee: Any, args: list[Any], kwargs: dict[str, Any], code: Code | None, node: ast.AST | None
    ) -> Any:
        """callee(...)."""
        for value in (*args, *kwargs.values()):
            if type(value) in _SIZED:
                self.budget.spend_on(value)
        if isinstance(callee, Function):
            return self.call_function(callee, args, kwargs)
        if is_layer_type(callee):
            return self.make(callee, args, kwargs, code, node)
        own = getattr(callee, "call_with", None)
        if own is not None:
            return own(self, args, kwargs)
        if hasattr(callee, "_modules"):
            return self.run(callee, args, kwargs)
        if callable(callee) and not tensors.is_tensor(callee):
            return self.call_op(callee, args, kwargs)
        error = SpecError(f"{describe(callee)} cannot be called", hint=_hint_for(callee))
        error.python = "TypeError"
        raise error

    def descend(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Call a function of the spec, which may call others."""
        self._depth += 1
        try:
            if self._depth > self.deepest:
                raise SpecError(f"functions of the spec call each other more than {self.deepest} deep")
            return function(self, args, kwargs)
        finally:
            self._depth -= 1

    #: How many functions may be called inside each other.
    deepest = 30

    def instead_of(self, error: NnbuildError) -> Any:
        """What goes on in place of a value that could not be had, where mistakes are gathered; else None."""
        return None

    def python(self, value: Any) -> Any:
        """The value as Python's functions take it: a function of the program as one that can be called."""
        if isinstance(value, Function) or hasattr(value, "call_with"):
            return lambda *args, **kwargs: self.call(value, list(args), kwargs, None, None)
        return value

    # Layers

    def make(
        self, callee: Any, args: list[Any], kwargs: dict[str, Any], code: Code | None, node: ast.AST | None
    ) -> Any:
        """Make a layer of this type."""
        raise NotImplementedError

    def run(self, module: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Run a layer."""
        raise NotImplementedError

    def forward(self, module: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Run a layer by `layer.forward(x)`."""
        return self.run(module, args, kwargs)

    def initialise(self, kind: Any, module: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
        """`nn.Conv2d.__init__(self, ...)`."""
        raise SpecError("modules are made by calling their type")

    # Functions

    def execute(self, closure: Any, frame: Frame) -> Any:
        """What a function of the program gives in this frame."""
        raise NotImplementedError

    def goes_on(self, closure: Any) -> bool:
        """Whether the function's later statements run after one that fails, so that all problems come at once."""
        return False

    def note(self, error: NnbuildError) -> None:
        """Keep a problem for later."""
        raise error

    def yielded(self, frame: Frame) -> Items:
        """What a generator gives."""
        return Items(frame.yielded)

    def call_function(self, function: Function, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A function on plain values; of the same name among the ops where a tensor is given."""
        name = function.name
        args = [list(arg) if isinstance(arg, Items) else arg for arg in args]
        if any(tensors.is_tensor(arg) for arg in args):
            if name == "len" and len(args) == 1 and not kwargs:
                return tensors.length(args[0])
            if name in _LOOPS:
                args = [self.items(arg) if tensors.is_tensor(arg) else arg for arg in args]
            else:
                return self._op_instead(name, args, kwargs)
        elif name in _DECIDING and any(tensors.is_tensor(item) for arg in args for item in _inside(arg)):
            return self.deciding(function, args, kwargs)
        if name in _OVER_MODULES:
            args = [self.items(arg, name) if hasattr(arg, "_modules") or hasattr(arg, "language_items") else arg
                    for arg in args]  # fmt: skip
        return function.call(self.budget, args, self.with_key(kwargs) if name in _SORTING else kwargs)

    def with_key(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The options of `sorted`, `max`, ..., whose `key` is a function of the program."""
        return {name: self.python(value) if name == "key" else value for name, value in kwargs.items()}

    def deciding(self, function: Function, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """`max`, `sorted`, ... of tensors: their data decides."""
        raise tensors.truth_refused(next(item for arg in args for item in _inside(arg) if tensors.is_tensor(item)))

    def _op_instead(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        op = tensors.find_op(name)
        tensor = next(arg for arg in args if tensors.is_tensor(arg))
        if name in ("int", "float", "bool"):
            return {"int": int, "float": float, "bool": bool}[name](self.number(tensor))
        if op is None or name in ("str", "range"):
            raise tensors.truth_refused(tensor)
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
            return self.call_op(lambda *a, **k: self.tensor_method(receiver, name, list(a), k), args, kwargs)
        if type(receiver) in tensors.PLAIN and not (type(receiver) is dict and name in receiver):
            args = [list(arg) if isinstance(arg, Items) else arg for arg in args]
            kwargs = self.with_key(kwargs) if name == "sort" else kwargs
            if name == "extend" and args and hasattr(args[0], "_modules"):
                args = [self.items(args[0], "extend")]
            return methods.method(receiver, name, args, kwargs, self.budget, self.changing)
        return self.call(self.attribute(receiver, name), args, kwargs, code, node)

    # Attributes and items

    def attribute(self, value: Any, name: str) -> Any:
        """value.name."""
        if name.startswith("__") and name not in PUBLIC_DUNDERS:
            raise SpecError(f"{name} is private", hint="use the layer's public names")
        return type_of(value) if name == "__class__" else attributes.attribute(self, value, name)

    def set_attribute(self, value: Any, name: str, new: Any) -> None:
        """value.name = new."""
        attributes.set_attribute(self, value, name, new)

    def delete_attribute(self, value: Any, name: str) -> None:
        """del value.name."""
        raise SpecError("attributes cannot be deleted here")

    def operate(self, name: str, left: Any, right: Any) -> Any:
        """left OP right, for numbers, tensors, lists, layers and types."""
        if type(left) in tensors.PLAIN and type(right) in tensors.PLAIN:
            return binary(name, left, right, self.budget)
        if name == "BitOr" and (is_type(left) or is_type(right)):
            return Hint("union", (left, right))
        own = getattr(left, "language_operate", None) or getattr(right, "language_operate", None)
        if own is not None:
            return own(self, name, left, right)
        if hasattr(left, "_modules") and hasattr(type(left), "__add__") and name in ("Add", "Mult"):
            return self.call_op(type(left).__add__ if name == "Add" else type(left).__mul__, [left, right], {})
        return tensors.operate(name, left, right, self.budget)

    def augmented(self, name: str, old: Any, value: Any) -> Any:
        """What `old OP= value` changes in place; None where a new value is made."""
        return None

    def type_of(self, value: Any) -> Any:
        """type(value)."""
        return type_of(value)

    def items(self, value: Any, what: str = "for") -> list[Any]:
        """The items that a loop over the value runs through."""
        if type(value) not in tensors.PLAIN:
            if tensors.is_tensor(value):
                return tensors.items(value, self.budget)
            own = getattr(value, "language_items", None)
            if own is not None:
                return list(own(self))
            if hasattr(value, "_modules") and not isinstance(value, type):
                return self.children(value)
        found = list(functions.iterate(value, what))
        self.budget.spend(len(found))
        return found

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
            missing = SpecError(f"this {type(module).__name__} has no item {describe(index)}", hint=hint)
            missing.python = "KeyError" if isinstance(index, str) else "IndexError"
            raise missing from None

    def set_child(self, module: Any, index: Any, value: Any) -> None:
        """module[index] = value."""
        if not self.making or not hasattr(type(module), "__setitem__"):
            raise SpecError(f"items of {describe(module)} cannot be assigned")
        self.call_op(type(module).__setitem__, [module, index, value], {})

    def plain_item(self, value: Any, index: Any) -> Any:
        """value[index] of a list, a tuple, a text, a range or a dict."""
        return subscript(value, index, self.budget)

    # Tensors

    def tensor_truth(self, value: Any) -> bool:
        """Whether a tensor counts as true: its data decides."""
        raise tensors.truth_refused(value)

    def number(self, value: Any) -> Any:
        """A tensor as a number: its data."""
        raise tensors.truth_refused(value)

    def tensor_attribute(self, value: Any, name: str) -> Any:
        """tensor.name."""
        return tensors.attribute(value, name)

    def set_tensor_attribute(self, value: Any, name: str, new: Any) -> None:
        """tensor.name = new."""
        raise SpecError(f"{name} of a tensor cannot be assigned in a forward")

    def tensor_method(self, value: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """tensor.name(...)."""
        return tensors.method(value, name, args, kwargs)

    def tensor_item(self, value: Any, index: Any) -> Any:
        """tensor[index]."""
        self.budget.spend_on(index)
        return self.call_op(tensors.find_op("getitem"), [value, index], {})

    def set_items(self, value: Any, index: Any, new: Any) -> None:
        """tensor[index] = new."""
        self.budget.spend_on([index, new])
        self.call_op(tensors.find_op("setitem"), [value, index, new], {})

    # What a spec does not have

    def unknown(self, name: str, scope: Scope) -> SpecError:
        """The error for a name that nothing goes by."""
        return unknown(name, scope)

    def decorated(self, value: Any, decorator: ast.expr, evaluator: Any, scope: Scope) -> Any:
        """The function or class as its decorator makes it."""
        raise not_in_language(decorator)

    def import_names(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        """`import ...`."""
        raise not_in_language(node)

    def misses_import(self, node: ast.Try) -> bool:
        """Whether the body of a `try` imports what is not read, and a handler says what to do then."""
        return False


_SORTING = ("sorted", "max", "min")
_OVER_MODULES = ("len", "enumerate", "zip", "reversed", "list", "tuple", "any", "all", "dict", "sorted")


def _inside(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else ()


def _hint_for(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    from nnbuild import nn

    return suggestion(value, getattr(nn, "LAYERS", ())) or "a layer type is written without quotes"
