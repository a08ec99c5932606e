"""Layers that unfold images into columns of windows, and fold columns into images."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.nn.layer import Layer
from nnbuild.nn.options import Sizes
from nnbuild.nn.taking import Tensor


class Unfold(Layer):
    """A column for each window of an image, as convolution multiplies them.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C*kernel, L), L being the number of windows.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html
    """

    kernel_size: Sizes
    dilation: Sizes = 1
    padding: Sizes = 0
    stride: Sizes = 1

    def forward(self, input: Tensor) -> Any:
        return ops.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)


class Fold(Layer):
    """Lays columns down as windows of an image of `output_size`; where they overlap they add up.

    Shape: (N, C*kernel, L) or (C*kernel, L) -> (N, C, *output_size), L being the number of windows.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Fold.html
    """

    output_size: Sizes
    kernel_size: Sizes
    dilation: Sizes = 1
    padding: Sizes = 0
    stride: Sizes = 1

    def forward(self, input: Tensor) -> Any:
        return ops.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)
