"""Op: one operation on tensors, with all that the program knows of it.

    @op
    def linear(input, weight, bias=None): ...       the NumPy kernel: arrays in, array out

    @linear.shape
    def _(input, weight, bias): ...                 the shape rule: TensorSpecs in, TensorSpec out; refuses misfits

    @linear.macs
    def _(output, weight): ...                      multiply-adds, from specs

    @linear.formula
    def _(output, input): ...                       lines that explain the output's size

    @linear.axes
    def _(input, weight): ...                       what an output's element sees of each tensor, axis by axis

    @view.memory
    def _(): ...                                    whether the output is a view, an ordered one, or a new array

    @dropout.unchanged
    def _(p, training): ...                         whether the call is its input unchanged, and leaves no trace

An op called with arrays computes. Called with a TensorSpec among its arguments it infers; inside a trace the call is
recorded as well. A call is bound to the kernel's arguments once; a facet names those that it needs, beside them
`output`, the output's spec, `which`, its number among several, `window`, the answer of that facet, and
`arguments`, all of them by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextvars import ContextVar
from importlib import import_module
from typing import Any, Protocol, Self

from nnbuild import limits
from nnbuild.budget import Budget, watching
from nnbuild.errors import PYTHONS_WORDS, DataError, NnbuildError, OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.nests import array_of, is_tensor, like, map_tensors, spec_of, tensors_in
from nnbuild.ops.signature import Signature, arguments_of, described
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.tensor_like import TensorLike


class Recorder(Protocol):
    """What a trace gives to the ops that run inside it."""

    def record(self, op: Op, arguments: dict[str, Any], outputs: Any) -> Any:
        """Note the call, its arguments bound by name, and return its outputs as values of the graph."""

    def call(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run a module's forward and note what happens inside as its own."""

    def overwrite(self, old: Any, new: Any) -> None:
        """From here on `new` stands where the program says `old`."""

    def changed(self, arrays: list[Any]) -> bool:
        """Whether something else stands for one of these arrays by now."""


recorder: ContextVar[Recorder | None] = ContextVar("recorder", default=None)


_PLAIN = frozenset((int, float, bool, str, type(None)))

#: What a facet may name beside the op's arguments.
_GIVEN = frozenset(("output", "which", "window", "arguments"))

_NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}  # torch takes NumPy's names too


class Op:
    """A named operation.

    Params: kernel, the function on arrays; name, the kernel's unless said; fixed, options bound for this member of a
    family. `family` is the op that a member was made of, `members` those that were made of it, by their number of axes.
    """

    def __init__(self, kernel: Callable[..., Any], name: str | None = None, **fixed: Any) -> None:
        self.name = name or kernel.__name__
        self.fixed = fixed
        self.kernel = kernel
        self.signature = Signature(kernel)
        self.facets: dict[str, Callable[..., Any]] = {}
        self._needs: dict[str, tuple[str, ...]] = {}
        self.family = self
        self.members: dict[int, Op] = {}
        self.inplace = False
        self.creates = False
        self.sized_by_data = False
        self.takes_complex = False
        self.other_names = _NUMPY_NAMES
        self.__doc__ = kernel.__doc__

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _op_named, (self.name,)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # like a function: a layer that keeps its activation is copied with the same op

    # Facets

    def _facet(self, name: str, rule: Callable[..., Any]) -> Callable[..., Any]:
        needs = arguments_of(rule)
        unknown = set(needs).difference(self.signature.names, _GIVEN)
        if unknown:
            raise TypeError(
                f"the facet {name} of {self.name} names {', '.join(sorted(unknown))}, which it does not take"
            )
        self.facets[name], self._needs[name] = rule, needs
        return rule

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

    def axes(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: what an element of the output sees of each tensor argument: see `nnbuild.ops.reach`."""
        return self._facet("axes", rule)

    def memory(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: whether the output is a view of the first tensor, in the words of `nnbuild.ops.memory`."""
        return self._facet("memory", rule)

    def draws(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: whether the call draws random numbers; an op that states none does not."""
        return self._facet("draws", rule)

    def unchanged(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: whether these arguments make the op return its input as it is; such a call leaves no trace."""
        return self._facet("unchanged", rule)

    def alias(self, name: str, **fixed: Any) -> Op:
        """The same op under another name, with these options bound."""
        other = type(self)(self.kernel, name, **self.fixed, **fixed)
        other.facets, other._needs, other.family = dict(self.facets), dict(self._needs), self.family
        other.inplace, other.creates, other.other_names = self.inplace, self.creates, self.other_names
        other.sized_by_data = self.sized_by_data
        return other

    def also_called(self, **names: str) -> Op:
        """The op, which takes these names too, each for the argument that it says."""
        self.other_names = self.other_names | names
        return self

    def over(self, *axes: int) -> list[Op]:
        """The members of a family for these numbers of axes: `conv` over (1, 2, 3) is conv1d, conv2d, conv3d."""
        self.members = {count: self.alias(f"{self.name}{count}d", axes=count) for count in axes}
        return list(self.members.values())

    # Asking

    def bind(self, args: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
        """Every argument of a call by name, in order. Raises OptionError for a call that the op does not take."""
        try:
            if options:
                options = self._by_own_names(options)
            if self.fixed:
                self.signature.refuse(self.fixed.keys() & options.keys())
                options = self.fixed | options
            bound = self.signature.bind(args, options)
        except TypeError as error:
            raise self._refusal(f"cannot be called so: {error}") from None
        for name in self.signature.tensors:
            if not is_tensor(bound[name]):
                raise self._no_tensor(name, bound[name])
        for name in self.signature.optional_tensors:
            if bound[name] is not None and not is_tensor(bound[name]):
                raise self._no_tensor(name, bound[name])
        for name in self.signature.plain:
            value = bound[name]
            if type(value) not in _PLAIN and is_tensor(value) and value.ndim:
                raise self._refusal(f"wants a number for {name} and gets a tensor {tuple(value.shape)}")
        return bound

    def _no_tensor(self, name: str, value: Any) -> OptionError:
        error = self._refusal(f"wants a tensor for {name} and gets {described(value)}")
        error.given = value
        return error

    def _refusal(self, statement: str) -> OptionError:
        error = OptionError(statement)
        error.subject = self.name
        return error

    def _by_own_names(self, options: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for given, value in options.items():
            name = self.other_names.get(given, given)
            if name in found:
                raise TypeError(f"multiple values for argument {name!r}")
            found[name] = value
        return found

    def answer(self, facet: str, specs: dict[str, Any], output: Any = None, which: int = 0) -> Any:
        """The named facet's answer for bound arguments, TensorSpecs in the tensors' places; None where it has none.

        Params: output, the output's spec; which, its number among several.
        """
        rule = self.facets.get(facet)
        if rule is None:
            return None
        needs = self._needs[facet]
        if _GIVEN.isdisjoint(needs):
            return rule(*[specs[name] for name in needs])
        given = {**specs, "output": output, "which": which, "arguments": specs}
        if "window" in needs:
            given["window"] = self.answer("window", specs)
        return rule(*[given[name] for name in needs])

    def ask(self, facet: str, *args: Any, **options: Any) -> Any:
        """The facet's answer for a call; macs and formula are told the output's spec first."""
        output, args = (args[0], args[1:]) if facet in ("macs", "formula") else (None, args)
        return self.answer(facet, self.bind(args, options), output)

    def infer(self, *args: Any, **options: Any) -> Any:
        """The output's TensorSpec, or a tuple of them. Raises ShapeError or OptionError for what does not fit."""
        return self._inferred(map_tensors(spec_of, self.bind(args, options)))

    def _inferred(self, specs: dict[str, Any]) -> Any:
        if not self.family.takes_complex:
            self.refuse_complex(specs)
        try:
            return self.answer("shape", specs)
        except ShapeError as error:
            error.subject, error.arguments = error.subject or self.name, specs
            raise
        except NnbuildError:
            raise
        except PYTHONS_WORDS as error:
            raise self._refusal(f"cannot be called so: {error}") from None

    def refuse_complex(self, specs: Any) -> None:
        """Raise ShapeError for a tensor of complex numbers among these."""
        for spec in tensors_in(specs):
            if spec.dtype[0] == "c":
                error = ShapeError(
                    f"wants real numbers and gets {spec.dtype}",
                    hint="take x.real, x.imag, x.abs() or view_as_real(x)",
                )
                error.subject = self.name
                raise error

    def compute(self, outputs: Any, bound: dict[str, Any]) -> Any:
        """The arrays for outputs already inferred, of bound arguments. Half precision is computed in single."""
        arrays = map_tensors(array_of, bound)
        specs = [outputs] if isinstance(outputs, TensorSpec) else outputs
        if any(spec.dtype == "float16" for spec in specs):
            arrays = map_tensors(_widen, arrays)
        with np.errstate(all="ignore"):  # 1/0 is inf and 0/0 is nan, without a word, as in torch
            results = self._run(arrays)
            if isinstance(outputs, TensorSpec):
                return with_dtype(results, outputs.dtype)
            pairs = zip(results, outputs, strict=True)
            return like(outputs, (with_dtype(array, spec.dtype) for array, spec in pairs))

    def _run(self, arrays: dict[str, Any]) -> Any:
        try:
            return self.signature.call(self.kernel, arrays)
        except ShapeError as error:  # what only the data tells, such as an index out of range
            error.subject = error.subject or self.name
            raise
        except IndexError as error:  # NumPy's: "index 7 is out of bounds for axis 0 with size 5"
            raise ShapeError(f"{self.name} takes what is not there: {error}") from None
        except OverflowError as error:
            raise OptionError(f"{self.name} is given a number that the dtype does not hold: {error}") from None
        except NnbuildError:
            raise
        except PYTHONS_WORDS as error:
            raise self._refusal(f"cannot be computed: {error}") from None

    def __call__(self, *args: Any, **options: Any) -> Any:
        in_place = self.inplace and options.pop("inplace", False)
        bound = self.bind(args, options)
        if self.sized_by_data and not any(isinstance(tensor, TensorSpec) for tensor in tensors_in(bound)):
            return self._run(map_tensors(array_of, bound))
        specs = map_tensors(spec_of, bound)
        outputs = self._inferred(specs)
        tensors = tensors_in(bound)
        if "unchanged" in self.facets and self.answer("unchanged", specs):
            return tensors[0]
        symbolic = any(isinstance(tensor, TensorSpec) for tensor in tensors)
        if not symbolic and (active := recorder.get()) is not None:
            stands_for = self.creates or any(isinstance(tensor, TensorLike) for tensor in tensors)
            symbolic = stands_for or active.changed(tensors)
        if symbolic:
            active = recorder.get()
            if active is None:
                return outputs
            values = active.record(self, bound, outputs)
            if in_place:
                active.overwrite(tensors[0], values)
            return values
        budget = watching()
        if budget is not None:
            self.charge(budget, specs, outputs)
        results = self.compute(outputs, bound)
        return _written(array_of(tensors[0]), results) if in_place else results

    def charge(self, budget: Budget, specs: dict[str, Any], outputs: Any) -> None:
        """Count what the call is about to compute and to keep."""
        made = [outputs] if isinstance(outputs, TensorSpec) else list(outputs)
        budget.take(sum(spec.nbytes for spec in made))
        written = sum(spec.numel() for spec in made)
        taps = math.prod(window.kernel for window in self.answer("window", specs) or ())
        elements = written * taps + sum(spec.numel() for spec in tensors_in(specs))
        each = 1 if self.answer("draws", specs) else limits.ELEMENTS_A_STEP
        macs = self.answer("macs", specs, made[0]) if made else 0
        budget.spend(elements // each + (macs or 0) // limits.MACS_A_STEP)


def _op_named(name: str) -> Op:
    return getattr(import_module("nnbuild.ops"), name)


def _widen(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32) if array.dtype == np.float16 else array


def with_dtype(result: Any, dtype: str) -> np.ndarray:
    """The array in this dtype; of complex numbers that become real ones the real parts."""
    array = np.asarray(result)
    if array.dtype.kind == "c" and dtype[0] != "c":
        array = array != 0 if dtype == "bool" else array.real
    return array if array.dtype.name == dtype else array.astype(dtype)


def _written(target: np.ndarray, result: np.ndarray) -> np.ndarray:
    if target.shape != result.shape or target.dtype != result.dtype or not target.flags.writeable:
        return result
    np.copyto(target, result)
    return target


def op(kernel: Callable[..., Any]) -> Op:
    """Decorator: make the kernel an Op; its other facets are added to it."""
    return Op(kernel)


def sized_by_data(kernel: Callable[..., Any]) -> Op:
    """Decorator: an Op whose output has a size that only the data tells. It computes, and infers nothing."""
    made = Op(kernel)
    made.sized_by_data = True

    @made.shape
    def _() -> TensorSpec:
        raise DataError("gives as many elements as the data says", hint="`nnbuild run` runs it, op by op")

    @made.axes
    def _() -> dict[str, Any]:
        return {}

    return made


def takes_complex(*ops: Op) -> None:
    """Note that these ops, and those of their families, take complex numbers; others refuse them."""
    for each in ops:
        each.family.takes_complex = True


def creation(kernel: Callable[..., Any]) -> Op:
    """Decorator: an Op that makes a tensor of options alone. In a trace it is recorded and allocates nothing."""
    made = Op(kernel)
    made.creates = True
    return made
