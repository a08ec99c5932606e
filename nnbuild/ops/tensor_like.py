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


class TensorLike:
    """What an op takes as a tensor beside arrays. `x + 1`, `2 * x`, `x @ w`, `x[:, 0]`, `x > 0`, ... call ops.

    `==` stays identity: a tensor is a key in graphs and dictionaries; write `ops.eq(a, b)`.
    """

    __slots__ = ()

    shape: tuple[int, ...]
    dtype: str
    data: Any
    __array_ufunc__ = None  # makes `array + x` come to x.__radd__

    if TYPE_CHECKING:  # those of the tables above, put in below

        def __neg__(self) -> Any: ...
        def __add__(self, other: Any) -> Any: ...
        def __getitem__(self, index: Any) -> Any: ...

        __abs__ = __invert__ = __neg__
        __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = __matmul__ = __add__
        __and__ = __or__ = __xor__ = __lt__ = __le__ = __gt__ = __ge__ = __add__
        __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = __rmatmul__ = __add__
        __rand__ = __ror__ = __rxor__ = __add__


def give_operators(find: Callable[[str], Callable[..., Any]]) -> None:
    """Make Python's operators on tensors ops. Params: find, the op of a name."""

    def forward(name: str) -> Callable[..., Any]:
        return lambda self, *others: find(name)(self, *others)

    def reflected(name: str) -> Callable[..., Any]:
        return lambda self, other: find(name)(other, self)

    for python, name in {**BINARY, **COMPARISONS, **UNARY, "getitem": "getitem"}.items():
        setattr(TensorLike, f"__{python}__", forward(name))
    for python, name in BINARY.items():
        setattr(TensorLike, f"__r{python}__", reflected(name))
