"""Activation layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from nnbuild import ops
from nnbuild.errors import OptionError
from nnbuild.nn import init
from nnbuild.nn.layer import Layer, WeightedLayer
from nnbuild.nn.parameter import Parameter
from nnbuild.nn.taking import Tensor


class Activation(Layer):
    """A layer that hands its options on to the op of its name."""

    op: ClassVar[Callable[..., Any]]

    def forward(self, input: Tensor) -> Any:
        return self.op(input, **{name: getattr(self, name) for name in self._kept})

    def extra_repr(self) -> str:
        options = [(name, getattr(self, name)) for name in self._kept]
        return ", ".join(f"{name}={value!r}" for name, value in options if name != "inplace" or value)


class ReLU(Activation):
    """max(0, x).

    Shape: (*) -> (*).
    """

    op = ops.relu
    inplace: bool = False


class ReLU6(Activation):
    """min(max(0, x), 6).

    Shape: (*) -> (*).
    """

    op = ops.relu6
    inplace: bool = False


class Threshold(Activation):
    """x where it is above `threshold`, else `value`.

    Shape: (*) -> (*).
    """

    op = ops.threshold
    threshold: float
    value: float
    inplace: bool = False


class RReLU(Activation):
    """Leaky ReLU whose slope is random between `lower` and `upper` in training, else their middle.

    Shape: (*) -> (*).
    Source: https://arxiv.org/abs/1505.00853
    """

    op = ops.rrelu
    lower: float = 1.0 / 8
    upper: float = 1.0 / 3
    inplace: bool = False

    def forward(self, input: Tensor) -> Any:
        return ops.rrelu(input, self.lower, self.upper, self.training, inplace=self.inplace)


class Hardtanh(Activation):
    """x between `min_val` and `max_val`, those beyond them.

    Shape: (*) -> (*).
    """

    op = ops.hardtanh
    min_val: float = -1.0
    max_val: float = 1.0
    inplace: bool = False

    def build(self) -> None:
        if self.max_val <= self.min_val:
            raise OptionError(
                f"Hardtanh wants max_val above min_val and gets {self.max_val} and {self.min_val}", option="max_val"
            )


class Sigmoid(Activation):
    """1 / (1 + exp(-x)).

    Shape: (*) -> (*).
    """

    op = ops.sigmoid


class Hardsigmoid(Activation):
    """min(max(0, x + 3), 6) / 6.

    Shape: (*) -> (*).
    """

    op = ops.hardsigmoid
    shown = ()
    inplace: bool = False

    def extra_repr(self) -> str:
        return ""


class Tanh(Activation):
    """The hyperbolic tangent.

    Shape: (*) -> (*).
    """

    op = ops.tanh


class SiLU(Activation):
    """x * sigmoid(x), also called swish.

    Shape: (*) -> (*).
    """

    op = ops.silu
    inplace: bool = False


class Mish(Activation):
    """x * tanh(softplus(x)).

    Shape: (*) -> (*).
    Source: https://arxiv.org/abs/1908.08681
    """

    op = ops.mish
    inplace: bool = False


class Hardswish(Activation):
    """x * min(max(0, x + 3), 6) / 6.

    Shape: (*) -> (*).
    Source: https://arxiv.org/abs/1905.02244
    """

    op = ops.hardswish
    inplace: bool = False

    def extra_repr(self) -> str:
        return ""


class ELU(Activation):
    """x where it is above 0, else `alpha` * (exp(x) - 1).

    Shape: (*) -> (*).
    Source: https://arxiv.org/abs/1511.07289
    """

    op = ops.elu
    alpha: float = 1.0
    inplace: bool = False


class CELU(Activation):
    """max(0, x) + min(0, `alpha` * (exp(x / alpha) - 1)).

    Shape: (*) -> (*).
    Source: https://arxiv.org/abs/1704.07483
    """

    op = ops.celu
    alpha: float = 1.0
    inplace: bool = False


class SELU(Activation):
    """ELU with a scale and an alpha that keep mean 0 and variance 1.

    Shape: (*) -> (*).
    Source: https://arxiv.org/abs/1706.02515
    """

    op = ops.selu
    inplace: bool = False


class GLU(Activation):
    """The first half of axis `dim` times the sigmoid of the second.

    Shape: (*, M, *) -> (*, M/2, *).
    """

    op = ops.glu
    dim: int = -1


class GELU(Activation):
    """x times the normal distribution's share below x, exactly or by a tanh.

    Shape: (*) -> (*).
    Source: https://arxiv.org/abs/1606.08415
    """

    op = ops.gelu
    approximate: Literal["none", "tanh"] = "none"


class Hardshrink(Activation):
    """x, and 0 within `lambd` of 0.

    Shape: (*) -> (*).
    """

    op = ops.hardshrink
    lambd: float = 0.5

    def extra_repr(self) -> str:
        return str(self.lambd)


class Softshrink(Activation):
    """x moved towards 0 by `lambd`, and 0 within `lambd` of it.

    Shape: (*) -> (*).
    """

    op = ops.softshrink
    lambd: float = 0.5

    def extra_repr(self) -> str:
        return str(self.lambd)


class LeakyReLU(Activation):
    """x where it is above 0, else `negative_slope` * x.

    Shape: (*) -> (*).
    """

    op = ops.leaky_relu
    negative_slope: float = 0.01
    inplace: bool = False


class LogSigmoid(Activation):
    """log(1 / (1 + exp(-x))).

    Shape: (*) -> (*).
    """

    op = ops.logsigmoid


class Softplus(Activation):
    """log(1 + exp(`beta` * x)) / `beta`; x itself where `beta` * x is above `threshold`.

    Shape: (*) -> (*).
    """

    op = ops.softplus
    beta: float = 1.0
    threshold: float = 20.0


class Softsign(Activation):
    """x / (1 + abs(x)).

    Shape: (*) -> (*).
    """

    op = ops.softsign


class Tanhshrink(Activation):
    """x - tanh(x).

    Shape: (*) -> (*).
    """

    op = ops.tanhshrink


class PReLU(WeightedLayer):
    """x where it is above 0, else weight * x: one weight for all channels or one for each.

    Shape: (N, C, *) -> the same.
    Params: weight (num_parameters), each `init` at first.
    Source: https://arxiv.org/abs/1502.01852
    """

    shown = ("num_parameters",)

    num_parameters: int = 1
    init: float = 0.25

    def build(self, dtype: str | None) -> None:
        if self.num_parameters < 0:
            raise OptionError(
                f"PReLU wants num_parameters of at least 0 and gets {self.num_parameters}", option="num_parameters"
            )
        self.weight = Parameter.empty(self.num_parameters, dtype or "float32")
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weights to `init`."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Any:
        return ops.prelu(input, self.weight)
