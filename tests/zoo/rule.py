"""Deterministic weights and input for comparing a network with its reference, without shipping weights.

Every tensor of a state_dict is filled from its own name alone, so the order of the keys does not matter:

    rng = numpy.random.default_rng(zlib.crc32(key.encode()))

    integer tensors (num_batches_tracked, index tables)   left as the network made them
    key ends in "running_var"                              uniform(0.5, 1.5)
    key ends in "running_mean", or in "bias"               0.1 * normal
    1-D "weight" (a norm's scale), "layer_scale"           uniform(0.5, 1.5)
    every other tensor                                     normal * sqrt(1 / fan_in),  fan_in = size / shape[0]

all drawn in float32 (`standard_normal(dtype=float32)`, `random(dtype=float32)`).
The input image is `default_rng(0).standard_normal((1, 3, H, W), dtype=float32)`.
"""

import zlib

import numpy as np


def tensor(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """The float32 array that the rule gives to the state_dict entry `key` of this shape."""
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    name = key.rsplit(".", 1)[-1]
    if name == "running_var" or name == "layer_scale" or (name == "weight" and len(shape) == 1):
        return np.float32(0.5) + rng.random(shape, dtype=np.float32)
    if name in ("running_mean", "bias"):
        return np.float32(0.1) * rng.standard_normal(shape, dtype=np.float32)
    size = int(np.prod(shape))
    fan_in = max(1, size // shape[0]) if shape else 1
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(np.sqrt(1.0 / fan_in))


def image(height: int, width: int) -> np.ndarray:
    """The input of shape (1, 3, height, width), float32."""
    return np.random.default_rng(0).standard_normal((1, 3, height, width), dtype=np.float32)
