"""Pooling layers over one, two and three axes: windows that slide."""

from __future__ import annotations

from typing import Any, ClassVar

from nnbuild.nn.layer import Layer
from nnbuild.nn.options import Sizes
from nnbuild.nn.taking import Tensor
from nnbuild.ops import pooling, unpooling
from nnbuild.ops.op import Op
from nnbuild.ops.window import each


class Pooling(Layer):
    """What pooling layers share: the op of their number of axes."""

    axes: ClassVar[int]
    op: ClassVar[Op]

    def _pool(self, *args: Any, **options: Any) -> Any:
        return self.op.members[self.axes](*args, **options)


class MaxPooling(Pooling):
    """The largest element in each window.

    Shape: (N, C, *size) or (C, *size); each size becomes
    floor((size + 2*padding - dilation*(kernel_size - 1) - 1)/stride + 1), rounded up with `ceil_mode`. With
    `return_indices` the elements' places in the flattened plane are a second output, as MaxUnpool wants them.
    Source: https://docs.pytorch.org/docs/stable/nn.html#pooling-layers
    """

    op = pooling.max_pool
    shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    kernel_size: Sizes
    stride: Sizes | None = None
    padding: Sizes = 0
    dilation: Sizes = 1
    gives = "(values, indices)"
    return_indices: bool = False
    ceil_mode: bool = False

    def build(self) -> None:
        self.stride = self.kernel_size if self.stride is None else self.stride

    def forward(self, input: Tensor) -> Any:
        return self._pool(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool1d(MaxPooling):
    """Largest elements of sequences: (N, C, L)."""

    axes = 1


class MaxPool2d(MaxPooling):
    """Largest elements of images: (N, C, H, W)."""

    axes = 2


class MaxPool3d(MaxPooling):
    """Largest elements of volumes or clips: (N, C, D, H, W)."""

    axes = 3


class MaxUnpooling(Pooling):
    """Puts what MaxPool took back to its place; zeros elsewhere.

    Shape: (N, C, *size) or (C, *size), and indices of that shape; each size becomes
    (size - 1)*stride - 2*padding + kernel_size, or the call's `output_size`.
    Source: https://docs.pytorch.org/docs/stable/nn.html#pooling-layers
    """

    op = unpooling.max_unpool

    kernel_size: Sizes
    stride: Sizes | None = None
    padding: Sizes = 0

    def build(self) -> None:
        self.stride = self.kernel_size if self.stride is None else self.stride
        for name in ("kernel_size", "stride", "padding"):
            setattr(self, name, each(getattr(self, name), self.axes, name))

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Any:
        return self._pool(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool1d(MaxUnpooling):
    """Unpooling of sequences: (N, C, L)."""

    axes = 1


class MaxUnpool2d(MaxUnpooling):
    """Unpooling of images: (N, C, H, W)."""

    axes = 2


class MaxUnpool3d(MaxUnpooling):
    """Unpooling of volumes or clips: (N, C, D, H, W)."""

    axes = 3


class AveragePooling(Pooling):
    """The average of each window; padding counts as zeros unless `count_include_pad` is off.

    Shape: (N, C, *size) or (C, *size); each size becomes floor((size + 2*padding - kernel_size)/stride + 1), rounded
    up with `ceil_mode`.
    Source: https://docs.pytorch.org/docs/stable/nn.html#pooling-layers
    """

    op = pooling.avg_pool
    shown = ("kernel_size", "stride", "padding")

    kernel_size: Sizes
    stride: Sizes | None = None
    padding: Sizes = 0
    ceil_mode: bool = False
    count_include_pad: bool = True

    divisor_override: ClassVar[Any] = None

    def build(self) -> None:
        self.stride = self.kernel_size if self.stride is None else self.stride

    def forward(self, input: Tensor) -> Any:
        return self._pool(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool1d(AveragePooling):
    """Averages of sequences: (N, C, L)."""

    axes = 1

    def build(self) -> None:
        super().build()
        for name in ("kernel_size", "stride", "padding"):
            setattr(self, name, each(getattr(self, name), 1, name))


class AvgPool2d(AveragePooling):
    """Averages of images: (N, C, H, W). `divisor_override` divides the sums in place of the count."""

    axes = 2

    divisor_override: int | None = None  # type: ignore[misc]


class AvgPool3d(AveragePooling):
    """Averages of volumes or clips: (N, C, D, H, W). `divisor_override` divides the sums in place of the count."""

    axes = 3

    divisor_override: int | None = None  # type: ignore[misc]


class PowerPooling(Pooling):
    """The `norm_type`-th root of the sum of each window's `norm_type`-th powers.

    Shape: (N, C, *size) or (C, *size); each size becomes floor((size - kernel_size)/stride + 1), rounded up with
    `ceil_mode`.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html
    """

    op = pooling.lp_pool

    norm_type: float
    kernel_size: Sizes
    stride: Sizes | None = None
    ceil_mode: bool = False

    def forward(self, input: Tensor) -> Any:
        return self._pool(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool1d(PowerPooling):
    """Power sums of sequences: (N, C, L)."""

    axes = 1


class LPPool2d(PowerPooling):
    """Power sums of images: (N, C, H, W)."""

    axes = 2


class LPPool3d(PowerPooling):
    """Power sums of volumes or clips: (N, C, D, H, W)."""

    axes = 3
