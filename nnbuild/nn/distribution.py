"""Softmax layers."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.errors import ShapeError
from nnbuild.nn.activation import Activation
from nnbuild.nn.taking import Tensor


class Softmax(Activation):
    """exp(x) over its sum along `dim`; without `dim`, along axis 0 of 0, 1 or 3 axes, else along axis 1.

    Shape: (*) -> (*).
    """

    op = ops.softmax
    dim: int | None = None


class LogSoftmax(Activation):
    """The logarithm of Softmax.

    Shape: (*) -> (*).
    """

    op = ops.log_softmax
    dim: int | None = None


class Softmin(Activation):
    """Softmax of -x.

    Shape: (*) -> (*).
    """

    op = ops.softmin
    dim: int | None = None


class Softmax2d(Activation):
    """Softmax over the channels at each place of an image.

    Shape: (N, C, H, W) or (C, H, W) -> the same.
    """

    def forward(self, input: Tensor) -> Any:
        if input.ndim not in (3, 4):
            raise ShapeError(f"wants an input of 4 axes (N, C, H, W) or 3 (C, H, W) and gets {input.shape}")
        return ops.softmax(input, -3)
