"""Layers that compare two tensors."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.nn.layer import Layer
from nnbuild.nn.taking import Tensor


class PairwiseDistance(Layer):
    """The `p`-norm of x1 - x2 + `eps` along the last axis.

    Shape: (N, D) or (D), twice -> (N) or (), or (N, 1) with `keepdim`.
    """

    shown = ()

    p: float = 2.0
    eps: float = 1e-6
    keepdim: bool = False

    def build(self, p: float) -> None:
        self.norm = p

    def forward(self, x1: Tensor, x2: Tensor) -> Any:
        return ops.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Layer):
    """The cosine of the angle between x1 and x2 along `dim`.

    Shape: (*, D, *) twice -> (*, *), `dim` left out.
    """

    shown = ()

    dim: int = 1
    eps: float = 1e-8

    def forward(self, x1: Tensor, x2: Tensor) -> Any:
        return ops.cosine_similarity(x1, x2, self.dim, self.eps)
