"""Products of matrices: linear maps and their relatives."""

from __future__ import annotations

from math import prod

from nnbuild.errors import ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import numbers, one_dtype, promote
from nnbuild.ops.elementwise import broadcast
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import WHOLE, Kept, Reach, Reaches, aligned, kept
from nnbuild.ops.spec import TensorSpec


@op
def linear(input: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """input @ weight.T + bias: (*, in_features) with a weight (out_features, in_features) gives (*, out_features)."""
    rows = input.reshape(prod(input.shape[:-1]), input.shape[-1]) @ weight.T
    if bias is not None:
        rows += bias
    return rows.reshape(*input.shape[:-1], *weight.shape[:-1])


@linear.shape
def _(input: TensorSpec, weight: TensorSpec, bias: TensorSpec | None) -> TensorSpec:
    if weight.ndim not in (1, 2):
        raise ShapeError(f"wants a weight of 2 axes and gets {weight.shape}")
    wanted, outputs = weight.shape[-1], weight.shape[:-1]
    if not input.shape:
        raise ShapeError("wants an input of at least one axis and gets a single number")
    if input.shape[-1] != wanted:
        raise ShapeError(
            f"wants {wanted} input features and gets {input.shape[-1]}",
            hint=_way_out(input, wanted, ", ".join(map(str, outputs))),
            option="in_features",
        )
    one_dtype(input, weight=weight, bias=bias)
    if bias is not None and broadcast(bias.shape, outputs) != outputs:
        raise ShapeError(f"wants a bias of {outputs} and gets {bias.shape}")
    return input.with_shape((*input.shape[:-1], *outputs))


def _way_out(input: TensorSpec, wanted: int, made: str) -> str:
    """What to write where the last axis has not the features that are wanted: often it is not the axis meant."""
    shape, last = input.shape, input.shape[-1]
    merged = prod(shape[1:])
    if input.ndim > 2 and (wanted == merged or input.ndim > 3):
        sizes = "*".join(map(str, shape[1:]))
        flat = f"a Flatten before it makes {sizes} = {merged} features of {shape}"
        return flat if wanted == merged else f"{flat}, for Linear({merged}, {made})"
    if input.ndim == 3 and wanted == shape[1]:
        return "the features stand before the last axis: x.transpose(1, 2) before it"
    if input.ndim == 1 and wanted and last > wanted and not last % wanted:
        return f"{last} = {last // wanted}*{wanted}: flatten(x, 1) keeps the batch, flatten(x) merges it too"
    return f"Linear({last}, {made}), or LazyLinear({made})"


@linear.macs
def _(output: TensorSpec, weight: TensorSpec) -> int:
    return output.numel() * weight.shape[-1]


@linear.formula
def _(output: TensorSpec, weight: TensorSpec) -> list[str]:
    return [f"features: {weight.shape[-1]} -> {output.shape[-1]}"]


@linear.axes
def _(input: TensorSpec, weight: TensorSpec, bias: TensorSpec | None, output: TensorSpec) -> dict[str, Reaches]:
    found: dict[str, Reaches] = {"input": (*kept(input)[:-1], WHOLE)}
    if weight.ndim > 1:
        found["weight"] = (Kept(output.ndim - 1), WHOLE)
    return found if bias is None else found | {"bias": aligned(bias, output)}


def _factors(first: TensorSpec, second: TensorSpec, output: TensorSpec) -> tuple[tuple[Reach, ...], tuple[Reach, ...]]:
    """What a product sees of its two factors: a row of the first, a column of the second."""
    columns = int(second.ndim > 1)
    batch = output.with_shape(output.shape[: output.ndim - (first.ndim > 1) - columns])
    rows: tuple[Reach, ...] = (Kept(output.ndim - 1 - columns), WHOLE) if first.ndim > 1 else (WHOLE,)
    others: tuple[Reach, ...] = (WHOLE, Kept(output.ndim - 1)) if columns else (WHOLE,)
    return (
        (*aligned(first.with_shape(first.shape[:-2]), batch), *rows),
        (*aligned(second.with_shape(second.shape[:-2]), batch), *others),
    )


@op
def matmul(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The matrix product (*, n, k) @ (*, k, m) = (*, n, m), broadcast over the axes before; vectors as in torch."""
    return np.matmul(input, other)


@matmul.shape
def _(input: TensorSpec, other: TensorSpec) -> TensorSpec:
    if not input.shape or not other.shape:
        raise ShapeError(f"wants tensors of at least one axis and gets {input.shape} and {other.shape}")
    if input.dtype != other.dtype:
        raise ShapeError(f"wants tensors of one dtype and gets {input.dtype} and {other.dtype}")
    inner = other.shape[-2] if other.ndim > 1 else other.shape[0]
    if input.shape[-1] != inner:
        raise ShapeError(
            f"cannot multiply {input.shape} by {other.shape}: the inner sizes {input.shape[-1]} and {inner} differ",
            hint="transpose one of them",
        )
    batch = broadcast(input.shape[:-2], other.shape[:-2])
    return input.with_shape((*batch, *input.shape[-2:-1], *(other.shape[-1:] if other.ndim > 1 else ())))


@matmul.axes
def _(input: TensorSpec, other: TensorSpec, output: TensorSpec) -> dict[str, Reaches]:
    first, second = _factors(input, other, output)
    return {"input": first, "other": second}


def _matrices(first: TensorSpec, second: TensorSpec, axes: tuple[int, int]) -> TensorSpec:
    """What matmul gives for tensors of just these numbers of axes. Bools are no numbers to multiply and add."""
    if (first.ndim, second.ndim) != axes:
        raise ShapeError(f"wants tensors of {axes[0]} and {axes[1]} axes and gets {first.shape} and {second.shape}")
    numbers(first.dtype)
    return matmul.facets["shape"](first, second)


def _multiplied(output: TensorSpec, input: TensorSpec) -> int:
    return output.numel() * input.shape[-1]


@op
def mm(input: np.ndarray, mat2: np.ndarray) -> np.ndarray:
    """The matrix product (n, k) @ (k, m) = (n, m)."""
    return np.matmul(input, mat2)


@mm.shape
def _(input: TensorSpec, mat2: TensorSpec) -> TensorSpec:
    return _matrices(input, mat2, (2, 2))


@mm.axes
def _(input: TensorSpec, mat2: TensorSpec, output: TensorSpec) -> dict[str, Reaches]:
    first, second = _factors(input, mat2, output)
    return {"input": first, "mat2": second}


@op
def bmm(input: np.ndarray, mat2: np.ndarray) -> np.ndarray:
    """The matrix products (b, n, k) @ (b, k, m) = (b, n, m), one for each of the batch."""
    return np.matmul(input, mat2)


def _batches(first: TensorSpec, second: TensorSpec) -> TensorSpec:
    output = _matrices(first, second, (3, 3))
    if first.shape[0] != second.shape[0]:
        raise ShapeError(
            f"wants two batches of one size and gets {first.shape} and {second.shape}", hint="matmul(a, b)"
        )
    return output


@bmm.shape
def _(input: TensorSpec, mat2: TensorSpec) -> TensorSpec:
    return _batches(input, mat2)


@bmm.axes
def _(input: TensorSpec, mat2: TensorSpec, output: TensorSpec) -> dict[str, Reaches]:
    first, second = _factors(input, mat2, output)
    return {"input": first, "mat2": second}


@op
def mv(input: np.ndarray, vec: np.ndarray) -> np.ndarray:
    """The product of a matrix and a vector, (n, k) @ (k) = (n)."""
    return np.matmul(input, vec)


@mv.shape
def _(input: TensorSpec, vec: TensorSpec) -> TensorSpec:
    return _matrices(input, vec, (2, 1))


@mv.axes
def _(input: TensorSpec, vec: TensorSpec, output: TensorSpec) -> dict[str, Reaches]:
    first, second = _factors(input, vec, output)
    return {"input": first, "vec": second}


@op
def dot(input: np.ndarray, tensor: np.ndarray) -> np.ndarray:
    """The sum of the products of two vectors' elements."""
    return np.matmul(input, tensor)


@dot.shape
def _(input: TensorSpec, tensor: TensorSpec) -> TensorSpec:
    return _matrices(input, tensor, (1, 1))


@dot.axes
def _(input: TensorSpec, tensor: TensorSpec, output: TensorSpec) -> dict[str, Reaches]:
    first, second = _factors(input, tensor, output)
    return {"input": first, "tensor": second}


for _product in (matmul, mm, bmm, mv, dot):
    _product.macs(_multiplied)


@op
def outer(input: np.ndarray, vec2: np.ndarray) -> np.ndarray:
    """Each element of one vector times each of another, (n) and (m) to (n, m)."""
    return np.multiply.outer(input, vec2)


@outer.shape
def _(input: TensorSpec, vec2: TensorSpec) -> TensorSpec:
    if (input.ndim, vec2.ndim) != (1, 1):
        raise ShapeError(f"wants two vectors and gets {input.shape} and {vec2.shape}")
    return TensorSpec((input.numel(), vec2.numel()), promote(input.dtype, vec2.dtype))


@outer.axes
def _() -> dict[str, Reaches]:
    return {"input": (Kept(0),), "vec2": (Kept(1),)}


@outer.macs
def _(output: TensorSpec) -> int:
    return output.numel()


@op
def addmm(input: np.ndarray, mat1: np.ndarray, mat2: np.ndarray, *, beta: float = 1, alpha: float = 1) -> np.ndarray:
    """beta * input + alpha * (mat1 @ mat2), the input broadcast: (n, k) @ (k, m) = (n, m)."""
    return _plus(input, np.matmul(mat1, mat2), beta, alpha)


@addmm.shape
def _(input: TensorSpec, mat1: TensorSpec, mat2: TensorSpec) -> TensorSpec:
    return _added(input, _matrices(mat1, mat2, (2, 2)))


@addmm.axes
def _(input: TensorSpec, mat1: TensorSpec, mat2: TensorSpec, output: TensorSpec) -> dict[str, Reaches]:
    first, second = _factors(mat1, mat2, output)
    return {"input": aligned(input, output), "mat1": first, "mat2": second}


@op
def baddbmm(
    input: np.ndarray, batch1: np.ndarray, batch2: np.ndarray, *, beta: float = 1, alpha: float = 1
) -> np.ndarray:
    """beta * input + alpha * (batch1 @ batch2), the input broadcast: (b, n, k) @ (b, k, m) = (b, n, m)."""
    return _plus(input, np.matmul(batch1, batch2), beta, alpha)


@baddbmm.shape
def _(input: TensorSpec, batch1: TensorSpec, batch2: TensorSpec) -> TensorSpec:
    return _added(input, _batches(batch1, batch2))


@baddbmm.axes
def _(input: TensorSpec, batch1: TensorSpec, batch2: TensorSpec, output: TensorSpec) -> dict[str, Reaches]:
    first, second = _factors(batch1, batch2, output)
    return {"input": aligned(input, output), "batch1": first, "batch2": second}


def _plus(input: np.ndarray, product: np.ndarray, beta: float, alpha: float) -> np.ndarray:
    """With beta 0 the input does not count, not even its nan."""
    return alpha * product if beta == 0 else beta * input + alpha * product


def _added(input: TensorSpec, product: TensorSpec) -> TensorSpec:
    if input.dtype != product.dtype:
        raise ShapeError(f"wants tensors of one dtype and gets {input.dtype} and {product.dtype}")
    if broadcast(input.shape, product.shape) != product.shape:
        raise ShapeError(f"cannot add {input.shape} to a product of {product.shape}")
    return product


@addmm.macs
def _(output: TensorSpec, mat1: TensorSpec) -> int:
    return _multiplied(output, mat1)


@baddbmm.macs
def _(output: TensorSpec, batch1: TensorSpec) -> int:
    return _multiplied(output, batch1)


takes_complex(linear, matmul, mm, bmm, mv, dot, outer, addmm, baddbmm)
