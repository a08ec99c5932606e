"""Normalisation layers that may keep running statistics: batch and instance normalisation."""

from __future__ import annotations

from typing import Any, ClassVar

from nnbuild import ops
from nnbuild.errors import OptionError, ShapeError
from nnbuild.nn import init
from nnbuild.nn.normalization import _Affine
from nnbuild.nn.options import Bias, option
from nnbuild.nn.parameter import Buffer
from nnbuild.nn.taking import Tensor
from nnbuild.ops.tensor_like import TensorLike


class _Normalization(_Affine):
    """What batch and instance normalisation share: weight, bias and running statistics over the channels."""

    #: The numbers of axes that an input may have.
    ranks: ClassVar[tuple[int, ...]]

    num_features: int
    eps: float = 1e-5

    _version = 2

    def build(self, bias: bool, dtype: str | None) -> None:
        if self.num_features < 0:
            raise OptionError(
                f"{type(self).__name__} wants num_features of at least 0 and gets {self.num_features}",
                option="num_features",
            )
        tracked = self.track_running_stats
        for name in ("running_mean", "running_var"):
            self.register_buffer(name, Buffer.empty(self.num_features, dtype or "float32") if tracked else None)
        self.register_buffer("num_batches_tracked", Buffer.empty((), "int64") if tracked else None)
        self.make(self.num_features, self.affine, bias, dtype)

    def reset_running_stats(self) -> None:
        """Forget the running statistics: mean 0, variance 1, no batches."""
        if self.track_running_stats:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            init.zeros_(self.num_batches_tracked)

    def reset_parameters(self) -> None:
        """Set weight, bias and running statistics to what they began with."""
        self.reset_running_stats()
        super().reset_parameters()

    def _check_rank(self, input: Any) -> None:
        if input.ndim not in self.ranks:
            wanted = " or ".join(map(str, self.ranks)) if self.ranks[-1] <= 5 else "at least 2"
            raise ShapeError(f"wants an input of {wanted} axes (N, {self.num_features}, ...) and gets {input.shape}")

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], *found: Any
    ) -> None:
        """As torch does, leave the number of batches as it is for weights that were saved before it was counted."""
        if self.track_running_stats and local_metadata.get("version", 1) < 2:
            state_dict.setdefault(f"{prefix}num_batches_tracked", self.num_batches_tracked)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *found)

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class BatchNormalization(_Normalization):
    """Mean 0 and variance 1 in each channel, then times weight, plus bias.

    In training they are the batch's own, and the running ones move to them by `momentum` (None: the average of all
    batches). In evaluation they are the running ones, or the batch's without `track_running_stats`.

    Shape: (N, num_features, *) -> the same.
    Params: weight, bias (num_features), with `affine`. Buffers: running_mean, running_var, num_batches_tracked.
    Source: https://arxiv.org/abs/1502.03167
    """

    momentum: float | None = 0.1
    affine: bool = True
    track_running_stats: bool = True
    bias: Bias = option(default=True)

    def forward(self, input: Tensor) -> Any:
        self._check_rank(input)
        follows = self.training and self.track_running_stats
        mean, var = (self.running_mean, self.running_var) if follows or not self.training else (None, None)
        by_batch = self.training or (mean is None and var is None)
        momentum = self._count_batch(input) if follows else self.momentum or 0.0
        return ops.batch_norm(input, mean, var, self.weight, self.bias, by_batch, momentum, self.eps)

    def _count_batch(self, input: Any) -> float:
        """One more batch, unless this call only infers; and the share that it has in the running statistics."""
        batches = self.num_batches_tracked
        if batches is not None and not isinstance(input, TensorLike):
            batches.data[...] += 1
        if self.momentum is not None or batches is None:
            return self.momentum or 0.0
        return 1 / max(1, int(batches.data))


class BatchNorm1d(BatchNormalization):
    """Batch normalisation of vectors or sequences: (N, C) or (N, C, L)."""

    ranks = (2, 3)


class BatchNorm2d(BatchNormalization):
    """Batch normalisation of images: (N, C, H, W)."""

    ranks = (4,)


class BatchNorm3d(BatchNormalization):
    """Batch normalisation of volumes or clips: (N, C, D, H, W)."""

    ranks = (5,)


class SyncBatchNorm(BatchNormalization):
    """Batch normalisation across processes, of which there is one here: (N, C, *)."""

    ranks = tuple(range(2, 65))

    process_group: Any = None


class InstanceNormalization(_Normalization):
    """Mean 0 and variance 1 in each channel of each element of the batch, then times weight, plus bias.

    With `track_running_stats` evaluation uses running statistics, which training moves by `momentum`.

    Shape: (N, num_features, *size) or (num_features, *size) -> the same.
    Params: weight, bias (num_features), with `affine`. Buffers, where tracked: running_mean, running_var,
    num_batches_tracked.
    Source: https://arxiv.org/abs/1607.08022
    """

    momentum: float = 0.1
    affine: bool = False
    track_running_stats: bool = False
    bias: Bias = option(default=True)

    def forward(self, input: Tensor) -> Any:
        self._check_rank(input)
        unbatched = input.ndim == self.ranks[0]
        batch = ops.unsqueeze(input, 0) if unbatched else input
        own = self.training or not self.track_running_stats
        result = ops.instance_norm(
            batch, self.running_mean, self.running_var, self.weight, self.bias, own, self.momentum or 0.0, self.eps
        )
        return ops.squeeze(result, 0) if unbatched else result


class InstanceNorm1d(InstanceNormalization):
    """Instance normalisation of sequences: (N, C, L) or (C, L)."""

    ranks = (2, 3)


class InstanceNorm2d(InstanceNormalization):
    """Instance normalisation of images: (N, C, H, W) or (C, H, W)."""

    ranks = (3, 4)


class InstanceNorm3d(InstanceNormalization):
    """Instance normalisation of volumes or clips: (N, C, D, H, W) or (C, D, H, W)."""

    ranks = (4, 5)
