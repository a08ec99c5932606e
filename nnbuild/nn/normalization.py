"""Normalisation layers without running statistics: layer, group, root mean square, local response."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.errors import OptionError
from nnbuild.nn import init
from nnbuild.nn.layer import Layer, WeightedLayer
from nnbuild.nn.options import Bias, Sizes, option
from nnbuild.nn.parameter import Parameter
from nnbuild.nn.taking import Tensor


class _Affine(WeightedLayer):
    """What has a weight that begins with ones and a bias that begins with zeros, or neither."""

    def make(self, shape: int | tuple[int, ...], weight: bool, bias: bool, dtype: str | None) -> None:
        """Register weight and bias of this shape, or None for what is not wanted."""
        for name, wanted in (("weight", weight), ("bias", weight and bias)):
            self.register_parameter(name, Parameter.empty(shape, dtype or "float32") if wanted else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to ones and the bias to zeros."""
        for name, fill in (("weight", init.ones_), ("bias", init.zeros_)):
            parameter = self._parameters.get(name)
            if parameter is not None:
                fill(parameter)


class LayerNorm(_Affine):
    """Mean 0 and variance 1 over the last axes, then times weight, plus bias.

    Shape: (*, *normalized_shape) -> the same.
    Params: weight, bias (normalized_shape), with `elementwise_affine`; no bias without `bias`.
    Source: https://arxiv.org/abs/1607.06450
    """

    normalized_shape: Sizes
    eps: float = 1e-5
    elementwise_affine: bool = True
    bias: Bias = option(default=True)

    def build(self, bias: bool, dtype: str | None) -> None:
        shape = self.normalized_shape
        self.normalized_shape = shape if isinstance(shape, tuple) else (shape,)
        self.make(self.normalized_shape, self.elementwise_affine, bias, dtype)

    def forward(self, input: Tensor) -> Any:
        return ops.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(_Affine):
    """The last axes over their root mean square, then times weight. `eps` None is the dtype's smallest step from 1.

    Shape: (*, *normalized_shape) -> the same.
    Params: weight (normalized_shape), with `elementwise_affine`.
    Source: https://arxiv.org/abs/1910.07467
    """

    normalized_shape: Sizes
    eps: float | None = None
    elementwise_affine: bool = True

    def build(self, dtype: str | None) -> None:
        shape = self.normalized_shape
        self.normalized_shape = shape if isinstance(shape, tuple) else (shape,)
        weight = Parameter.empty(self.normalized_shape, dtype or "float32") if self.elementwise_affine else None
        self.register_parameter("weight", weight)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Any:
        return ops.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_Affine):
    """Mean 0 and variance 1 over each of `num_groups` groups of channels, then times weight, plus bias.

    Shape: (N, num_channels, *) -> the same.
    Params: weight, bias (num_channels), with `affine`; no bias without `bias`.
    Source: https://arxiv.org/abs/1803.08494
    """

    num_groups: int
    num_channels: int
    eps: float = 1e-5
    affine: bool = True
    bias: Bias = option(default=True)

    def build(self, bias: bool, dtype: str | None) -> None:
        if self.num_groups < 1 or self.num_channels % self.num_groups:
            raise OptionError(
                f"GroupNorm wants num_channels that num_groups={self.num_groups} divides and gets {self.num_channels}",
                option="num_groups",
            )
        self.make(self.num_channels, self.affine, bias, dtype)

    def forward(self, input: Tensor) -> Any:
        return ops.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Layer):
    """Each element over (k + alpha * the mean square of it and its neighbours in `size` channels) ** beta.

    Shape: (N, C, *) -> the same.
    Source: Krizhevsky et al., ImageNet classification with deep convolutional neural networks, 2012
    """

    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def forward(self, input: Tensor) -> Any:
        return ops.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(LocalResponseNorm):
    """LocalResponseNorm of images as Torch7 had it.

    An even `size` reaches no farther than the odd one below it; the first channel stays in the sums of all behind it.

    Shape: (N, C, H, W) -> the same.
    Source: https://github.com/pytorch/pytorch/blob/main/torch/nn/modules/_functions.py
    """

    k: float = 1

    def forward(self, input: Tensor) -> Any:
        return ops.cross_map_lrn2d(input, self.size, self.alpha, self.beta, self.k)
