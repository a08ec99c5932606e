"""Layers that PyTorch lacks: their values are written by hand."""

from typing import Any

import numpy as np

from nnbuild import nn
from tests.cases import case, given


class Doubled(nn.Module):
    """The input, and twice the input."""

    def forward(self, input: Any) -> Any:
        return input, input * 2


class Scaled(nn.Module):
    """The features, each times its weight."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(np.ones(features, np.float32))

    def forward(self, input: Any) -> Any:
        return input * self.weight


CASES = [
    case("Doubled()", given([[1, 2], [3, -4]]), output=[(2, 2), (2, 2)], own=(Doubled,),
         values=[[[1, 2], [3, -4]], [[2, 4], [6, -8]]]),
    case("Scaled(2)", given([[1, 2], [3, 4]]), output=(2, 2), params=2, own=(Scaled,),
         weights={"weight": [3, -1]}, values=[[3, -2], [9, -4]]),
]  # fmt: skip
