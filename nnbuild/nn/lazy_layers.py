"""Lazy layers: the input size is taken from the first input, array or TensorSpec; then they are the usual layers.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.modules.lazy.LazyModuleMixin.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from nnbuild.errors import NnbuildError, ShapeError, WeightError
from nnbuild.nn.batch_normalization import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    InstanceNormalization,
)
from nnbuild.nn.convolution import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from nnbuild.nn.linear import Linear
from nnbuild.nn.module import Module
from nnbuild.nn.options import option
from nnbuild.nn.uninitialized import UninitializedBuffer, UninitializedParameter, is_lazy


class LazyModuleMixin(Module):
    """What makes a layer lazy: mixed in before the layer that it becomes.

    Its parameters are uninitialized until the first call, which takes the size named by `inferred` from the input,
    draws the weights and changes the class to `cls_to_become`. Weights may be loaded before that.
    """

    cls_to_become: ClassVar[type[Module] | None] = None
    inferred: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, parameter in self._parameters.items():
            if parameter is not None:
                self._parameters[name] = UninitializedParameter(dtype=parameter.dtype)
        for name, buffer in self._buffers.items():
            if buffer is not None and buffer.shape:
                self._buffers[name] = UninitializedBuffer(dtype=str(buffer.dtype))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            self._check_call(args, kwargs)
            self.initialize_parameters(*args, **kwargs)
        except NnbuildError as error:
            self._blame(error)
            raise
        if self.cls_to_become is not None:
            self.__class__ = self.cls_to_become  # type: ignore[assignment]
            return self(*args, **kwargs)
        return super().__call__(*args, **kwargs)

    def _tensors(self) -> Iterator[tuple[str, Any]]:
        yield from self._parameters.items()
        yield from self._buffers.items()

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer has no shape yet."""
        return any(is_lazy(tensor) for _, tensor in self._tensors())

    def initialize_parameters(self, input: Any, *args: Any, **kwargs: Any) -> None:
        """Take the size from the input, and draw the weights unless they were loaded."""
        size = self._size_in(input)
        shapes = self._shapes(size)
        own = {name: tensor for name, tensor in self._tensors() if name in shapes and tensor is not None}
        lazy = [name for name, tensor in own.items() if is_lazy(tensor)]
        if lazy and len(lazy) < len(own):
            raise WeightError(
                f"was given some of its weights and not {', '.join(lazy)}", hint="load all of them, or none before it"
            )
        if not lazy and any(tensor.shape != shapes[name] for name, tensor in own.items()):
            loaded = {name: tensor.shape for name, tensor in own.items()}
            raise ShapeError(f"wants an input that fits the weights it was given, {loaded}, and gets {input.shape}")
        setattr(self, self.inferred, size)
        for name in lazy:
            own[name].materialize(shapes[name])
        if lazy:
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights anew, once there are some."""
        if getattr(self, self.inferred):
            super().reset_parameters()  # type: ignore[misc]

    def _size_in(self, input: Any) -> int:
        """The size that the input decides on."""
        raise NotImplementedError

    def _shapes(self, size: int) -> dict[str, tuple[int, ...]]:
        """The shape of each parameter and buffer for that size."""
        raise NotImplementedError


class LazyLinear(LazyModuleMixin, Linear):
    """A Linear whose in_features is taken from its first input."""

    inferred = "in_features"
    cls_to_become = Linear
    in_features: int = option(default=0, init=False)

    def _size_in(self, input: Any) -> int:
        if not input.shape:
            raise ShapeError("wants an input of at least one axis and gets a single number")
        size: int = input.shape[-1]
        return size

    def _shapes(self, size: int) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.out_features, size), "bias": (self.out_features,)}


class _LazyConvolution(LazyModuleMixin):
    inferred = "in_channels"

    def _size_in(self, input: Any) -> int:
        if input.ndim not in (self.axes + 1, self.axes + 2):
            raise ShapeError(
                f"wants an input of {self.axes + 2} axes, or {self.axes + 1} without a batch, and gets {input.shape}"
            )
        size: int = input.shape[-self.axes - 1]
        if size % self.groups:
            raise ShapeError(
                f"wants an input whose channels groups={self.groups} divides and gets {size}: {input.shape}",
                option="groups",
            )
        return size

    def _shapes(self, size: int) -> dict[str, tuple[int, ...]]:
        first, second = (size, self.out_channels) if self.transposed else (self.out_channels, size)
        return {"weight": (first, second // self.groups, *self.kernel_size), "bias": (self.out_channels,)}


class LazyConv1d(_LazyConvolution, Conv1d):
    """A Conv1d whose in_channels is taken from its first input."""

    cls_to_become = Conv1d
    in_channels: int = option(default=0, init=False)


class LazyConv2d(_LazyConvolution, Conv2d):
    """A Conv2d whose in_channels is taken from its first input."""

    cls_to_become = Conv2d
    in_channels: int = option(default=0, init=False)


class LazyConv3d(_LazyConvolution, Conv3d):
    """A Conv3d whose in_channels is taken from its first input."""

    cls_to_become = Conv3d
    in_channels: int = option(default=0, init=False)


class LazyConvTranspose1d(_LazyConvolution, ConvTranspose1d):
    """A ConvTranspose1d whose in_channels is taken from its first input."""

    cls_to_become = ConvTranspose1d
    in_channels: int = option(default=0, init=False)


class LazyConvTranspose2d(_LazyConvolution, ConvTranspose2d):
    """A ConvTranspose2d whose in_channels is taken from its first input."""

    cls_to_become = ConvTranspose2d
    in_channels: int = option(default=0, init=False)


class LazyConvTranspose3d(_LazyConvolution, ConvTranspose3d):
    """A ConvTranspose3d whose in_channels is taken from its first input."""

    cls_to_become = ConvTranspose3d
    in_channels: int = option(default=0, init=False)


class _LazyNormalization(LazyModuleMixin):
    inferred = "num_features"

    def _size_in(self, input: Any) -> int:
        self._check_rank(input)
        size: int = input.shape[self._channels(input)]
        return size

    def _channels(self, input: Any) -> int:
        return 1

    def _shapes(self, size: int) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(("weight", "bias", "running_mean", "running_var"), (size,))


class LazyBatchNorm1d(_LazyNormalization, BatchNorm1d):
    """A BatchNorm1d whose num_features is taken from its first input."""

    cls_to_become = BatchNorm1d
    num_features: int = option(default=0, init=False)


class LazyBatchNorm2d(_LazyNormalization, BatchNorm2d):
    """A BatchNorm2d whose num_features is taken from its first input."""

    cls_to_become = BatchNorm2d
    num_features: int = option(default=0, init=False)


class LazyBatchNorm3d(_LazyNormalization, BatchNorm3d):
    """A BatchNorm3d whose num_features is taken from its first input."""

    cls_to_become = BatchNorm3d
    num_features: int = option(default=0, init=False)


class _LazyInstanceNorm(_LazyNormalization, InstanceNormalization):
    affine: bool = True
    track_running_stats: bool = True

    def _channels(self, input: Any) -> int:
        return 0 if input.ndim == self.ranks[0] else 1


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """An InstanceNorm1d whose num_features is taken from its first input; with weights and running statistics."""

    cls_to_become = InstanceNorm1d
    num_features: int = option(default=0, init=False)


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """An InstanceNorm2d whose num_features is taken from its first input; with weights and running statistics."""

    cls_to_become = InstanceNorm2d
    num_features: int = option(default=0, init=False)


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """An InstanceNorm3d whose num_features is taken from its first input; with weights and running statistics."""

    cls_to_become = InstanceNorm3d
    num_features: int = option(default=0, init=False)
