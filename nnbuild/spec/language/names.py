"""The names that every expression in a spec knows: layer types, functions, `torch.nn.init`, makers of parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnbuild.errors import NnbuildError, SpecError
from nnbuild.spec.language import functions, namespaces, natives, tensors
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.partials import PARTIAL
from nnbuild.spec.language.scope import MISSING, Scope
from nnbuild.spec.language.torch_names import DTYPES
from nnbuild.spec.language.values import Native
from nnbuild.spec.language.weight_norms import AROUND

#: torch.nn.init's functions that fill a parameter.
INITIALISERS = (
    "uniform_", "normal_", "trunc_normal_", "constant_", "ones_", "zeros_", "eye_", "dirac_", "xavier_uniform_",
    "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "sparse_",
)  # fmt: skip


def call_initialiser(name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """torch.nn.init's function of this name. Raises SpecError where Python would complain of the arguments."""
    from nnbuild.nn import init
    from nnbuild.nn.parameter import StoredTensor

    if "tensor" in kwargs:
        args = [kwargs.pop("tensor"), *args]
    if not args or not isinstance(args[0], StoredTensor):
        given = describe(args[0]) if args else "nothing"
        raise SpecError(f"{name} fills a parameter and gets {given}", hint=f"as in {name}(empty(3, 4))")
    try:
        return getattr(init, name)(*args, **kwargs)
    except NnbuildError:
        raise
    except (TypeError, ValueError, ArithmeticError) as error:
        raise SpecError(f"{name} cannot be called so: {error}") from error


class OnParameters:
    """A named function that is given parameters as they are; a `Function` would look for the op of its name."""

    __slots__ = ("_call", "name")

    def __init__(self, name: str, call: Callable[[list[Any], dict[str, Any]], Any]) -> None:
        self.name = name
        self._call = call

    @property
    def described(self) -> str:
        return f"the function {self.name}"

    def call_with(self, caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return self._call(args, kwargs)


def initialiser(name: str) -> OnParameters:
    """The initialiser of this name, as a function of the language."""
    return OnParameters(name, lambda args, kwargs: call_initialiser(name, args, kwargs))


def _made(name: str, sizes: list[Any], kwargs: dict[str, Any]) -> Any:
    """A parameter of this shape, given as `zeros(2, 3)` or `zeros((2, 3))`."""
    from nnbuild.nn.parameter import Parameter

    dtype = kwargs.pop("dtype", "float32")
    if len(sizes) == 1 and isinstance(sizes[0], (list, tuple)):
        sizes = list(sizes[0])
    if kwargs:
        raise SpecError(f"{name} has no option {next(iter(kwargs))!r}", hint=f"as in {name}(2, 3, dtype='float32')")
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, int) or size < 0:
            raise SpecError(f"{name} wants sizes, whole numbers of at least 0, and gets {describe(size)}")
    if DTYPES.get(dtype, dtype) not in DTYPES.values():
        raise SpecError(f"{describe(dtype)} is not a dtype", hint="as float32 or int64")
    return Parameter.empty(tuple(sizes), DTYPES.get(dtype, dtype))


def _maker(name: str, fill: str | None) -> Native:
    """A parameter while the network is built; in a forward, or for another kind of numbers, the op of this name."""

    def call(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if caller.in_forward:
            return caller.call_op(tensors.find_op(name), args, kwargs)
        made = _made(name, args, dict(kwargs))
        return call_initialiser(fill, [made], {}) if isinstance(fill, str) else made

    return Native(name, call)


def _full(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if caller.in_forward:
        return caller.call_op(tensors.find_op("full"), args, kwargs)
    if len(args) != 2 or not isinstance(args[1], (int, float)):
        raise SpecError("full wants a shape and a number", hint="as in full((2, 3), 0.5)")
    return call_initialiser("constant_", [_made("full", [args[0]], dict(kwargs)), args[1]], {})


def parameter(name: str) -> OnParameters:
    """`nn.Parameter` or `nn.Buffer`, as a function of the language."""
    return OnParameters(name, _parameter if name == "Parameter" else _buffer)


def _parameter(args: list[Any], kwargs: dict[str, Any]) -> Any:
    from nnbuild.nn.parameter import Parameter, StoredTensor

    if "data" in kwargs:
        args = [kwargs.pop("data"), *args]
    value = args[0] if args else None
    if value is None or len(args) > 2 or set(kwargs) - {"requires_grad"}:
        raise SpecError("Parameter wants a tensor", hint="as in Parameter(zeros(2, 3), requires_grad=False)")
    grad = bool(args[1] if len(args) == 2 else kwargs.get("requires_grad", True))
    if isinstance(value, StoredTensor) and not isinstance(value, Parameter):
        from nnbuild.spec.language.making import as_parameter

        return as_parameter(value, grad)
    if not isinstance(value, Parameter):
        value = Parameter(value)
    value.requires_grad = grad
    return value


def _buffer(args: list[Any], kwargs: dict[str, Any]) -> Any:
    from nnbuild.nn.parameter import Buffer
    from nnbuild.ops.nests import array_of

    value: Any = args[0] if args else kwargs.get("data")
    if not hasattr(value, "shape"):
        raise SpecError("Buffer wants a tensor", hint="as in Buffer(zeros(2, 3))")
    made = Buffer.empty(value.shape, str(value.dtype), persistent=bool(kwargs.get("persistent", True)))
    made.assign(lambda: array_of(value))
    return made


_TENSORS = {
    "empty": _maker("empty", None),
    "zeros": _maker("zeros", "zeros_"),
    "ones": _maker("ones", "ones_"),
    "randn": _maker("randn", "normal_"),
    "rand": _maker("rand", "uniform_"),
    "full": Native("full", _full),
}

_INIT = {name: initialiser(name) for name in INITIALISERS}


class BuildNames(Scope):
    """Layer types first, then functions, then ops, for buffers that are computed."""

    __slots__ = ()

    def __init__(self) -> None:
        own = {"partial": PARTIAL, "Parameter": parameter("Parameter")}
        super().__init__({**functions.NAMES, **natives.NAMES, **_TENSORS, **_INIT, **AROUND["parametrizations"], **own})

    def own(self, name: str) -> Any:
        value = self.values.get(name, MISSING)
        return value if value is not MISSING else self._imported(name)

    def own_has(self, name: str) -> bool:
        from nnbuild import nn, ops

        return name in self.values or name in nn.LAYERS or name in ops.OPS

    def _imported(self, name: str) -> Any:
        from nnbuild import nn, ops

        if name in nn.LAYERS:
            value = getattr(nn, name)
        elif name in ops.OPS:
            value = getattr(ops, name)
        else:
            return MISSING
        self.values[name] = value
        return value

    def own_names(self) -> Any:
        from nnbuild import nn

        yield from nn.LAYERS
        yield from self.values

    def prefixed(self, prefix: str, name: str) -> Any:
        if prefix == "init":
            return _INIT.get(name, MISSING)
        if prefix in AROUND:
            return AROUND[prefix].get(name, MISSING)
        if prefix in ("math", "np"):
            return (functions.MATH if prefix == "math" else functions.NP).get(name, MISSING)
        if prefix == "torch" and name in DTYPES:
            return DTYPES[name]
        if prefix == "torch" and name in functions.MATH:
            return functions.MATH[name]
        if prefix == "self":
            return MISSING
        if prefix in namespaces.NAMESPACES:
            return namespaces.find(prefix, name, MISSING)
        return self.own(name)


BUILD_NAMES = BuildNames()
