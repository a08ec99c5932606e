"""Sums of products over any axes: einsum, written with letters for axes, and tensordot.

Source: https://docs.pytorch.org/docs/stable/generated/torch.einsum.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.axes import several, whole
from nnbuild.ops.contraction_order import Label, Product, products
from nnbuild.ops.dtypes import one_dtype
from nnbuild.ops.memory import Memory
from nnbuild.ops.op import op, takes_complex
from nnbuild.ops.reach import WHOLE, Kept, Part, Reach, Reaches
from nnbuild.ops.spec import TensorSpec

_TERM = re.compile(r"[a-zA-Z]*(\.\.\.)?[a-zA-Z]*")


class _Plan(NamedTuple):
    """The labels of each operand's axes and of the output's, and the size of each label."""

    operands: list[list[Label]]
    output: list[Label]
    sizes: dict[Label, int]


def _labels(term: str, ellipsis: int) -> list[Label]:
    before, dots, after = term.partition("...")
    return [*before, *(range(-ellipsis, 0) if dots else ()), *after]


def _plan(equation: str, shapes: list[tuple[int, ...]]) -> _Plan:
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    terms = inputs.split(",")
    for term in (*terms, output):
        if not _TERM.fullmatch(term):
            raise OptionError(f"equation has {term!r}, where letters and one '...' stand for axes", option="equation")
    if len(terms) != len(shapes):
        raise ShapeError(f"has {len(terms)} terms in {equation!r} and gets {len(shapes)} tensors", option="equation")
    hidden = [len(shape) - len(term.replace("...", "")) for term, shape in zip(terms, shapes, strict=True)]
    for term, shape, more in zip(terms, shapes, hidden, strict=True):
        if more < 0 or (more and "..." not in term):
            raise ShapeError(f"has the term {term!r} for a tensor of {len(shape)} axes {shape}", option="equation")
    operands = [_labels(term, more) for term, more in zip(terms, hidden, strict=True)]
    sizes = _sizes(operands, shapes)
    widest = max((more for term, more in zip(terms, hidden, strict=True) if "..." in term), default=0)
    made = _labels(output, widest) if arrow else _implied(operands, widest)
    for label in made:
        if label not in sizes or made.count(label) > 1:
            raise ShapeError(f"wants each of the output's letters once, and in the input, and gets {output!r}")
    return _Plan(operands, made, sizes)


def _implied(operands: list[list[Label]], widest: int) -> list[Label]:
    """Without an arrow: the axes of `...`, then the letters that come once, in order."""
    letters = [label for operand in operands for label in operand if isinstance(label, str)]
    return [*range(-widest, 0), *sorted(letter for letter in letters if letters.count(letter) == 1)]


def _sizes(operands: list[list[Label]], shapes: list[tuple[int, ...]]) -> dict[Label, int]:
    sizes: dict[Label, int] = {}
    for labels, shape in zip(operands, shapes, strict=True):
        for label, size in zip(labels, shape, strict=True):
            known = sizes.get(label, 1)
            if known != size and 1 not in (known, size):
                raise ShapeError(f"has axis {label!r} with {known} elements and with {size}", option="equation")
            sizes[label] = known if size == 1 else size
    return sizes


def _listed(operands: tuple[Any, ...]) -> list[Any]:
    return list(operands[0]) if len(operands) == 1 and isinstance(operands[0], tuple | list) else list(operands)


@op
def einsum(equation: str, *operands: Any) -> np.ndarray:
    """The sum of products over the axes that the output lacks: "bij,bjk->bik" is a product of matrices.

    Three tensors or more are multiplied two at a time, in the order that takes the fewest multiply-adds.
    """
    arrays = _listed(operands)
    plan = _plan(equation, [array.shape for array in arrays])
    labels = _seen(plan, [array.shape for array in arrays])
    arrays = [_squeezed(array, own, plan.sizes) for array, own in zip(arrays, plan.operands, strict=True)]
    for step in _steps(plan, labels)[:-1]:
        pair = [step.first, step.second]
        product = _summed([arrays[at] for at in pair], [labels[at] for at in pair], step.joined)
        arrays = [*(array for at, array in enumerate(arrays) if at not in pair), product]
        labels = [*(known for at, known in enumerate(labels) if at not in pair), list(step.joined)]
    return _summed(arrays, labels, plan.output)


def _seen(plan: _Plan, shapes: list[tuple[int, ...]]) -> list[list[Label]]:
    """The labels of each operand but for those whose axis of size 1 stands for a longer one."""
    return [
        [label for label, size in zip(labels, shape, strict=True) if size == plan.sizes[label]]
        for labels, shape in zip(plan.operands, shapes, strict=True)
    ]


def _squeezed(array: np.ndarray, labels: list[Label], sizes: dict[Label, int]) -> np.ndarray:
    kept = (size == sizes[label] for label, size in zip(labels, array.shape, strict=True))
    return array[tuple(slice(None) if whole else 0 for whole in kept)]


def _steps(plan: _Plan, labels: list[list[Label]]) -> list[Product]:
    return products(labels, plan.output, plan.sizes)


def _summed(arrays: list[np.ndarray], labels: list[list[Label]], output: Sequence[Label]) -> np.ndarray:
    """NumPy's einsum, which takes numbers for labels."""
    number = {label: place for place, label in enumerate(dict.fromkeys(chain(*labels)))}
    given: list[Any] = []
    for array, own in zip(arrays, labels, strict=True):
        given += [array, [number[label] for label in own]]
    return np.einsum(*given, [number[label] for label in output], optimize=True)


@einsum.shape
def _(equation: str, operands: tuple[Any, ...]) -> TensorSpec:
    specs = _listed(operands)
    if not isinstance(equation, str) or not specs or not all(isinstance(spec, TensorSpec) for spec in specs):
        raise OptionError("einsum wants an equation and its tensors", hint='einsum("ij,jk->ik", a, b)')
    if len({spec.dtype for spec in specs}) > 1:
        raise ShapeError(f"wants tensors of one dtype and gets {', '.join(spec.dtype for spec in specs)}")
    plan = _plan(equation, [spec.shape for spec in specs])
    return specs[0].with_shape([plan.sizes[label] for label in plan.output])


@einsum.axes
def _(equation: str, operands: tuple[Any, ...]) -> dict[str, Any]:
    specs = _listed(operands)
    plan = _plan(equation, [spec.shape for spec in specs])

    def reach(label: Label, size: int) -> Reach:
        if label not in plan.output:
            return WHOLE
        return Kept(plan.output.index(label)) if size == plan.sizes[label] else Part(0, 1)

    reaches = [tuple(map(reach, labels, spec.shape)) for labels, spec in zip(plan.operands, specs, strict=True)]
    return {"operands": [reaches] if len(operands) != len(specs) else reaches}


@einsum.memory
def _(equation: str, operands: tuple[Any, ...]) -> Memory:
    """The axes of one tensor in another order, or its diagonal."""
    specs = _listed(operands)
    plan = _plan(equation, [spec.shape for spec in specs])
    return Memory.VIEW if len(specs) == 1 and set(plan.sizes) == set(plan.output) else Memory.FRESH


@einsum.macs
def _(equation: str, operands: tuple[Any, ...]) -> int | None:
    shapes = [spec.shape for spec in _listed(operands)]
    plan = _plan(equation, shapes)
    steps = _steps(plan, _seen(plan, shapes))
    return sum(step.macs for step in steps) if steps else None  # of one tensor nothing is multiplied


@op
def tensordot(a: np.ndarray, b: np.ndarray, dims: Any = 2) -> np.ndarray:
    """The sum of products over axes of both: over the last `dims` of one and the first of the other, or over lists."""
    first, second = _paired(a.ndim, b.ndim, dims)
    return np.tensordot(a, b, (first, second))


def _paired(ndim: int, other: int, dims: Any) -> tuple[list[int], list[int]]:
    """The axes of the first tensor, and those of the second that they are summed with."""
    if isinstance(dims, tuple | list):
        if len(dims) != 2:
            raise OptionError(f"dims wants a number or two lists of axes, not {dims!r}", option="dims")
        first, second = (list(several(part, size, "dims")) for part, size in zip(dims, (ndim, other), strict=True))
    else:
        count = whole(dims, "dims")
        if not 0 <= count <= min(ndim, other):
            raise ShapeError(f"wants dims from 0 to {min(ndim, other)} and gets {count}", option="dims")
        first, second = list(range(ndim - count, ndim)), list(range(count))
    if len(first) != len(second):
        raise ShapeError(f"wants as many axes of one tensor as of the other and gets {dims}", option="dims")
    return first, second


@tensordot.shape
def _(a: TensorSpec, b: TensorSpec, dims: Any) -> TensorSpec:
    first, second = _paired(a.ndim, b.ndim, dims)
    one_dtype(a, b=b)
    if [a.shape[place] for place in first] != [b.shape[place] for place in second]:
        raise ShapeError(f"wants axes of one size and gets {a.shape} and {b.shape} along {first} and {second}")
    kept = [size for place, size in enumerate(a.shape) if place not in first]
    return a.with_shape([*kept, *(size for place, size in enumerate(b.shape) if place not in second)])


@tensordot.axes
def _(a: TensorSpec, b: TensorSpec, dims: Any) -> dict[str, Reaches]:
    first, second = _paired(a.ndim, b.ndim, dims)
    left = iter(range(a.ndim + b.ndim))
    return {
        name: tuple(WHOLE if place in summed else Kept(next(left)) for place in range(tensor.ndim))
        for name, tensor, summed in (("a", a, first), ("b", b, second))
    }


@tensordot.macs
def _(output: TensorSpec, a: TensorSpec, b: TensorSpec, dims: Any) -> int:
    first, _ = _paired(a.ndim, b.ndim, dims)
    return output.numel() * math.prod(a.shape[place] for place in first)


takes_complex(einsum, tensordot)
