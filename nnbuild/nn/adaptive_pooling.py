"""Pooling layers to a given size: windows that follow from it, evenly or at random."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import OptionError
from nnbuild.nn.options import Numbers, OptionalSizes, Sizes
from nnbuild.nn.pooling import Pooling
from nnbuild.nn.taking import Tensor
from nnbuild.ops import adaptive_pooling, fractional_pooling
from nnbuild.ops.window import each


class AdaptiveAveragePooling(Pooling):
    """The averages of as many windows an axis as `output_size` says; None keeps an axis.

    Shape: (N, C, *size) or (C, *size); the sizes become `output_size`.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html
    """

    op = adaptive_pooling.adaptive_avg_pool

    output_size: OptionalSizes

    def forward(self, input: Tensor) -> Any:
        return self._pool(input, self.output_size)


class AdaptiveAvgPool1d(AdaptiveAveragePooling):
    """Averages of sequences to a size: (N, C, L)."""

    axes = 1


class AdaptiveAvgPool2d(AdaptiveAveragePooling):
    """Averages of images to a size: (N, C, H, W)."""

    axes = 2


class AdaptiveAvgPool3d(AdaptiveAveragePooling):
    """Averages of volumes or clips to a size: (N, C, D, H, W)."""

    axes = 3


class AdaptiveMaxPooling(Pooling):
    """The largest elements of as many windows an axis as `output_size` says; None keeps an axis.

    Shape: (N, C, *size) or (C, *size); the sizes become `output_size`. With `return_indices` the elements' places in
    the flattened plane are a second output.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html
    """

    op = adaptive_pooling.adaptive_max_pool
    shown = ("output_size",)

    output_size: OptionalSizes
    gives = "(values, indices)"
    return_indices: bool = False

    def forward(self, input: Tensor) -> Any:
        return self._pool(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(AdaptiveMaxPooling):
    """Largest elements of sequences to a size: (N, C, L)."""

    axes = 1


class AdaptiveMaxPool2d(AdaptiveMaxPooling):
    """Largest elements of images to a size: (N, C, H, W)."""

    axes = 2


class AdaptiveMaxPool3d(AdaptiveMaxPooling):
    """Largest elements of volumes or clips to a size: (N, C, D, H, W)."""

    axes = 3


class FractionalMaxPooling(Pooling):
    """The largest elements of windows at random places, to `output_size` or to `output_ratio` of the input's size.

    Shape: (N, C, *size) or (C, *size); the sizes become `output_size`. The places are drawn at every call; the
    constructor takes `_random_samples` (N, C, axes) between 0 and 1 to fix them.
    Source: https://arxiv.org/abs/1412.6071
    """

    op = fractional_pooling.fractional_max_pool
    shown = ()

    kernel_size: Sizes
    output_size: Sizes | None = None
    output_ratio: Numbers | None = None
    gives = "(values, indices)"
    return_indices: bool = False

    def __init__(self, *args: Any, _random_samples: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register_buffer("_random_samples", _random_samples)

    def build(self) -> None:
        self.kernel_size = each(self.kernel_size, self.axes, "kernel_size")
        if (self.output_size is None) == (self.output_ratio is None):
            raise OptionError(
                f"{type(self).__name__} wants output_size or output_ratio, and not both", option="output_size"
            )
        if self.output_size is not None:
            self.output_size = each(self.output_size, self.axes, "output_size")
            return
        ratio = self.output_ratio
        ratios: tuple[Any, ...] = ratio if isinstance(ratio, tuple) else (ratio,) * self.axes
        if len(ratios) != self.axes or not all(0 < share < 1 for share in ratios):
            raise OptionError(
                f"{type(self).__name__} wants an output_ratio of one number or {self.axes} between 0 and 1 and gets "
                f"{ratio!r}",
                option="output_ratio",
            )
        self.output_ratio = ratios

    def forward(self, input: Tensor) -> Any:
        samples = self._random_samples
        return self._pool(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, _random_samples=samples
        )


class FractionalMaxPool2d(FractionalMaxPooling):
    """Largest elements of images at random places: (N, C, H, W)."""

    axes = 2


class FractionalMaxPool3d(FractionalMaxPooling):
    """Largest elements of volumes or clips at random places: (N, C, D, H, W)."""

    axes = 3
