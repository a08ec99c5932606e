"""Layers that change the size of images by interpolation or by moving elements."""

from __future__ import annotations

from typing import Any, Literal

from nnbuild import ops
from nnbuild.nn.layer import Layer
from nnbuild.nn.options import Numbers, Sizes, option
from nnbuild.nn.taking import Tensor


class Upsample(Layer):
    """Interpolates to `size` or by `scale_factor`.

    Shape: (N, C, *size); the sizes become `size`, or floor(size * scale_factor).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html
    """

    size: Sizes | None = None
    scale_factor: Numbers | None = None
    mode: Literal["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area"] = "nearest"
    align_corners: bool | None = None
    recompute_scale_factor: bool | None = None

    def build(self) -> None:
        self.name = type(self).__name__
        factor = self.scale_factor
        if isinstance(factor, tuple):
            self.scale_factor = tuple(map(float, factor))
        else:
            self.scale_factor = float(factor) if factor else None

    def forward(self, input: Tensor) -> Any:
        return ops.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        size = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{size}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Repeats the elements of images to `size` or by `scale_factor`.

    Shape: (N, C, H, W); the sizes become `size`, or floor(size * scale_factor).
    """

    mode: Literal["nearest"] = option(default="nearest", init=False)
    align_corners: None = option(default=None, init=False)
    recompute_scale_factor: None = option(default=None, init=False)


class UpsamplingBilinear2d(Upsample):
    """Interpolates images to `size` or by `scale_factor`, between the middles of the corner elements.

    Shape: (N, C, H, W); the sizes become `size`, or floor(size * scale_factor).
    """

    mode: Literal["bilinear"] = option(default="bilinear", init=False)
    align_corners: bool = option(default=True, init=False)
    recompute_scale_factor: None = option(default=None, init=False)


class PixelShuffle(Layer):
    """Makes of r*r channels one with images r times as high and wide, r being `upscale_factor`.

    Shape: (*, C*r*r, H, W) -> (*, C, H*r, W*r).
    Source: https://arxiv.org/abs/1609.05158
    """

    upscale_factor: int

    def forward(self, input: Tensor) -> Any:
        return ops.pixel_shuffle(input, self.upscale_factor)


class PixelUnshuffle(Layer):
    """The reverse of PixelShuffle, r being `downscale_factor`.

    Shape: (*, C, H*r, W*r) -> (*, C*r*r, H, W).
    """

    downscale_factor: int

    def forward(self, input: Tensor) -> Any:
        return ops.pixel_unshuffle(input, self.downscale_factor)


class ChannelShuffle(Layer):
    """Deals the channels out anew: the first of each group, then the second of each, and so on.

    Shape: (N, C, *) -> the same.
    Source: https://arxiv.org/abs/1707.01083
    """

    groups: int

    def forward(self, input: Tensor) -> Any:
        return ops.channel_shuffle(input, self.groups)
