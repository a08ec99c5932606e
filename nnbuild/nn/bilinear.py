"""The bilinear layer."""

from __future__ import annotations

import math
from typing import Any

from nnbuild import ops
from nnbuild.errors import OptionError
from nnbuild.nn import init
from nnbuild.nn.layer import WeightedLayer
from nnbuild.nn.options import Bias, option
from nnbuild.nn.parameter import Parameter
from nnbuild.nn.taking import Tensor


class Bilinear(WeightedLayer):
    """A weighted sum of all products of two inputs' features: y[o] = x1 @ weight[o] @ x2 + bias[o].

    Shape: (*, in1_features) and (*, in2_features) -> (*, out_features).
    Params: weight (out_features, in1_features, in2_features), bias (out_features).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Bilinear.html
    """

    in1_features: int
    in2_features: int
    out_features: int
    bias: Bias = option(default=True)

    def build(self, bias: bool, dtype: str | None) -> None:
        for name, least in (("in1_features", 1), ("in2_features", 0), ("out_features", 0)):
            if getattr(self, name) < least:
                raise OptionError(
                    f"Bilinear wants {name} of at least {least} and gets {getattr(self, name)}", option=name
                )
        shape = (self.out_features, self.in1_features, self.in2_features)
        self.weight = Parameter.empty(shape, dtype or "float32")
        self.register_parameter("bias", Parameter.empty(self.out_features, self.weight.dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights anew, as torch does."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        bias = self.get_parameter("bias")
        if bias is not None:
            init.uniform_(bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Any:
        return ops.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )
