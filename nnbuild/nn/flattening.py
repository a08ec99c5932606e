"""Layers that join axes into one, and split one into several."""

from __future__ import annotations

from typing import Any

from nnbuild import ops
from nnbuild.errors import OptionError
from nnbuild.nn.layer import Layer
from nnbuild.nn.options import Sizes
from nnbuild.nn.taking import Tensor


class Flatten(Layer):
    """The axes from `start_dim` to `end_dim`, both among them, as one; all but the batch unless said.

    Shape: (N, *) -> (N, the product of *).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html
    """

    start_dim: int = 1
    end_dim: int = -1

    def forward(self, input: Tensor) -> Any:
        return ops.flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Layer):
    """The axis `dim` as several, of the sizes `unflattened_size`; a size of -1 is worked out from the others.

    Shape: (*, S, *) -> (*, *unflattened_size, *).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Unflatten.html
    """

    dim: int
    unflattened_size: Sizes

    def build(self) -> None:
        if not isinstance(self.unflattened_size, tuple):
            size = self.unflattened_size
            raise OptionError(
                f"Unflatten wants a tuple of sizes for unflattened_size and gets {size}",
                hint=f"({size},) is a tuple of one",
                option="unflattened_size",
            )

    def forward(self, input: Tensor) -> Any:
        return ops.unflatten(input, self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
