"""Dropout layers. In evaluation mode they hand their input on, and leave no trace in the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from nnbuild import ops
from nnbuild.errors import OptionError
from nnbuild.nn.layer import Layer
from nnbuild.nn.taking import Tensor


class _Dropout(Layer):
    """What the forms of dropout share."""

    op: ClassVar[Callable[..., Any]]

    p: float = 0.5
    inplace: bool = False

    def build(self) -> None:
        if not 0 <= self.p <= 1:
            raise OptionError(
                f"{type(self).__name__} wants a probability between 0 and 1 for p and gets {self.p}", option="p"
            )

    def forward(self, input: Tensor) -> Any:
        return self.op(input, self.p, self.training, inplace=self.inplace)


class Dropout(_Dropout):
    """In training, zero for each element with probability `p`, and the others over (1 - p).

    Shape: (*) -> (*).
    Source: https://arxiv.org/abs/1207.0580
    """

    op = ops.dropout


class Dropout1d(_Dropout):
    """Dropout of whole channels of sequences.

    Shape: (N, C, L) or (C, L) -> the same.
    """

    op = ops.dropout1d


class Dropout2d(_Dropout):
    """Dropout of whole channels of images. An input of 3 axes is taken for (N, C, L), as torch does.

    Shape: (N, C, H, W) or (N, C, L) -> the same.
    """

    op = ops.dropout2d


class Dropout3d(_Dropout):
    """Dropout of whole channels of volumes or clips.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> the same.
    """

    op = ops.dropout3d


class AlphaDropout(_Dropout):
    """Dropout that keeps the mean 0 and variance 1 of SELU's outputs.

    Shape: (*) -> (*).
    Source: https://arxiv.org/abs/1706.02515
    """

    op = ops.alpha_dropout


class FeatureAlphaDropout(_Dropout):
    """AlphaDropout of whole channels.

    Shape: (N, C, *) -> the same.
    """

    op = ops.feature_alpha_dropout
