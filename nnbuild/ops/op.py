"""Op: one operation on tensors, with all that the program knows of it.

    @op
    def linear(input, weight, bias=None): ...       the NumPy kernel: arrays in, array out

    @linear.shape
    def _(input, weight, bias=None): ...            the shape rule: TensorSpecs in, TensorSpec out; refuses misfits

    @linear.macs
    def _(output, input, weight, bias=None): ...    multiply-adds, from specs

    @linear.formula
    def _(output, input, weight, bias=None): ...    lines that explain the output's size

    @dropout.unchanged
    def _(input, p=0.5, training=True): ...         whether the call is its input unchanged, and leaves no trace

An op called with arrays computes. Called with a TensorSpec among its arguments it infers; inside a trace the call is
recorded as well. All facets take the op's own arguments.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from importlib import import_module
from typing import Any, Protocol, Self

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.tensor_like import TensorLike


class Recorder(Protocol):
    """What a trace gives to the ops that run inside it."""

    def record(self, op: Op, args: tuple[Any, ...], options: dict[str, Any], outputs: Any) -> Any:
        """Note the call and return its outputs as values of the graph."""

    def call(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run a module's forward and note what happens inside as its own."""

    def overwrite(self, old: Any, new: Any) -> None:
        """From here on `new` stands where the program says `old`."""


recorder: ContextVar[Recorder | None] = ContextVar("recorder", default=None)


_TORCH_NAMES = {"axis": "dim", "keepdims": "keepdim"}  # torch takes NumPy's names too


def is_tensor(value: object) -> bool:
    """Whether an op takes the value as a tensor: an array, a TensorSpec, a Parameter or a Buffer."""
    return isinstance(value, TensorLike) or is_array(value)


def is_array(value: object) -> bool:
    """Whether the value is a NumPy array; asked without importing NumPy."""
    return "numpy" in sys.modules and isinstance(value, np.ndarray)


_PLAIN = frozenset((int, float, bool, str, type(None)))


def map_tensors(function: Callable[[Any], Any], value: Any) -> Any:
    """The value with the function applied to each tensor in it, through lists, tuples and dicts."""
    kind = type(value)
    if kind in _PLAIN:  # most of an op's arguments; every trace passes here 50 times for each op
        return value
    if kind is tuple:
        return tuple([map_tensors(function, item) for item in value])
    if isinstance(value, dict):
        return {key: map_tensors(function, item) for key, item in value.items()}
    if is_tensor(value):
        return function(value)
    if isinstance(value, list | tuple):
        return _like(value, [map_tensors(function, item) for item in value])
    return value


def _like(value: Any, items: Iterable[Any]) -> Any:
    """A list, tuple or named tuple of the value's type."""
    return type(value)._make(items) if hasattr(value, "_make") else type(value)(items)


def tensors_in(value: Any) -> list[Any]:
    """Every tensor in the value, in order, through lists, tuples and dicts."""
    found: list[Any] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[Any]) -> None:
    if type(value) in _PLAIN:
        return
    if isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            _collect(item, found)
    elif is_tensor(value):
        found.append(value)


def spec_of(tensor: Any) -> TensorSpec:
    """The shape and dtype of a tensor."""
    return tensor if isinstance(tensor, TensorSpec) else TensorSpec(tensor.shape, str(tensor.dtype))


def array_of(tensor: Any) -> np.ndarray:
    """The data of a Parameter, a Buffer or an array."""
    return tensor.data if isinstance(tensor, TensorLike) else tensor


class Op:
    """A named operation. Params: kernel, the function on arrays; fixed, options bound for this member of a family."""

    def __init__(self, kernel: Callable[..., Any], name: str | None = None, **fixed: Any) -> None:
        self.name = name or kernel.__name__
        self.fixed = fixed
        self.facets: dict[str, Callable[..., Any]] = {"kernel": kernel}
        self.inplace = False
        self.creates = False
        self.__doc__ = kernel.__doc__

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _op_named, (self.name,)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # like a function: a layer that keeps its activation is copied with the same op

    def _facet(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        self.facets[name] = function
        return function

    def shape(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: the rule that gives the output's TensorSpec, or a tuple of them, from the arguments' specs."""
        return self._facet("shape", rule)

    def macs(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: multiply-adds from the specs of output and arguments; without it the cost is undefined."""
        return self._facet("macs", rule)

    def window(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: the `Window`s, one an axis, that the op slides over its first argument."""
        return self._facet("window", rule)

    def formula(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: lines that explain the output's size with the numbers put in."""
        return self._facet("formula", rule)

    def alias(self, name: str, **fixed: Any) -> Op:
        """The same op under another name, with these options bound."""
        other = type(self)(self.facets["kernel"], name, **self.fixed, **fixed)
        other.facets = self.facets
        other.inplace, other.creates = self.inplace, self.creates
        return other

    def unchanged(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: whether these arguments make the op return its input as it is; such a call leaves no trace."""
        return self._facet("unchanged", rule)

    def over(self, *axes: int) -> list[Op]:
        """The members of a family for these numbers of axes: `conv` over (1, 2, 3) is conv1d, conv2d, conv3d."""
        return [self.alias(f"{self.name}{count}d", axes=count) for count in axes]

    def ask(self, facet: str, *args: Any, **options: Any) -> Any:
        """The named facet's answer, or None where the op does not define it."""
        rule = self.facets.get(facet)
        return None if rule is None else rule(*args, **self.fixed, **options)

    def infer(self, *args: Any, **options: Any) -> Any:
        """The output's TensorSpec, or a tuple of them. Raises ShapeError or OptionError for what does not fit."""
        args, options = map_tensors(spec_of, args), map_tensors(spec_of, options)
        try:
            return self.facets["shape"](*args, **self.fixed, **options)
        except ShapeError as error:
            error.subject = error.subject or self.name
            raise
        except TypeError as error:
            if isinstance(error, OptionError):
                raise
            raise OptionError(f"{self.name} cannot be called so: {self._complaint(args, options) or error}") from None

    def _complaint(self, args: tuple[Any, ...], options: dict[str, Any]) -> str | None:
        from inspect import signature

        try:
            signature(self.facets["kernel"]).bind(*args, **self.fixed, **options)
        except TypeError as error:
            return str(error)
        return None

    def compute(self, outputs: Any, *args: Any, **options: Any) -> Any:
        """The arrays for outputs already inferred. Half precision is computed in single."""
        args, options = map_tensors(array_of, args), map_tensors(array_of, options)
        specs = [outputs] if isinstance(outputs, TensorSpec) else outputs
        if any(spec.dtype == "float16" for spec in specs):
            args, options = map_tensors(_widen, args), map_tensors(_widen, options)
        with np.errstate(all="ignore"):  # 1/0 is inf and 0/0 is nan, without a word, as in torch
            results = self._run(args, options)
            if isinstance(outputs, TensorSpec):
                return _with_dtype(results, outputs.dtype)
            pairs = zip(results, outputs, strict=True)
            return _like(outputs, (_with_dtype(array, spec.dtype) for array, spec in pairs))

    def _run(self, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        try:
            return self.facets["kernel"](*args, **self.fixed, **options)
        except ShapeError as error:  # what only the data tells, such as an index out of range
            error.subject = error.subject or self.name
            raise
        except IndexError as error:  # NumPy's: "index 7 is out of bounds for axis 0 with size 5"
            raise ShapeError(f"{self.name} takes what is not there: {error}") from None
        except OverflowError as error:
            raise OptionError(f"{self.name} is given a number that the dtype does not hold: {error}") from None

    def __call__(self, *args: Any, **options: Any) -> Any:
        for numpy_name in _TORCH_NAMES.keys() & options.keys():
            options[_TORCH_NAMES[numpy_name]] = options.pop(numpy_name)
        in_place = self.inplace and options.pop("inplace", False)
        tensors = tensors_in((args, options))
        symbolic = any(isinstance(tensor, TensorSpec) for tensor in tensors)
        if not symbolic and (self.creates or any(isinstance(tensor, TensorLike) for tensor in tensors)):
            symbolic = recorder.get() is not None
        outputs = self.infer(*args, **options)
        if self.ask("unchanged", *args, **options):
            return tensors[0]
        if symbolic:
            active = recorder.get()
            if active is None:
                return outputs
            values = active.record(self, args, options, outputs)
            if in_place:
                active.overwrite(args[0], values)
            return values
        results = self.compute(outputs, *args, **options)
        return _written(array_of(args[0]), results) if in_place else results


def _op_named(name: str) -> Op:
    return getattr(import_module("nnbuild.ops"), name)


def _widen(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _with_dtype(result: Any, dtype: str) -> np.ndarray:
    array = np.asarray(result)
    return array if array.dtype.name == dtype else array.astype(dtype)


def _written(target: np.ndarray, result: np.ndarray) -> np.ndarray:
    if target.shape != result.shape or target.dtype != result.dtype or not target.flags.writeable:
        return result
    np.copyto(target, result)
    return target


def op(kernel: Callable[..., Any]) -> Op:
    """Decorator: make the kernel an Op; its other facets are added to it."""
    return Op(kernel)


def creation(kernel: Callable[..., Any]) -> Op:
    """Decorator: an Op that makes a tensor of options alone. In a trace it is recorded and allocates nothing."""
    made = Op(kernel)
    made.creates = True
    return made
