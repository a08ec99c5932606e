"""Padding layers over one, two and three axes."""

from __future__ import annotations

from typing import Any, ClassVar

from nnbuild import ops
from nnbuild.nn.layer import Layer
from nnbuild.nn.options import Sizes
from nnbuild.nn.taking import Tensor
from nnbuild.ops.planes import check_rank


class _Padding(Layer):
    """What padding layers share. `padding` is a number, or (before, after) of the last axis, then of the one before."""

    axes: ClassVar[int]
    mode: ClassVar[str]

    padding: Sizes

    def build(self) -> None:
        if not isinstance(self.padding, tuple):
            self.padding = (self.padding,) * (2 * self.axes)

    def forward(self, input: Tensor) -> Any:
        return ops.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return str(self.padding)


class ConstantPadding(_Padding):
    """Puts `value` around the last axes; a negative padding crops.

    Shape: (*, *size); each size grows by its padding before and after.
    Source: https://docs.pytorch.org/docs/stable/nn.html#padding-layers
    """

    value: float

    def forward(self, input: Tensor) -> Any:
        return ops.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(ConstantPadding):
    """Constants around sequences: (N, C, L)."""

    axes = 1


class ConstantPad2d(ConstantPadding):
    """Constants around images: (N, C, H, W)."""

    axes = 2


class ConstantPad3d(ConstantPadding):
    """Constants around volumes or clips: (N, C, D, H, W)."""

    axes = 3


class ZeroPadding(_Padding):
    """Puts zeros around the last axes; a negative padding crops.

    Shape: (*, *size); each size grows by its padding before and after.
    Source: https://docs.pytorch.org/docs/stable/nn.html#padding-layers
    """

    mode = "constant"
    value: ClassVar[float] = 0.0


class ZeroPad1d(ZeroPadding):
    """Zeros around sequences: (N, C, L)."""

    axes = 1


class ZeroPad2d(ZeroPadding):
    """Zeros around images: (N, C, H, W)."""

    axes = 2


class ZeroPad3d(ZeroPadding):
    """Zeros around volumes or clips: (N, C, D, H, W)."""

    axes = 3


class ReflectionPadding(_Padding):
    """Mirrors the input at its edges, the edge itself left out.

    Shape: (N, C, *size) or (C, *size); each size grows by its padding, at most size - 1 at either end.
    Source: https://docs.pytorch.org/docs/stable/nn.html#padding-layers
    """

    mode = "reflect"


class ReflectionPad1d(ReflectionPadding):
    """Mirror images around sequences: (N, C, L)."""

    axes = 1


class ReflectionPad2d(ReflectionPadding):
    """Mirror images around images: (N, C, H, W)."""

    axes = 2


class ReflectionPad3d(ReflectionPadding):
    """Mirror images around volumes or clips: (N, C, D, H, W)."""

    axes = 3


class ReplicationPadding(_Padding):
    """Repeats the edges of the input.

    Shape: (N, C, *size) or (C, *size); each size grows by its padding before and after.
    Source: https://docs.pytorch.org/docs/stable/nn.html#padding-layers
    """

    mode = "replicate"


class ReplicationPad1d(ReplicationPadding):
    """Repeated edges around sequences: (N, C, L)."""

    axes = 1


class ReplicationPad2d(ReplicationPadding):
    """Repeated edges around images: (N, C, H, W)."""

    axes = 2


class ReplicationPad3d(ReplicationPadding):
    """Repeated edges around volumes or clips: (N, C, D, H, W)."""

    axes = 3


class CircularPadding(_Padding):
    """Continues the input at one end with its other end.

    Shape: (N, C, *size) or (C, *size); each size grows by its padding, at most once itself at either end.
    Source: https://docs.pytorch.org/docs/stable/nn.html#padding-layers
    """

    mode = "circular"

    def forward(self, input: Tensor) -> Any:
        check_rank(input, self.axes)
        return ops.pad(input, self.padding, self.mode)


class CircularPad1d(CircularPadding):
    """The other end around sequences: (N, C, L)."""

    axes = 1


class CircularPad2d(CircularPadding):
    """The other ends around images: (N, C, H, W)."""

    axes = 2


class CircularPad3d(CircularPadding):
    """The other ends around volumes or clips: (N, C, D, H, W)."""

    axes = 3
