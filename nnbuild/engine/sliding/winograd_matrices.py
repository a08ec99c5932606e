"""The matrices of Winograd's form for 6 values along each axis, both axes as one matrix.

Source: Lavin and Gray, Fast algorithms for convolutional neural networks, 2015; the points are 0, 1, -1, 2, -2, inf.
"""

from __future__ import annotations

from math import prod

from nnbuild.lazy import np

#: Values of the input under a tile, along each axis.
VALUES = 6

_POINTS = (0, 1, -1, 2, -2)
_INPUT = (
    (4, 0, -5, 0, 1, 0), (0, -4, -4, 1, 1, 0), (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0), (0, 2, -1, -2, 1, 0), (0, 4, 0, -5, 0, 1),
)  # fmt: skip


def input_matrix() -> np.ndarray:
    """(36, 36), by the values under a tile."""
    return np.kron(np.array(_INPUT, float), np.array(_INPUT, float))


def kernel_matrix(size: int) -> np.ndarray:
    """(36, size * size), by a kernel: as a polynomial at the points, and at infinity its last coefficient."""
    scale = [prod(point - other for other in _POINTS if other != point) for point in _POINTS]
    rows = [[point**power / whole for power in range(size)] for point, whole in zip(_POINTS, scale, strict=True)]
    line = np.array([*rows, [0] * (size - 1) + [1]])
    return np.kron(line, line)


def output_matrix(tile: int) -> np.ndarray:
    """(tile * tile, 36), by the products: the transposed form of the same."""
    line = np.array([[*(point**power for point in _POINTS), int(power == tile - 1)] for power in range(tile)], float)
    return np.kron(line, line)
