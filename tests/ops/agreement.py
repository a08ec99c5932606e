"""What a row comes to, computed, inferred and in PyTorch, and whether they agree."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnbuild import ops
from nnbuild.errors import NnbuildError
from nnbuild.ops.memory_format import FORMATS
from nnbuild.ops.op import Op
from nnbuild.ops.spec import ITEM_SIZES
from tests.ops.table import Row, spec

TOLERANCES = {"float64": 1e-10, "complex128": 1e-10, "float32": 1e-5, "complex64": 1e-5, "float16": 1e-2}

#: The families whose ops write into their first argument.
WRITING = ("in_place", "items")


def computed(row: Row) -> Any:
    """The op on arrays, which it must not change, but for the first where the op is there to do so."""
    arrays: list[np.ndarray] = []

    def noted(array: np.ndarray) -> np.ndarray:
        arrays.append(array)
        return array

    args, options = row.given(noted)
    kept = arrays[1:] if ops.OPS[row.op] in WRITING else arrays
    before = [array.copy() for array in kept]
    result = getattr(ops, row.op)(*args, **options)
    for array, old in zip(kept, before, strict=True):
        np.testing.assert_array_equal(array, old, err_msg="the op changed its input")
    return result


def inferred(row: Row) -> Any:
    """The op on specs; where it makes a tensor of options alone, its shape rule."""
    op = getattr(ops, row.op)
    args, options = row.given(spec)
    return op.infer(*args, **options) if isinstance(op, Op) and op.creates else op(*args, **options)


def specs_of(result: Any) -> list[tuple[tuple[int, ...], str]]:
    parts = result if isinstance(result, tuple | list) else [result]
    return [(tuple(part.shape), str(part.dtype)) for part in parts]


def holds_shape_law(row: Row) -> Any:
    """The shape rule says what comes out of the kernel, which is returned."""
    result = computed(row)
    for array in result if isinstance(result, tuple) else [result]:
        assert type(array) is np.ndarray
    assert specs_of(inferred(row)) == specs_of(result)
    return result


def in_torch(row: Row, tensor: Callable[[np.ndarray], Any] | None = None) -> Any:
    """The same call in PyTorch, as a function or else as a method; `tensor` makes its tensors of arrays."""
    torch = pytest.importorskip("torch")
    args, options = (with_torch_dtypes(part) for part in row.given(tensor or torch.from_numpy))
    function = function_of(torch, row.op)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if row.op == "getitem":
            return args[0][args[1]]
        if row.op == "setitem":
            args[0][args[1]] = args[2]
            return args[0]
        if not callable(function) or row.op in ("split", "clone", "flip", "tile", "permute", "detach"):
            return getattr(args[0], row.op)(*args[1:], **options)
        return function(*args, **options)


def function_of(torch: Any, name: str) -> Any:
    """torch's function of the op's name, None where there is only a method."""
    prefix, _, rest = name.partition("_")
    if prefix in ("linalg", "fft"):
        return getattr(getattr(torch, prefix), rest)
    return getattr(torch.nn.functional, name, None) or getattr(torch, name, None)


def with_torch_dtypes(value: Any) -> Any:
    import torch

    if isinstance(value, str):
        return getattr(torch, value) if value in ITEM_SIZES or value in FORMATS else value
    if isinstance(value, tuple):
        return tuple(with_torch_dtypes(item) for item in value)
    if isinstance(value, dict):
        return {key: with_torch_dtypes(item) for key, item in value.items()}
    return value


def agrees(row: Row, *, values: bool = True) -> bool:
    """Both refuse the row, or both accept it with the same shapes, dtypes and values. Whether they accepted."""
    try:
        wanted = in_torch(row)
    except (RuntimeError, IndexError, TypeError, ValueError, AssertionError) as error:
        refusal = str(error)
    else:
        _agree(row, wanted if isinstance(wanted, tuple | list) else [wanted], values)
        return True
    for way in (computed, inferred):
        try:
            result = way(row)
        except NnbuildError:
            continue
        raise AssertionError(f"torch refuses {row}: {refusal}; here comes {result}")
    return False


def _agree(row: Row, wanted: Any, values: bool) -> None:
    result = holds_shape_law(row)
    wanted = [tensor.resolve_conj().resolve_neg().numpy() for tensor in wanted]
    assert specs_of(result) == specs_of(wanted)
    for array, expected in zip(result if isinstance(result, tuple) else [result], wanted, strict=True):
        if values:
            tolerance = TOLERANCES.get(expected.dtype.name, 0)
            np.testing.assert_allclose(array, expected, rtol=tolerance, atol=tolerance, err_msg=str(row))
