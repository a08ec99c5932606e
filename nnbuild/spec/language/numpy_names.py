"""NumPy's names for constants and small arrays: drop-path rates, grids, tables of sines. They depend on no input."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import NnbuildError, SpecError
from nnbuild.lazy import np
from nnbuild.ops.nests import array_of, is_array, map_tensors
from nnbuild.spec.language import functions
from nnbuild.spec.language.scope import MISSING
from nnbuild.spec.language.torch_names import DTYPES
from nnbuild.spec.language.values import Hint, Native

#: Elements of one array.
_MOST = 10_000_000

_WORDS = """arange linspace array asarray zeros ones full eye identity cumsum cumprod prod sum mean std var min max amin
    amax argmin argmax argsort sort abs absolute sqrt log log2 log10 log1p exp power floor ceil round rint trunc sin
    cos tan arctan2 sign clip concatenate stack hstack vstack repeat tile reshape transpose expand_dims squeeze
    ravel where maximum minimum outer meshgrid triu tril unique diff flip roll any all isclose allclose gcd lcm
    divide multiply add subtract mod floor_divide logspace geomspace zeros_like ones_like full_like copy dot matmul
    tensordot split array_split count_nonzero interp indices cross kron isnan isfinite append insert delete take
    searchsorted bincount histogram median percentile float_power"""
NAMES = frozenset(_WORDS.split())
_CONSTANTS = {"pi", "e", "inf", "nan", "newaxis", "euler_gamma"}
_TYPES = {"float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool_", "int_", "float_"}


def member(name: str) -> Any:
    """What np.NAME stands for here, or MISSING."""
    if name in functions.NP and name not in NAMES:
        return functions.NP[name]
    if name in _CONSTANTS:
        return getattr(np, name)
    if name == "ndarray":
        return Hint("ndarray")
    if name in _TYPES:
        return DType(name)
    return Native(name, lambda caller, args, kwargs: _call(caller, name, args, kwargs)) if name in NAMES else MISSING


class DType(Native):
    """A dtype that makes numbers too: `np.float32(x)`."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        super().__init__(name, lambda caller, args, kwargs: _call(caller, name, args, kwargs))

    def __str__(self) -> str:
        return {"bool_": "bool", "int_": "int64", "float_": "float64"}.get(self.name, self.name)


def _call(caller: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    args = [caller.items(arg) if hasattr(arg, "__next__") else arg for arg in args]
    sizes = 1
    for arg in [*args, *kwargs.values()]:
        for size in arg if isinstance(arg, tuple | list) else (arg,):
            sizes *= max(1, size) if isinstance(size, int) and not isinstance(size, bool) and size > 64 else 1
    if sizes > _MOST:
        raise SpecError(f"np.{name} of more than {_MOST:,} elements")
    caller.budget.take(sizes * 8)
    arrays = map_tensors(caller.values, [*args])
    named = {key: DTYPES.get(str(value), str(value)) if key == "dtype" else value for key, value in kwargs.items()}
    named = {key: {"float": "float64", "int": "int64"}.get(getattr(kwargs[key], "name", ""), value) if key == "dtype"
             else value for key, value in named.items()}  # fmt: skip
    try:
        return plain(getattr(np, name)(*arrays, **map_tensors(array_of, named)))
    except NnbuildError:
        raise
    except (TypeError, ValueError, IndexError, AttributeError, MemoryError) as error:
        raise SpecError(f"np.{name} cannot be called so: {error}") from None


def plain(value: Any) -> Any:
    """NumPy's numbers as Python's."""
    if is_array(value):
        return value
    if isinstance(value, np.generic):
        return value.item()
    return (
        type(value)(map(plain, value)) if isinstance(value, list | tuple) and not hasattr(value, "_fields") else value
    )
