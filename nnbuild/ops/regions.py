"""Regions of images: boxes that do not overlap, and what lies in a box, in a grid of one size.

Source: https://docs.pytorch.org/vision/stable/ops.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.op import op, sized_by_data
from nnbuild.ops.reach import WHOLE, Reaches, Unknown
from nnbuild.ops.spec import TensorSpec


@sized_by_data
def nms(boxes: np.ndarray, scores: np.ndarray, iou_threshold: float) -> np.ndarray:
    """The places of boxes (x1, y1, x2, y2), the best first, that share no more than that part with a better one.

    Shape: (K, 4) and (K) -> (kept). The part is the intersection over the union of two boxes.
    """
    if boxes.ndim != 2 or boxes.shape[1] != 4 or scores.shape != boxes.shape[:1]:
        raise ShapeError(f"wants boxes (K, 4) and scores (K) and gets {boxes.shape} and {scores.shape}")
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])
    areas = (high - low).prod(1)
    left = np.argsort(-scores, kind="stable")
    kept = []
    while left.size:
        best, left = left[0], left[1:]
        kept.append(best)
        sides = np.minimum(high[best], high[left]) - np.maximum(low[best], low[left])
        shared = np.maximum(sides, 0).prod(1)
        with np.errstate(all="ignore"):
            left = left[~(shared / (areas[best] + areas[left] - shared) > iou_threshold)]
    return np.array(kept, np.int64)


@op
def roi_align(
    input: np.ndarray,
    boxes: np.ndarray,
    output_size: int | Sequence[int],
    spatial_scale: float = 1.0,
    sampling_ratio: int = -1,
    aligned: bool = False,
    *,
    mode: str = "avg",
) -> np.ndarray:
    """What lies in each box, in a grid of one size: at each place the mean of points, interpolated; "max" the largest.

    Shape: (N, C, H, W) and boxes (K, 5), each the number of its image and x1, y1, x2, y2 -> (K, C, *output_size).
    Params: spatial_scale, from the boxes' coordinates to the input's; sampling_ratio, points a place along each axis,
    as many as there are pixels if it is 0 or less; aligned, move the boxes by half a pixel.
    """
    sizes = _pair(output_size)
    output = np.zeros((len(boxes), input.shape[1], *sizes), input.dtype)
    for place, (image, *corners) in enumerate(boxes.tolist()):
        x1, y1, x2, y2 = (corner * spatial_scale - 0.5 * aligned for corner in corners)
        spans = [y2 - y1, x2 - x1] if aligned else [max(y2 - y1, 1.0), max(x2 - x1, 1.0)]
        counts = [
            max(sampling_ratio if sampling_ratio > 0 else int(np.ceil(span / size)), 0)
            for span, size in zip(spans, sizes, strict=True)
        ]
        if not all(counts):
            continue
        points = [
            start + (np.arange(size * count) + 0.5) * (span / size / count)
            for start, span, size, count in zip((y1, x1), spans, sizes, counts, strict=True)
        ]
        output[place] = _pooled(input[int(image)], points, sizes, counts, mode)
    return output


def _pooled(
    image: np.ndarray, points: list[np.ndarray], sizes: tuple[int, ...], counts: list[int], mode: str
) -> np.ndarray:
    """An image (C, H, W) at the points of each axis, interpolated and reduced to the sizes."""
    (low_y, high_y, part_y, in_y), (low_x, high_x, part_x, in_x) = (
        _neighbours(along, length) for along, length in zip(points, image.shape[1:], strict=True)
    )
    corners = [
        image[:, rows][:, :, columns] * (weight_y[:, None] * weight_x * (in_y[:, None] & in_x))
        for rows, weight_y in ((low_y, 1 - part_y), (high_y, part_y))
        for columns, weight_x in ((low_x, 1 - part_x), (high_x, part_x))
    ]
    grid = np.stack(corners).reshape(4, len(image), sizes[0], counts[0], sizes[1], counts[1])
    return grid.max(0).max((2, 4)) if mode == "max" else grid.sum(0).mean((2, 4))


def _neighbours(points: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The pixels before and after each point, how far it lies towards the second, and whether it lies inside."""
    inside = (points >= -1) & (points <= length)
    held = np.clip(points, 0, length - 1)
    low = np.floor(held).astype(np.int64)
    return low, np.minimum(low + 1, length - 1), held - low, inside


def _pair(output_size: Any) -> tuple[int, int]:
    sizes = (output_size, output_size) if isinstance(output_size, int) else tuple(output_size)
    if len(sizes) != 2 or min(sizes) < 1:
        raise OptionError(f"output_size wants one or two whole numbers, not {output_size!r}", option="output_size")
    return sizes[0], sizes[1]


@roi_align.shape
def _(input: TensorSpec, boxes: TensorSpec, output_size: Any, mode: str) -> TensorSpec:
    if input.ndim != 4 or boxes.ndim != 2 or boxes.shape[1] != 5:
        raise ShapeError(f"wants an input (N, C, H, W) and boxes (K, 5) and gets {input.shape} and {boxes.shape}")
    if mode not in ("avg", "max"):
        raise OptionError(f'mode wants "avg" or "max", not {mode!r}', option="mode")
    return input.with_shape((boxes.shape[0], input.shape[1], *_pair(output_size)))


@roi_align.axes
def _() -> dict[str, Reaches]:
    return {"input": Unknown("where it looks depends on the boxes"), "boxes": WHOLE}
