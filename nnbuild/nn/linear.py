"""Linear layers."""

from __future__ import annotations

import math
from typing import Any

from nnbuild import ops
from nnbuild.errors import OptionError
from nnbuild.nn import init
from nnbuild.nn.layer import Layer, WeightedLayer
from nnbuild.nn.options import Bias, option
from nnbuild.nn.parameter import Parameter
from nnbuild.nn.taking import Tensor


class Identity(Layer):
    """Its input, whatever the arguments.

    Shape: (*) -> (*).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


class Linear(WeightedLayer):
    """An affine map of the last axis: y = x @ weight.T + bias.

    Shape: (*, in_features) -> (*, out_features).
    Params: weight (out_features, in_features), bias (out_features).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html
    """

    in_features: int
    out_features: int
    bias: Bias = option(default=True)

    def build(self, bias: bool, dtype: str | None) -> None:
        for name in ("in_features", "out_features"):
            if getattr(self, name) < 0:
                raise OptionError(f"Linear wants {name} of at least 0 and gets {getattr(self, name)}", option=name)
        self.weight = Parameter.empty((self.out_features, self.in_features), dtype or "float32")
        self.register_parameter("bias", Parameter.empty(self.out_features, self.weight.dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights anew, as torch does."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        bias = self.get_parameter("bias")
        if bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features else 0
            init.uniform_(bias, -bound, bound)

    def forward(self, input: Tensor) -> Any:
        return ops.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
