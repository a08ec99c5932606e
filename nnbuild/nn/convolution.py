"""Convolution layers over one, two and three axes."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

from nnbuild import ops
from nnbuild.errors import OptionError, ShapeError
from nnbuild.nn import init
from nnbuild.nn.layer import WeightedLayer
from nnbuild.nn.options import Bias, Sizes, option
from nnbuild.nn.parameter import Parameter
from nnbuild.nn.taking import Tensor
from nnbuild.ops.convolution import conv, conv_transpose
from nnbuild.ops.planes import at_least
from nnbuild.ops.window import Spread, each, same_padding


class _Convolution(WeightedLayer):
    """What convolutions and transposed convolutions share: channels, groups, weights and the printed form."""

    axes: ClassVar[int]
    transposed: ClassVar[bool]

    in_channels: int
    out_channels: int
    kernel_size: Sizes
    stride: Sizes = 1

    def build(self, bias: bool, dtype: str | None) -> None:
        for name in ("in_channels", "out_channels"):
            if getattr(self, name) < 0:
                raise OptionError(
                    f"{type(self).__name__} wants {name} of at least 0 and gets {getattr(self, name)}", option=name
                )
            if self.groups < 1 or getattr(self, name) % self.groups:
                raise OptionError(
                    f"{type(self).__name__} wants {name} that groups={self.groups} divides and gets "
                    f"{getattr(self, name)}",
                    option="groups",
                )
        for name in ("kernel_size", "stride", "padding", "dilation", "output_padding"):
            value = getattr(self, name)
            if not isinstance(value, str):
                setattr(self, name, each(value, self.axes, name, alone=name != "kernel_size"))
        at_least(0, kernel_size=self.kernel_size)
        if self.padding == "same" and any(step != 1 for step in self.stride):
            raise OptionError(
                f"{type(self).__name__} takes padding='same' only with stride 1, not {self.stride}",
                hint="give the padding in numbers",
                option="padding",
            )
        channels = (self.out_channels, self.in_channels)[:: -1 if self.transposed else 1]
        shape = (channels[0], channels[1] // self.groups, *self.kernel_size)
        self.weight = Parameter.empty(shape, dtype or "float32")
        self.register_parameter("bias", Parameter.empty(self.out_channels, self.weight.dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights anew, as torch does."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = math.prod(self.weight.shape[1:])
            bound = 1 / math.sqrt(fan_in) if fan_in else 0
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        shown = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        for name, usual in (("padding", (0,)), ("dilation", (1,)), ("output_padding", (0,))):
            value = getattr(self, name)
            shown += [f"{name}={value}"] if value != usual * self.axes else []
        shown += [f"groups={self.groups}"] if self.groups != 1 else []
        shown += ["bias=False"] if self.bias is None else []
        shown += [f"padding_mode={self.padding_mode}"] if self.padding_mode != "zeros" else []
        return ", ".join(shown)


class Convolution(_Convolution):
    """Slides `out_channels` kernels over the last axes of its input.

    Shape: (N, in_channels, *size) or (in_channels, *size); each size becomes
    floor((size + 2*padding - dilation*(kernel_size - 1) - 1)/stride + 1).
    Params: weight (out_channels, in_channels/groups, *kernel_size), bias (out_channels).
    Source: https://docs.pytorch.org/docs/stable/nn.html#convolution-layers
    """

    transposed = False

    padding: Sizes | Literal["same", "valid"] = 0
    dilation: Sizes = 1
    groups: int = 1
    bias: Bias = option(default=True)
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros"

    output_padding: ClassVar[Any] = 0

    def _border(self) -> list[int]:
        """The padding in the order of `ops.pad`: last axis first, before and after."""
        if self.padding == "valid":
            return [0] * (2 * self.axes)
        if self.padding == "same":
            sides = same_padding(self.kernel_size, self.dilation)
            return [side for pair in reversed(sides) for side in pair]
        return [side for size in reversed(self.padding) for side in (size, size)]

    def forward(self, input: Tensor) -> Any:
        convolve = conv.members[self.axes]
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = ops.pad(input, self._border(), self.padding_mode), 0
        return convolve(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(Convolution):
    """Convolution over sequences: (N, C, L)."""

    axes = 1


class Conv2d(Convolution):
    """Convolution over images: (N, C, H, W)."""

    axes = 2


class Conv3d(Convolution):
    """Convolution over volumes or clips: (N, C, D, H, W)."""

    axes = 3


class TransposedConvolution(_Convolution):
    """Lays down its kernels once for each input element: the reverse of a convolution's sizes.

    Shape: (N, in_channels, *size) or (in_channels, *size); each size becomes
    (size - 1)*stride - 2*padding + dilation*(kernel_size - 1) + output_padding + 1.
    Params: weight (in_channels, out_channels/groups, *kernel_size), bias (out_channels).
    Source: https://docs.pytorch.org/docs/stable/nn.html#convolution-layers
    """

    transposed = True

    padding: Sizes = 0
    output_padding: Sizes = 0
    groups: int = 1
    bias: Bias = option(default=True)
    dilation: Sizes = 1
    padding_mode: Literal["zeros"] = "zeros"

    def forward(self, input: Tensor, output_size: Any = None) -> Any:
        convolve = conv_transpose.members[self.axes]
        extra = self.output_padding if output_size is None else self._extra(input, tuple(output_size))
        return convolve(input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation)

    def _extra(self, input: Any, output_size: tuple[int, ...]) -> tuple[int, ...]:
        leading = input.ndim - self.axes
        wanted = output_size[leading:] if len(output_size) == input.ndim else output_size
        if len(wanted) != self.axes:
            raise ShapeError(
                f"wants an output_size of {self.axes} or {input.ndim} numbers and gets {output_size}",
            )
        spreads = [
            Spread(size, step, pad, pad, dilation)
            for size, step, pad, dilation in zip(
                self.kernel_size, self.stride, self.padding, self.dilation, strict=True
            )
        ]
        least = [spread.size(size) for spread, size in zip(spreads, input.shape[leading:], strict=True)]
        most = [low + spread.stride - 1 for low, spread in zip(least, spreads, strict=True)]
        if not all(low <= size <= high for low, size, high in zip(least, wanted, most, strict=True)):
            raise ShapeError(f"cannot give an output of {wanted}: sizes from {least} to {most} are possible")
        return tuple(size - low for size, low in zip(wanted, least, strict=True))


class ConvTranspose1d(TransposedConvolution):
    """Transposed convolution over sequences: (N, C, L)."""

    axes = 1


class ConvTranspose2d(TransposedConvolution):
    """Transposed convolution over images: (N, C, H, W)."""

    axes = 2


class ConvTranspose3d(TransposedConvolution):
    """Transposed convolution over volumes or clips: (N, C, D, H, W)."""

    axes = 3
