"""Python's operators on things that stand for tensors, as ops: so that they promote as torch does and are recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

BINARY = {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "floordiv": "floor_divide", "mod": "remainder",
    "pow": "pow", "matmul": "matmul", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
}  # fmt: skip
COMPARISONS = {"lt": "lt", "le": "le", "gt": "gt", "ge": "ge"}
UNARY = {"neg": "neg", "abs": "abs", "invert": "bitwise_not"}


def _op(name: str) -> Callable[..., Any]:
    from nnbuild import ops

    return getattr(ops, name)


class TensorLike:
    """What an op takes as a tensor beside arrays. `x + 1`, `2 * x`, `x @ w`, `x[:, 0]`, `x > 0`, ... call ops.

    `==` stays identity: a tensor is a key in graphs and dictionaries; write `ops.eq(a, b)`.
    """

    __slots__ = ()

    shape: tuple[int, ...]
    dtype: str
    data: Any
    __array_ufunc__ = None  # makes `array + x` come to x.__radd__

    def __getitem__(self, index: Any) -> Any:
        return _op("getitem")(self, index)

    if TYPE_CHECKING:  # those of the tables above, put in below

        def __neg__(self) -> Any: ...
        def __add__(self, other: Any) -> Any: ...

        __abs__ = __invert__ = __neg__
        __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = __matmul__ = __add__
        __and__ = __or__ = __xor__ = __lt__ = __le__ = __gt__ = __ge__ = __add__
        __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = __rmatmul__ = __add__
        __rand__ = __ror__ = __rxor__ = __add__


def _forward(name: str) -> Callable[..., Any]:
    return lambda self, *others: _op(name)(self, *others)


def _reflected(name: str) -> Callable[..., Any]:
    return lambda self, other: _op(name)(other, self)


for _python, _name in {**BINARY, **COMPARISONS, **UNARY}.items():
    setattr(TensorLike, f"__{_python}__", _forward(_name))
for _python, _name in BINARY.items():
    setattr(TensorLike, f"__r{_python}__", _reflected(_name))
