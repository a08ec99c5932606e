"""Initialisers, under torch.nn.init's names and with its numbers.

Each takes a Parameter or a Buffer, whose draw it queues, or an array, which it fills in place, and returns it. An
option that cannot be right is refused at once, not when the draw is done.

Source: https://docs.pytorch.org/docs/stable/nn.init.html
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import TypeVar

from nnbuild.errors import suggestion
from nnbuild.lazy import np
from nnbuild.nn import random
from nnbuild.nn.parameter import StoredTensor
from nnbuild.nn.random import Draw, Fill, Generator, InitError, Stream

T = TypeVar("T", bound="StoredTensor | np.ndarray")

GAINS = {
    **dict.fromkeys(["linear", "conv1d", "conv2d", "conv3d"], 1.0),
    **dict.fromkeys(["conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid"], 1.0),
    "tanh": 5.0 / 3.0,
    "relu": math.sqrt(2.0),
    "leaky_relu": math.sqrt(2.0 / (1.0 + 0.01**2)),
    "selu": 3.0 / 4.0,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps the variance of a signal through `nonlinearity` (param: the slope of leaky_relu)."""
    if nonlinearity not in GAINS:
        raise InitError(
            f"no gain is known for the nonlinearity {nonlinearity!r}",
            hint=suggestion(str(nonlinearity), GAINS) or f"one of {', '.join(GAINS)}",
            option="nonlinearity",
        )
    if nonlinearity != "leaky_relu" or param is None:
        return GAINS[nonlinearity]
    if isinstance(param, bool) or not isinstance(param, int | float):
        raise InitError(f"the negative slope of leaky_relu is a number, got {param!r}", option="a")
    return math.sqrt(2.0 / (1 + param**2))


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> T:
    """Numbers spread evenly over [a, b)."""
    return _draw(tensor, random.uniform_fill(tensor.shape, a, b, _dtype(tensor)), generator)


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> T:
    """Normal numbers of the given mean and standard deviation."""
    return _draw(tensor, random.normal_fill(tensor.shape, mean, std, _dtype(tensor)), generator)


def trunc_normal_(
    tensor: T, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Generator | None = None
) -> T:
    """Normal numbers, drawn again until they lie in [a, b] (not in units of std)."""
    random.normal_fill(tensor.shape, mean, std, _dtype(tensor))
    if std == 0:
        raise InitError("trunc_normal_ wants std > 0, got 0", option="std")
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            f"trunc_normal_: the mean {mean} is more than 2 std from [{a}, {b}], so the values may not be normal",
            stacklevel=2,
        )
    inside = _normal_cdf((b - mean) / std) - _normal_cdf((a - mean) / std)
    sample = _redrawn_normal if inside > 0.3 else _accepted_uniform
    if sample is _accepted_uniform:
        random.uniform_fill(tensor.shape, a, b, _dtype(tensor))
    shape, dtype = tensor.shape, _dtype(tensor)
    return _draw(tensor, lambda stream: sample(stream, shape, dtype, mean, std, a, b), generator)


def constant_(tensor: T, val: float) -> T:
    """The same value everywhere."""
    shape, dtype = tensor.shape, _dtype(tensor)
    return _assign(tensor, lambda: np.full(shape, val, dtype))


def ones_(tensor: T) -> T:
    """Ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: T) -> T:
    """Zeros."""
    return constant_(tensor, 0.0)


def eye_(tensor: T) -> T:
    """The identity matrix, as far as it fits. Shape: (rows, cols)."""
    (rows, cols), dtype = _matrix("eye_", tensor), _dtype(tensor)
    return _assign(tensor, lambda: np.eye(rows, cols, dtype=dtype))


def dirac_(tensor: T, groups: int = 1) -> T:
    """A convolution weight that hands its input channels on, group by group. Shape: (out, in / groups, K...)."""
    shape, dtype = tuple(tensor.shape), _dtype(tensor)
    if len(shape) not in (3, 4, 5):
        raise InitError(f"dirac_ wants a convolution weight of 3, 4 or 5 axes, got the shape {shape}")
    if groups < 1 or shape[0] % groups:
        raise InitError(
            f"dirac_ wants groups that divide the {shape[0]} output channels, got {groups}", option="groups"
        )

    def values() -> np.ndarray:
        weight = np.zeros(shape, dtype)
        channel = np.arange(min(shape[0] // groups, shape[1]))
        centre = [size // 2 for size in shape[2:]]
        for group in range(groups):
            weight[(group * (shape[0] // groups) + channel, channel, *centre)] = 1
        return weight

    return _assign(tensor, values)


def xavier_uniform_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Uniform numbers with variance gain^2 * 2 / (fan_in + fan_out): Glorot and Bengio, 2010."""
    bound = math.sqrt(3.0) * _xavier_std("xavier_uniform_", tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Normal numbers with variance gain^2 * 2 / (fan_in + fan_out): Glorot and Bengio, 2010."""
    return normal_(tensor, 0.0, _xavier_std("xavier_normal_", tensor, gain), generator)


def kaiming_uniform_(
    tensor: T,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> T:
    """Uniform numbers with variance gain^2 / fan: He et al., 2015. `a` is the negative slope of leaky_relu."""
    std = _kaiming_std("kaiming_uniform_", tensor, a, mode, nonlinearity)
    if std is None:
        return tensor
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: T,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> T:
    """Normal numbers with variance gain^2 / fan: He et al., 2015. `a` is the negative slope of leaky_relu."""
    std = _kaiming_std("kaiming_normal_", tensor, a, mode, nonlinearity)
    return tensor if std is None else normal_(tensor, 0.0, std, generator)


def orthogonal_(tensor: T, gain: float = 1, generator: Generator | None = None) -> T:
    """Orthonormal rows or columns, whichever are fewer, times gain: Saxe et al., 2013. Later axes count as columns."""
    shape, dtype = tuple(tensor.shape), _dtype(tensor)
    if len(shape) < 2:
        raise InitError(f"orthogonal_ wants 2 axes or more, got the shape {shape}")
    if 0 in shape:
        return tensor
    if dtype not in ("float32", "float64"):
        raise InitError(f"orthogonal_ works in float32 and float64, got {dtype}")
    rows, cols = shape[0], math.prod(shape[1:])

    def values(stream: Stream) -> np.ndarray:
        normals = stream.normal((rows, cols), dtype=dtype)
        q, r = np.linalg.qr(normals.T if rows < cols else normals)
        q *= np.sign(np.diagonal(r))  # makes Q unique, and uniform among the orthogonal matrices
        return np.ascontiguousarray((q.T if rows < cols else q) * q.dtype.type(gain)).reshape(shape)

    return _draw(tensor, values, generator)


def sparse_(tensor: T, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> T:
    """Normal numbers with the fraction `sparsity` of each column set to zero: Martens, 2010. Shape: (rows, cols).

    As in torch, `generator` draws the numbers and the default generator chooses the zeros.
    """
    (rows, cols), dtype = _matrix("sparse_", tensor), _dtype(tensor)
    head = len(range(rows)[: math.ceil(sparsity * rows)])

    def zeros(stream: Stream) -> np.ndarray:
        mask = np.zeros((rows, cols), bool)
        for col in range(cols):
            mask[stream.permutation(rows, head), col] = True
        return mask

    numbers = _queue(random.normal_fill((rows, cols), 0.0, std, dtype), generator)
    mask = _queue(zeros, None)

    def values() -> np.ndarray:
        matrix = numbers.value()
        matrix[mask.value()] = 0
        return matrix

    return _assign(tensor, values)


def _dtype(tensor: StoredTensor | np.ndarray) -> str:
    return str(tensor.dtype)


def _queue(fill: Fill, generator: Generator | None) -> Draw:
    return (generator or random.default_generator).defer(fill)


def _draw(tensor: T, fill: Fill, generator: Generator | None) -> T:
    return _assign(tensor, _queue(fill, generator).value)


def _assign(tensor: T, source: Callable[[], np.ndarray]) -> T:
    if isinstance(tensor, StoredTensor):
        tensor.assign(source)
    else:
        tensor[...] = source()
    return tensor


def _matrix(name: str, tensor: StoredTensor | np.ndarray) -> tuple[int, int]:
    if len(tensor.shape) != 2:
        raise InitError(f"{name} wants a matrix (2 axes), got the shape {tuple(tensor.shape)}")
    return tensor.shape[0], tensor.shape[1]


def _fans(name: str, tensor: StoredTensor | np.ndarray) -> tuple[int, int]:
    """Inputs per output and outputs per input of a weight of shape (out, in, K...)."""
    if len(tensor.shape) < 2:
        raise InitError(f"{name} wants a weight of 2 axes or more to count its inputs, got the shape {tensor.shape}")
    taps = math.prod(tensor.shape[2:])
    return tensor.shape[1] * taps, tensor.shape[0] * taps


def _xavier_std(name: str, tensor: StoredTensor | np.ndarray, gain: float) -> float:
    total = sum(_fans(name, tensor))
    return gain * math.sqrt(2.0 / float(total)) if total else 0.0


def _kaiming_std(name: str, tensor: StoredTensor | np.ndarray, a: float, mode: str, nonlinearity: str) -> float | None:
    if 0 in tensor.shape:
        warnings.warn(f"{name} leaves a tensor without elements as it is: {tuple(tensor.shape)}", stacklevel=3)
        return None
    if str(mode).lower() not in ("fan_in", "fan_out"):
        raise InitError(f"{name} wants the mode fan_in or fan_out, got {mode!r}", option="mode")
    fan = _fans(name, tensor)[mode.lower() == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _normal_cdf(x: float) -> float:
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def _redrawn_normal(
    stream: Stream, shape: tuple[int, ...], dtype: str, mean: float, std: float, a: float, b: float
) -> np.ndarray:
    """Normal numbers; all are drawn again for those outside [a, b], until there are none."""
    values = stream.normal(shape, mean, std, dtype)
    low, high = values.dtype.type(a), values.dtype.type(b)
    while (outside := (values < low) | (values > high)).any():
        np.copyto(values, stream.normal(shape, mean, std, dtype), where=outside)
    return values


def _accepted_uniform(
    stream: Stream, shape: tuple[int, ...], dtype: str, mean: float, std: float, a: float, b: float
) -> np.ndarray:
    """Where [a, b] holds little of the bell: uniform numbers, accepted in proportion to the density."""
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    values = np.empty(shape, dtype)
    pending = np.ones(shape, bool)
    while pending.any():
        candidates = stream.uniform(shape, a, b, dtype)
        np.copyto(values, candidates, where=pending)
        density = ((candidates - mean) / std) ** 2 * -0.5 - peak
        with np.errstate(divide="ignore"):
            pending &= np.log(stream.uniform(shape, dtype=dtype)) > density
    return values
