"""Pooling over windows that slide."""

import math
from typing import NamedTuple

import numpy as np

from tests.cases import case


class places(NamedTuple):  # noqa: N801
    """Indices for unpooling: each plane of the last `axes` axes has distinct ones below `high`."""

    shape: tuple[int, ...]
    high: int
    axes: int

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        planes, count = self.shape[: -self.axes], math.prod(self.shape[-self.axes :])
        return rng.random((*planes, self.high)).argsort(-1)[..., :count].reshape(self.shape)


CASES = [
    case("MaxPool1d(3)", (2, 4, 10), output=(2, 4, 3)),
    case("MaxPool1d(3, 2, 1, 2, ceil_mode=True)", (2, 4, 9), output=(2, 4, 4)),
    case("MaxPool1d(2, padding=1, return_indices=True)", (4, 9), output=[(4, 5), (4, 5)], batched=False),
    case("MaxPool1d(3, stride=1)", (0, 4, 9), output=(0, 4, 7)),
    case("MaxPool2d(2)", (2, 4, 9, 8), output=(2, 4, 4, 4)),
    case("MaxPool2d((3, 2), (2, 1), (1, 0), (1, 2))", (2, 4, 9, 8), output=(2, 4, 5, 6)),
    case("MaxPool2d(3, 2, ceil_mode=True)", (2, 4, 8, 8), output=(2, 4, 4, 4)),
    case("MaxPool2d(3, 2, 1, return_indices=True)", (2, 4, 7, 8), output=[(2, 4, 4, 4), (2, 4, 4, 4)]),
    case("MaxPool2d(3, 2, 1, 2, True, True)", (4, 9, 8), output=[(4, 4, 4), (4, 4, 4)], batched=False),
    case("MaxPool2d(2)", (0, 4, 9, 8), output=(0, 4, 4, 4)),
    case("MaxPool3d(2)", (2, 2, 5, 4, 6), output=(2, 2, 2, 2, 3)),
    case("MaxPool3d((1, 2, 3), 2, (0, 1, 1), return_indices=True)", (2, 2, 5, 4, 6),
         output=[(2, 2, 3, 3, 3), (2, 2, 3, 3, 3)]),
    case("MaxPool3d(3, 1, 1)", (2, 5, 4, 6), output=(2, 5, 4, 6), batched=False),
    case("AvgPool1d(3)", (2, 4, 10), output=(2, 4, 3)),
    case("AvgPool1d(3, 2, 1, True, False)", (2, 4, 8), output=(2, 4, 5)),
    case("AvgPool1d(4, padding=2)", (4, 9), output=(4, 3), batched=False),
    case("AvgPool2d(2)", (2, 4, 9, 8), output=(2, 4, 4, 4)),
    case("AvgPool2d((3, 2), (2, 1), (1, 0))", (2, 4, 9, 8), output=(2, 4, 5, 7)),
    case("AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False)", (2, 4, 8, 8), output=(2, 4, 5, 5)),
    case("AvgPool2d(3, 2, 1, True)", (2, 4, 8, 8), output=(2, 4, 5, 5)),
    case("AvgPool2d(3, divisor_override=2)", (4, 9, 8), output=(4, 3, 2), batched=False),
    case("AvgPool2d(2)", (0, 4, 9, 8), output=(0, 4, 4, 4)),
    case("AvgPool3d(2)", (2, 2, 5, 4, 6), output=(2, 2, 2, 2, 3)),
    case("AvgPool3d((1, 2, 3), 2, (0, 1, 1), True, False, 3)", (2, 2, 5, 4, 6), output=(2, 2, 3, 3, 4)),
    case("AvgPool3d(3, 1, 1)", (2, 5, 4, 6), output=(2, 5, 4, 6), batched=False),
    case("LPPool1d(2, 3)", (2, 4, 10), output=(2, 4, 3)),
    case("LPPool1d(2, 3, 2, ceil_mode=True)", (4, 9), output=(4, 4), batched=False),
    case("LPPool2d(2, 3, stride=2)", (2, 4, 9, 8), output=(2, 4, 4, 3)),
    case("LPPool2d(4, (3, 2), (2, 1))", (4, 9, 8), output=(4, 4, 7), batched=False),
    case("LPPool3d(2, 2)", (2, 2, 5, 4, 6), output=(2, 2, 2, 2, 3)),
    case("MaxUnpool1d(2)", (2, 4, 5), places((2, 4, 5), 10, 1), output=(2, 4, 10)),
    case("MaxUnpool1d(3, 2, 1)", (4, 5), places((4, 5), 9, 1), output=(4, 9), batched=False),
    case("MaxUnpool2d(2)", (2, 4, 3, 4), places((2, 4, 3, 4), 48, 2), output=(2, 4, 6, 8)),
    case("MaxUnpool2d(3, stride=2, padding=1)", (4, 3, 4), places((4, 3, 4), 35, 2), output=(4, 5, 7), batched=False),
    case("MaxUnpool2d(2)", (2, 4, 3, 4), places((2, 4, 3, 4), 63, 2),
         output=(2, 4, 7, 9), call={"output_size": [7, 9]}),
    case("MaxUnpool2d(2)", (2, 4, 3, 4), places((2, 4, 3, 4), 63, 2),
         output=(2, 4, 7, 9), call={"output_size": [2, 4, 7, 9]}),
    case("MaxUnpool3d(2)", (2, 2, 2, 3, 2), places((2, 2, 2, 3, 2), 96, 3), output=(2, 2, 4, 6, 4)),
]  # fmt: skip
