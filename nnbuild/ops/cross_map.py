"""Torch7's local response normalisation."""

from __future__ import annotations

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import fractions
from nnbuild.ops.op import op
from nnbuild.ops.reach import Reaches, Slid, along
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.window import Slide


@op
def cross_map_lrn2d(input: np.ndarray, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> np.ndarray:
    """What torch.nn.CrossMapLRN2d computes: local_response_norm of images (N, C, H, W), with sums of its own."""
    squares, reach, channels = np.square(input), (size + 1) // 2, input.shape[1]
    total = np.empty_like(squares)
    total[:, 0] = squares[:, :reach].sum(1)
    for channel in range(1, channels):  # each sum from the one before, as torch makes them
        total[:, channel] = total[:, channel - 1]
        if channel + reach <= channels:
            total[:, channel] += squares[:, channel + reach - 1]
        if channel > reach:  # so the first channel is never taken away
            total[:, channel] -= squares[:, channel - reach]
    return input / (total * (alpha / size) + k) ** beta


@cross_map_lrn2d.shape
def _(input: TensorSpec, size: int) -> TensorSpec:
    fractions(input.dtype)
    if input.ndim != 4 or not input.shape[1]:
        raise ShapeError(f"wants an input of 4 axes (N, C, H, W), at least one channel, and gets {input.shape}")
    if size < 1:
        raise OptionError(f"size must be at least 1, not {size}", option="size")
    return input


@cross_map_lrn2d.axes
def _(input: TensorSpec, size: int) -> dict[str, Reaches]:
    return {"input": along(input, 1, Slid(1, Slide(size, 1, size // 2, size // 2)))}
