"""Walking files of Python: what calls, attributes and tensors mean where classes are defined, made and run."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from nnbuild.errors import NnbuildError, ProblemList, SpecError, suggestion
from nnbuild.nn.module import Module
from nnbuild.nn.parameter import StoredTensor
from nnbuild.ops.nests import is_array
from nnbuild.spec.language import in_place, making, passing, tensors
from nnbuild.spec.language.catching import catches_imports
from nnbuild.spec.language.classes import SourceClass
from nnbuild.spec.language.decorators import decorated
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.executing import Executing
from nnbuild.spec.language.notes import Notes
from nnbuild.spec.language.numpy_names import plain
from nnbuild.spec.language.options import dtype_name, with_switches
from nnbuild.spec.language.partials import Partial
from nnbuild.spec.language.places import CallSource
from nnbuild.spec.language.scope import Scope
from nnbuild.spec.language.syntax import Code
from nnbuild.spec.language.values import Broken, Items


class Walking(Executing):
    """Calls in files of Python. Params: notes, what is found on the way; making, whether modules are being made, else a
    network is run; settle, runs what was put off in the files, and says whether there was anything.
    """

    changing = True
    deepest = 120

    def __init__(self, notes: Notes, making: bool, settle: Callable[[], bool] = lambda: False) -> None:
        super().__init__()
        self.notes = notes
        self.making = making
        self._settle = settle
        self._place: tuple[Code, ast.Call] | None = None

    def fresh(self) -> Walking:
        """A caller for a run of the network."""
        return Walking(self.notes, False, self._settle)

    # Layers

    def call(
        self, callee: Any, args: list[Any], kwargs: dict[str, Any], code: Code | None, node: ast.AST | None
    ) -> Any:
        """callee(...)."""
        for value in args:
            if type(value) is Broken:  # its error is told already
                raise value.error
        if code is not None and isinstance(node, ast.Call):
            self._place = code, node
        return super().call(callee, args, kwargs, code, node)

    def make(
        self, callee: Any, args: list[Any], kwargs: dict[str, Any], code: Code | None, node: ast.AST | None
    ) -> Any:
        """A layer of this type."""
        while isinstance(callee, Partial):
            args, kwargs, callee = [*callee.args, *args], {**callee.kwargs, **kwargs}, callee.target
        place = (code, node) if code is not None and isinstance(node, ast.Call) else self._place
        source = CallSource(callee, *place) if place else None
        try:
            module = self._made(callee, args, kwargs)
        except NnbuildError as error:
            if source is not None and not isinstance(error, ProblemList):
                error.locate(mark=source.mark_of(error.option), label=error.option or "")
            raise
        module.__dict__["source"] = source
        return module if self.making else passing.checked(module, "make it in __init__")

    def _made(self, callee: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if isinstance(callee, SourceClass):
            if callee.missing is not None and "forward" not in callee.scope.values:
                callee.missing.call_with(self, args, kwargs)
            return self.descend(lambda _, a, k: callee.python(*a, **k), args, kwargs)
        return self._python(callee, callee, args, kwargs)

    def initialise(self, kind: Any, module: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
        """`super().__init__(...)` of one of nn's types."""
        if kind is Module:
            Module.__init__(module)
            return
        self._python(kind, kind.__init__, [module, *args], kwargs)

    def _python(self, kind: Any, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A layer type of nn, called with the program's values."""
        args = [self._option(arg) for arg in args]
        kwargs = {key: self._option(value) for key, value in kwargs.items()}
        if function is kind and hasattr(kind, "options"):
            args, kwargs = with_switches(kind, args, kwargs)
        try:
            return function(*args, **kwargs)
        except NnbuildError:
            raise
        except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError, AssertionError) as error:
            words = error.args[0] if isinstance(error, KeyError) and error.args else error
            raise SpecError(f"{kind.__name__} cannot be made so: {words}") from error

    def _option(self, value: Any) -> Any:
        """A value as the layers of nn take it."""
        if isinstance(value, Items):
            return list(value)
        if isinstance(value, making.Made) or is_array(value):
            return self.number(value) if not value.shape else value
        return self.python(value) if hasattr(value, "frame") or hasattr(value, "receiver") else value

    def run(self, module: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """module(...)."""
        try:
            return passing.run(module, args, kwargs)
        except NotImplementedError as error:
            if isinstance(error, NnbuildError):
                raise
            raise SpecError(str(error)) from None
        except (TypeError, AttributeError, ValueError, LookupError) as error:
            if isinstance(error, NnbuildError):
                raise
            raise SpecError(f"this {type(module).__name__} cannot be called so: {error}") from error

    def forward(self, module: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """module.forward(...)."""
        return self.call_op(module.forward, args, kwargs)

    # Problems

    def goes_on(self, closure: Any) -> bool:
        """Whether later statements run after one that fails: in the constructors of modules."""
        owner = closure.owner
        return self.making and closure.__name__ == "__init__" and owner is not None and owner.is_layer_type

    def note(self, error: NnbuildError) -> None:
        """Keep a problem."""
        self.notes.add(error)

    def unknown(self, name: str, scope: Scope) -> SpecError:
        """The error for a name that nothing goes by."""
        error = SpecError(f"the name {name} is not known here", hint=suggestion(name, scope.names(), cutoff=0.75))
        error.python = "NameError"
        return error

    def plain_item(self, value: Any, index: Any) -> Any:
        """value[index]; where a key is missing, after what the files' decorators put into tables."""
        if isinstance(index, making.Made) or is_array(index):
            index = self.number(index)
        try:
            return super().plain_item(value, index)
        except SpecError as error:
            if error.python != "KeyError" or not self._settle():
                raise
            return super().plain_item(value, index)

    # Tensors

    def values(self, tensor: Any) -> Any:
        """The values of a tensor that depends on no input."""
        if not self.making:
            raise tensors.truth_refused(tensor)
        return making.values_of(tensor)

    def tensor_truth(self, value: Any) -> bool:
        """Whether a tensor counts as true: known while modules are made."""
        return bool(self.number(value))

    def number(self, value: Any) -> Any:
        """A tensor as a number."""
        array = self.values(value)
        if array.size != 1:
            raise SpecError(f"{describe(value)} is not one number")
        return array.item()

    def deciding(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """`max`, `sorted`, ... of numbers in tensors."""
        plain_args = [[self.number(item) if tensors.is_tensor(item) else item for item in arg]
                      if isinstance(arg, list | tuple) else arg for arg in args]  # fmt: skip
        return function.call(self.budget, plain_args, self.with_key(kwargs))

    def tensor_attribute(self, value: Any, name: str) -> Any:
        """tensor.name."""
        if name == "requires_grad":
            return getattr(value, "requires_grad", False)
        own = getattr(value, "own", {})
        if name in own:
            return own[name]
        if name == "grad":
            return None
        if name == "data" or name == "device" or name == "shape":
            return tensors.attribute(value, name)
        if name == "real":
            return value
        if name == "size" and is_array(value):
            return int(value.size)
        if name in ("weight", "bias") or not tensors.has_method(name):
            return tensors.attribute(value, name)
        return in_place.TensorMethod(value, name)

    def set_tensor_attribute(self, value: Any, name: str, new: Any) -> None:
        """tensor.name = new."""
        if not self.making or not isinstance(value, StoredTensor):
            super().set_tensor_attribute(value, name, new)
        elif name == "data":
            making.set_data(value, new)
        elif name == "requires_grad":
            value.__dict__["requires_grad"] = bool(new)
        else:
            value.__dict__.setdefault("own", {})[name] = new

    def tensor_method(self, value: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """tensor.name(...)."""
        return in_place.method(self, value, name, args, kwargs)

    def tensor_item(self, value: Any, index: Any) -> Any:
        """tensor[index]; of NumPy's arrays numbers."""
        if is_array(value) and self.making:
            if isinstance(index, StoredTensor):
                index = self.values(index)
            return plain(self.call_op(lambda: value[index], [], {}))
        return making.part(value, index, super().tensor_item(value, index))

    def items(self, value: Any, what: str = "for") -> list[Any]:
        """What a loop runs through; of NumPy's arrays numbers."""
        if is_array(value) and self.making:
            self.budget.spend(int(value.size))
            return [plain(item) for item in value]
        return super().items(value, what)

    def set_items(self, value: Any, index: Any, new: Any) -> None:
        """tensor[index] = new."""
        if isinstance(value, StoredTensor) and self.making:
            making.write(value, index, new)
        else:
            super().set_items(value, index, new)

    def operate(self, name: str, left: Any, right: Any) -> Any:
        """left OP right; a list is repeated by a number in a tensor."""
        if self.making and name == "Mult":
            if isinstance(left, list | tuple | str) and tensors.is_tensor(right):
                right = self.number(right)
            elif isinstance(right, list | tuple | str) and tensors.is_tensor(left):
                left = self.number(left)
        return super().operate(name, left, right)

    def augmented(self, name: str, old: Any, value: Any) -> Any:
        """`old OP= value`, which changes a parameter, a list of layers or a set in place."""
        if hasattr(old, "_modules") and name == "Add":
            return old.extend(self.items(value, "+="))
        if self.making and isinstance(old, StoredTensor):
            making.replace(old, self.operate(name, making.snapshot(old), value))
            return old
        return None

    def call_op(self, op: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """An op on the program's values."""
        args = [list(arg) if isinstance(arg, Items) else str(arg) if hasattr(arg, "_call") and hasattr(arg, "members")
                else arg for arg in args]  # fmt: skip
        if "dtype" in kwargs and kwargs["dtype"] is not None:
            kwargs["dtype"] = dtype_name(kwargs["dtype"])
        return super().call_op(op, args, kwargs)

    # What the files say

    def decorated(self, value: Any, decorator: ast.expr, evaluator: Any, scope: Scope) -> Any:
        """The function or class as its decorator makes it."""
        return decorated(self, value, decorator, evaluator, scope)

    def remark(self, words: str) -> None:
        """Keep words for the user."""
        self.notes.words.setdefault(words)

    def import_names(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        """`import ...`, anywhere in a file."""
        _module_of(scope).bring(node, scope)

    def misses_import(self, node: ast.Try) -> bool:
        """Whether the body imports what is not read here, and the handler gets along without it."""
        return bool(getattr(node, "misses", False)) and catches_imports(node)

    def delete_attribute(self, value: Any, name: str) -> None:
        """del value.name."""
        if not hasattr(value, "_modules") or not self.making:
            super().delete_attribute(value, name)
        for members in ("_own", "_parameters", "_buffers", "_modules"):
            if name in value.__dict__.get(members, {}):
                del value.__dict__[members][name]
                return
        raise SpecError(f"{describe(value)} has no attribute {name}")


def _module_of(scope: Scope | None) -> Any:
    while scope is not None and not scope.is_module:
        scope = scope.parent
    return scope
