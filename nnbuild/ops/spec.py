"""TensorSpec: what is known of a tensor without its data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnbuild.errors import ShapeError
from nnbuild.lazy import np
from nnbuild.limits import MAX_ELEMENTS, MAX_RANK
from nnbuild.ops.tensor_like import TensorLike

ITEM_SIZES = {
    "bool": 1, "uint8": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "float16": 2, "float32": 4, "float64": 8,
    "uint16": 2, "uint32": 4, "uint64": 8,
    "complex64": 8, "complex128": 16,
}  # fmt: skip


def within_limits(shape: tuple[int, ...], says: str = "gives a tensor") -> tuple[int, ...]:
    """The shape. Raises ShapeError, which `says` begins, for more axes or elements than a tensor can have."""
    if len(shape) > MAX_RANK:
        raise ShapeError(f"{says} of {len(shape)} axes, and {MAX_RANK} are the most")
    if math.prod(shape) > MAX_ELEMENTS:
        sizes = ", ".join(f"{size:.3g}" if size > MAX_ELEMENTS else str(size) for size in shape)
        raise ShapeError(f"{says} of more than 2**63 elements: ({sizes})")
    return shape


class TensorSpec(TensorLike):
    """The shape and dtype of a tensor. Every op and module takes it in place of an array and answers with another.

    Params: shape, sizes of the axes; dtype, a NumPy dtype name such as "float32".
    """

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: Sequence[int], dtype: str = "float32") -> None:
        self.shape = tuple(shape)
        self.dtype = str(dtype)
        if self.dtype not in ITEM_SIZES:
            raise TypeError(f"{self.dtype} is not a tensor dtype; these are: {', '.join(ITEM_SIZES)}")
        if not all(isinstance(size, int) and size >= 0 for size in self.shape):
            raise TypeError(f"a shape is whole numbers of at least 0, not {self.shape}")
        within_limits(self.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def numel(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the data that this stands for."""
        return self.numel() * ITEM_SIZES[self.dtype]

    def with_shape(self, shape: Sequence[int]) -> TensorSpec:
        """The same dtype with other sizes."""
        return TensorSpec(shape, self.dtype)

    def with_dtype(self, dtype: str) -> TensorSpec:
        """The same sizes with another dtype."""
        return TensorSpec(self.shape, dtype)

    def known_values(self) -> np.ndarray | None:
        """The values where they hang on no data; None, which a spec alone cannot know better."""
        return None

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shape}, {self.dtype})"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            raise AttributeError(
                f"a TensorSpec has no {name!r}: call nnbuild.ops.{name}(x, ...), which takes arrays too"
            )
