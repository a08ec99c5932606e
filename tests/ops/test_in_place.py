"""Ops in place: torch's results, in the very array, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnbuild import ops
from nnbuild.errors import NnbuildError
from nnbuild.nn import Parameter
from nnbuild.ops import TensorSpec

NAMES = [name for name, family in ops.OPS.items() if family == "in_place"]
INTEGERS = ("bitwise",)
X = np.linspace(0.1, 0.9, 12, dtype=np.float32).reshape(3, 4)
Y = X[::-1].copy()
ARGS: dict[str, tuple[Any, ...]] = {
    "clamp_": (0.2, 0.5), "clip_": (0.2, 0.5), "clamp_min_": (0.4,), "clamp_max_": (0.4,), "lerp_": (Y, 0.25),
    "addcmul_": (Y, Y), "addcdiv_": (Y, Y), "cumsum_": (1,), "cumprod_": (0,), "fill_": (2,), "copy_": (Y[0],),
    "scatter_": (1, np.array([[0, 2]]), Y), "scatter_add_": (0, np.array([[0, 2]]), Y), "threshold_": (0.5, 7.0),
    "masked_fill_": (X > 0.5, -1.0), "addmm_": (Y, np.ones((4, 4), np.float32)), "atan2_": (Y,),
}  # fmt: skip
BINARY = (
    "add sub subtract mul multiply div divide true_divide floor_divide remainder fmod pow eq ne lt le gt ge logical_and"
)
BINARY += " logical_or logical_xor bitwise_and bitwise_or bitwise_xor"


def arguments(name: str) -> tuple[np.ndarray, tuple[Any, ...]]:
    if name == "baddbmm_":
        return np.ones((2, 3, 3), np.float32), (np.stack([X, Y]), np.stack([Y.T, X.T]))
    args = ARGS.get(name, (Y,) if name[:-1] in BINARY.split() else ())
    if not name.startswith("bitwise"):
        return X.copy(), args
    return (X * 10).astype(np.int64), tuple((arg * 10).astype(np.int64) for arg in args)


@pytest.mark.parametrize("name", NAMES)
def test_the_array_holds_the_result(name: str) -> None:
    array, args = arguments(name)
    before = array.copy()
    assert getattr(ops, name)(array, *args) is array
    plain = {"zero_": np.zeros_like(X), "fill_": np.full_like(X, 2), "copy_": np.broadcast_to(Y[0], X.shape)}
    expected = plain[name] if name in plain else getattr(ops, name[:-1])(before, *args)
    np.testing.assert_array_equal(array, expected.astype(array.dtype))
    assert getattr(ops, name)(TensorSpec(array.shape, array.dtype.name), *args).dtype == array.dtype.name


@pytest.mark.torch
@pytest.mark.parametrize("name", [name for name in NAMES if name != "rrelu_"])
def test_as_torch(name: str) -> None:
    torch = pytest.importorskip("torch")
    array, args = arguments(name)
    tensor = torch.from_numpy(array.copy())
    theirs = [torch.from_numpy(arg.copy()) if isinstance(arg, np.ndarray) else arg for arg in args]
    if hasattr(tensor, name):
        getattr(tensor, name)(*theirs)
    else:
        getattr(torch.nn.functional, name)(tensor, *theirs)
    np.testing.assert_allclose(getattr(ops, name)(array, *args), tensor.numpy(), rtol=1e-6)


def _read_only() -> np.ndarray:
    array = X.copy()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("name", "target", "args", "message"),
    [
        ("add_", X.copy(), (np.ones((2, 3, 4), np.float32),), "add_ keeps shape and dtype, (3, 4) float32, and the"
         " result is (2, 3, 4) float32"),
        ("div_", np.ones(3, np.int64), (2,), "div_ keeps shape and dtype, (3,) int64, and the result is (3,) float32"),
        ("add_", np.ones(3, np.bool_), (2,), "add_ keeps shape and dtype, (3,) bool, and the result is (3,) int64"),
        ("relu_", Parameter(X.copy()), (), "relu_ would change a parameter or a buffer"),
        ("relu_", _read_only(), (), "relu_ writes into its input, which is read-only"),
        ("relu_", [1.0], (), "relu_ wants a tensor and gets [1.0]"),
    ],
)  # fmt: skip
def test_refused(name: str, target: Any, args: tuple[Any, ...], message: str) -> None:
    with pytest.raises(NnbuildError) as caught:
        getattr(ops, name)(target, *args)
    assert message in caught.value.message


def test_other_dtypes_are_rounded_into_place() -> None:
    array = X.copy()
    ops.add_(array, np.full(4, 1e-9, np.float64))
    assert array.dtype == np.float32
    np.testing.assert_array_equal(ops.copy_(np.zeros(3, np.int64), np.float32([1.5, 2, 3])), [1, 2, 3])
