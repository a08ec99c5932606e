"""The stub of nnbuild.ops: every op's signature, its tensors' types and its result's.

A tensor is an array, a Parameter, a Buffer or a TensorSpec. With a TensorSpec among its tensors an op answers with
TensorSpecs, else with arrays; hence the overloads. A result that depends on the value of an option is Any, but for the
option's default.
"""

import re
from collections.abc import Iterator
from inspect import Parameter, signature
from typing import Any, NamedTuple

from nnbuild import ops
from nnbuild.ops.in_place import RESULTS, InPlace

_HEAD = """\
# Written by `python -m tests.stubs.make`; a test holds it equal to the registry.
#
# Inside a trace stand-ins go where arrays go here: they have the shape, the dtype and the operators of arrays.

import builtins
from collections.abc import Sequence
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar, overload

import numpy as np

from nnbuild.ops.nests import is_tensor as is_tensor
from nnbuild.ops.op import Op as Op
from nnbuild.ops.spec import TensorSpec as TensorSpec

linalg: Any
fft: Any
METHODS: frozenset[str]
OPS: dict[str, str]

class _Stored(Protocol):
    shape: builtins.tuple[builtins.int, ...]
    dtype: str
    def numpy(self) -> np.ndarray: ...

_Array = np.ndarray | _Stored
_Tensor = _Array | TensorSpec
_Result = TypeVar("_Result", covariant=True)
_DType = str | builtins.type[Any] | np.dtype

class _Ordered(NamedTuple, Generic[_Result]):
    values: _Result
    indices: _Result
"""

#: Annotations of kernels as the stub says them, T standing for a tensor.
_TYPES = {
    "np.ndarray": "T",
    "np.ndarray | None": "T | None",
    "Sequence[np.ndarray]": "Sequence[T]",
    "Tensors": "Sequence[T]",
    "int": "builtins.int",
    "int | None": "builtins.int | None",
    "float": "builtins.float",
    "float | None": "builtins.float | None",
    "float | str": "builtins.float | str",
    "float | str | None": "builtins.float | str | None",
    "bool": "builtins.bool",
    "bool | None": "builtins.bool | None",
    "str": "str",
    "str | None": "str | None",
    "Sizes": "builtins.int | Sequence[builtins.int]",
    "Sizes | None": "builtins.int | Sequence[builtins.int] | None",
    "Sizes | str": "builtins.int | Sequence[builtins.int] | str",
    "Sequence[int] | None": "Sequence[builtins.int] | None",
    "Sequence[int]": "Sequence[builtins.int]",
    "Sequence[float]": "Sequence[builtins.float]",
    "Sequence[float] | None": "Sequence[builtins.float] | None",
    "int | Sequence[int]": "builtins.int | Sequence[builtins.int]",
    "int | Sequence[int] | None": "builtins.int | Sequence[builtins.int] | None",
    "tuple[int, int]": "Sequence[builtins.int]",
    "int | tuple[int, ...]": "builtins.int | Sequence[builtins.int]",
    "tuple[int, ...] | None": "Sequence[builtins.int] | None",
    "Dims": "builtins.int | Sequence[builtins.int] | None",
    "Dims | bool": "builtins.int | Sequence[builtins.int] | builtins.bool | None",
    "OutputSize": "builtins.int | Sequence[builtins.int | None] | None",
    "Factors": "builtins.float | Sequence[builtins.float] | None",
    "float | tuple[float, ...] | None": "builtins.float | Sequence[builtins.float] | None",
    "tuple[Any, ...]": "object",
}

_T = re.compile(r"\bT\b")

_OPERAND = "T | builtins.float"

#: The same for arguments that kernels take as Any, by their names.
_NAMED = {
    **dict.fromkeys(("input", "other", "exponent", "weight", "src", "value", "fill_value"), _OPERAND),
    **dict.fromkeys(("min", "max"), f"{_OPERAND} | None"),
    **dict.fromkeys(("tensors", "operands"), "T | Sequence[T]"),
    "dim": "T | builtins.int | None",
    "hx": "T | tuple[T, T] | None",
    "dtype": "_DType | None",
    "target": "_DType | T",
    "device": "str | None",
    "data": "object",
    "repeats": "T | builtins.int",
    "indices": "Sequence[object]",
    "output_size": "builtins.int | Sequence[builtins.int]",
    "dims": "builtins.int | Sequence[Sequence[builtins.int]]",
}

_RESULTS = {
    "np.ndarray": "R",
    "list[np.ndarray]": "builtins.tuple[R, ...]",
    "tuple[np.ndarray, ...]": "builtins.tuple[R, ...]",
    "tuple[np.ndarray, np.ndarray]": "_Ordered[R]",
    "Any": "Any",
}

#: What an option is for the usual result, where others give another.
_USUAL = {"return_indices": "Literal[False]", "dim": "None"}

_INPLACE = Parameter("inplace", Parameter.KEYWORD_ONLY, default=False, annotation="bool")


class Case(NamedTuple):
    """One overload: the type of each tensor by the argument's name, and the result's."""

    tensors: dict[str, str]
    result: str


def text() -> str:
    """The stub."""
    return _HEAD + "\n" + "\n".join(line for name in ops.OPS for line in _lines(name)) + "\n"


def _lines(name: str) -> list[str]:
    op = getattr(ops, name)
    if isinstance(op, InPlace):
        return _in_place(name)
    if op.family.name in ops.OPS and op.family.name != name and not op.fixed:
        return [f"{name} = {op.family.name}"]
    parameters, returned = _signature(op)
    ways = [parameters, *_sizes_by_name(parameters)]
    return _decorated([line for way in ways for line in _overloads(name, way, returned, list(_cases(way)))])


def _sizes_by_name(parameters: list[Parameter]) -> Iterator[list[Parameter]]:
    """The arguments with the sizes, which stand one after another, as one sequence by its name."""
    if any(parameter.kind is Parameter.VAR_POSITIONAL and parameter.annotation == "Sizes" for parameter in parameters):
        yield [
            parameter.replace(kind=Parameter.KEYWORD_ONLY) if parameter.kind is Parameter.VAR_POSITIONAL else parameter
            for parameter in parameters
        ]


def _decorated(found: list[str]) -> list[str]:
    return found if len(found) == 1 else [line for one in found for line in ("@overload", one)]


def _signature(op: Any) -> tuple[list[Parameter], str]:
    """The arguments that a call takes, without those that the op fixes, and the annotation of the result."""
    taken = signature(getattr(op.kernel, "__wrapped__", op.kernel))
    kept = [parameter for name, parameter in taken.parameters.items() if name not in op.fixed]
    return [*kept, *([_INPLACE] if op.inplace else [])], taken.return_annotation


def _in_place(name: str) -> list[str]:
    """A TensorSpec or an array, and the same again: what a forward keeps is not changed."""
    parameters, _ = _signature(getattr(ops, RESULTS.get(name, name.removesuffix("_"))))
    if name == "copy_":
        parameters = [Parameter("input", Parameter.POSITIONAL_OR_KEYWORD, annotation="np.ndarray")]
        parameters.append(Parameter("src", Parameter.POSITIONAL_OR_KEYWORD, annotation="np.ndarray"))
    parameters = [parameter for parameter in parameters if parameter.name != "inplace"]
    parameters[0] = parameters[0].replace(annotation="np.ndarray")
    others = dict.fromkeys(_tensors(parameters)[1:], "_Tensor")
    cases = [Case({parameters[0].name: kind, **others}, kind) for kind in ("TensorSpec", "np.ndarray")]
    return _decorated(_overloads(name, parameters, "np.ndarray", cases))


def _tensors(parameters: list[Parameter]) -> list[str]:
    return [parameter.name for parameter in parameters if _T.search(_written(parameter))]


def _cases(parameters: list[Parameter]) -> Iterator[Case]:
    """A TensorSpec in one of the places; arrays in all; and a mixture in a sequence."""
    names = _tensors(parameters)
    written = {parameter.name: _written(parameter) for parameter in parameters}
    for name in names:
        if "_DType" not in written[name]:
            yield Case({**dict.fromkeys(names, "_Tensor"), name: "TensorSpec"}, "TensorSpec")
    yield Case(dict.fromkeys(names, "_Array"), "np.ndarray")
    if any("Sequence[T]" in written[name] for name in names):
        yield Case(dict.fromkeys(names, "_Tensor"), "np.ndarray | TensorSpec")


def _overloads(name: str, parameters: list[Parameter], returned: str, cases: list[Case]) -> list[str]:
    result = _RESULTS[returned]
    usual = {option: kind for option, kind in _USUAL.items() if result == "Any" and _named(parameters, option)}
    found = []
    if usual or result != "Any":
        for case in cases:
            if "TensorSpec" in [case.tensors.get(option) for option in usual]:
                continue
            typed = result.replace("R", case.result) if result != "Any" else case.result
            found.append(f"def {name}({_listed(parameters, case.tensors, usual)}) -> {typed}: ...")
    if result == "Any":
        tensors = dict.fromkeys(_tensors(parameters), "_Tensor")
        found.append(f"def {name}({_listed(parameters, tensors, {})}) -> Any: ...")
    return found


def _named(parameters: list[Parameter], option: str) -> bool:
    return any(parameter.name == option and parameter.default is not Parameter.empty for parameter in parameters)


def _listed(parameters: list[Parameter], tensors: dict[str, str], usual: dict[str, str]) -> str:
    """The arguments as a def lists them."""
    listed, before = [], None
    given = any(tensors.get(one.name) == "TensorSpec" and one.kind is not Parameter.KEYWORD_ONLY for one in parameters)
    for parameter in parameters:
        if before is Parameter.POSITIONAL_ONLY and parameter.kind is not before:
            listed.append("/")
        if parameter.kind is Parameter.KEYWORD_ONLY and before not in (parameter.kind, Parameter.VAR_POSITIONAL):
            listed.append("*")
        before = parameter.kind
        tensor = tensors.get(parameter.name, "")
        listed.append(_argument(parameter, tensor, usual.get(parameter.name), given or tensor == "TensorSpec"))
        given = given and tensor != "TensorSpec"
    return ", ".join([*listed, *(["/"] if before is Parameter.POSITIONAL_ONLY else [])])


def _argument(parameter: Parameter, tensor: str, usual: str | None, given: bool) -> str:
    """An argument as a def lists it. Params: given, whether it has no default, as neither has a later one."""
    kind = usual or _T.sub(tensor, _written(parameter))
    default = "" if given or parameter.default is Parameter.empty else f" = {parameter.default!r}"
    if parameter.default is None and "None" not in kind:
        kind += " | None"
    if tensor == "TensorSpec":  # nothing else, given
        kind = kind.removesuffix(" | None").removesuffix(" | builtins.float").removesuffix(" | builtins.int")
    star = "*" if parameter.kind is Parameter.VAR_POSITIONAL else ""
    return f"{star}{parameter.name}: {kind}{default}"


def _written(parameter: Parameter) -> str:
    """The argument's type, T in the places of tensors. Raises KeyError for an annotation that no table has."""
    by_name = parameter.annotation == "Any" or parameter.name == "dtype"
    return _NAMED[parameter.name] if by_name else _TYPES[parameter.annotation]
