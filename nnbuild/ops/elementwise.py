"""Ops on each element alone: broadcasting, promotion, and the decorator that makes an Op of a function on arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, overload

from nnbuild.errors import ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import result_type
from nnbuild.ops.nests import is_array
from nnbuild.ops.op import Op
from nnbuild.ops.reach import all_aligned
from nnbuild.ops.spec import TensorSpec


def broadcast(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that these broadcast to, aligned at the last axis."""
    result: list[int] = [1] * max((len(shape) for shape in shapes), default=0)
    for shape in shapes:
        for axis, size in enumerate(shape, start=len(result) - len(shape)):
            if size != 1 and result[axis] not in (1, size):
                raise ShapeError(
                    f"shapes {' and '.join(map(str, shapes))} do not broadcast: sizes {result[axis]} and {size}",
                    hint="axes are aligned at the right; each pair must be equal or one of them 1",
                )
            result[axis] = size if result[axis] == 1 else result[axis]
    return tuple(result)


@overload
def elementwise(kernel: Callable[..., Any]) -> Op: ...
@overload
def elementwise(
    *,
    dtype: str | Callable[[str], str] | None = None,
    gives: Callable[[str], str] | None = None,
    inplace: bool = False,
    check: Callable[..., None] | None = None,
) -> Callable[[Callable[..., Any]], Op]: ...
def elementwise(
    kernel: Callable[..., Any] | None = None,
    *,
    dtype: str | Callable[[str], str] | None = None,
    gives: Callable[[str], str] | None = None,
    inplace: bool = False,
    check: Callable[..., None] | None = None,
) -> Op | Callable[[Callable[..., Any]], Op]:
    """Decorator: an Op on each element alone, over operands that broadcast.

    The operands are the required arguments, tensors or numbers; the kernel gets their arrays in their common dtype.

    Params: dtype, the result's, or a function of the operands' common one (`floating` for what has fractions), None
    for the common one itself; gives, a function of that dtype where the result's is another; inplace, whether the op
    takes `inplace=`; check, a function of the op's arguments that refuses options.
    """

    def decorate(kernel: Callable[..., Any]) -> Op:
        code = kernel.__code__
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        required = names[: code.co_argcount - len(kernel.__defaults__ or ())]

        def dtype_of(*operands: Any) -> str:
            common = result_type(*operands)
            return common if dtype is None or isinstance(dtype, str) else dtype(common)

        @wraps(kernel)
        def on_promoted(*args: Any, **options: Any) -> Any:
            common = dtype_of(*args[: len(required)])
            promoted = {name: _promoted(value, common) for name, value in options.items()}
            return kernel(*(_promoted(value, common) for value in args), **promoted)

        def shape(arguments: dict[str, Any]) -> TensorSpec:
            if check is not None:
                check(**arguments)
            common = dtype_of(*(arguments[name] for name in required))
            tensors = [value.shape for value in arguments.values() if isinstance(value, TensorSpec)]
            result = dtype if isinstance(dtype, str) else gives(common) if gives else common
            return TensorSpec(broadcast(*tensors), result)

        made = Op(on_promoted)
        made.inplace = inplace
        made.shape(shape)
        made.axes(all_aligned)
        return made

    return decorate if kernel is None else decorate(kernel)


def _promoted(value: Any, dtype: str) -> Any:
    if is_array(value):
        return value.astype(dtype, copy=False)
    if type(value) is int and "int" in dtype:
        return np.asarray(value).astype(dtype)  # NumPy refuses a number that does not fit; torch takes its low bits
    return value
