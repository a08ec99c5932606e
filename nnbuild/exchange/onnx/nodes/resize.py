"""Resize and Upsample."""

from __future__ import annotations

import math
from typing import Any

from nnbuild import ops
from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.node import OnnxNode, axes_of, reads


@reads("Upsample")
def _upsample(node: OnnxNode, input: Any, scales: Any = None) -> Any:
    if node.version == 1:
        factors = [1.0, 1.0, node.get("height_scale"), node.get("width_scale")]
    else:
        factors = node.numbers("scales", scales) or []
    sizes = [math.floor(size * factor) for size, factor in zip(input.shape, factors, strict=True)]
    mode = {"bilinear": "linear"}.get(node.get("mode"), node.get("mode"))
    return ops.resize_axes(input, sizes, factors, mode, "asymmetric", "floor")


@reads("Resize")
def _resize(node: OnnxNode, input: Any, region: Any = None, scales: Any = None, sizes: Any = None) -> Any:
    if node.version == 10:
        return _upsample(node, input, region)
    rank = len(input.shape)
    axes = axes_of(node.get("axes") or range(rank), rank)
    size, scale = _target(node, input, axes, scales, sizes)
    mode, coordinates = node.get("mode"), node.get("coordinate_transformation_mode")
    plain = not node.get("antialias") and not node.get("exclude_outside")
    if plain and _as_torch(node, mode, coordinates, input, axes, size, scale):
        return _interpolated(node, input, mode, coordinates, size, scale)
    return ops.resize_axes(
        input, size, scale, mode, coordinates, node.get("nearest_mode"), cubic_coeff_a=node.get("cubic_coeff_a"),
        exclude_outside=bool(node.get("exclude_outside")), antialias=bool(node.get("antialias")),
        region=_region(node, region, axes, rank), extrapolation_value=node.get("extrapolation_value"),
    )  # fmt: skip


def _target(node: OnnxNode, input: Any, axes: list[int], scales: Any, sizes: Any) -> tuple[list[int], list[float]]:
    """The size and the scale of every axis."""
    size, scale = [int(length) for length in input.shape], [1.0] * len(input.shape)
    factors = node.numbers("scales", scales) if scales is not None and 0 not in scales.shape else None
    targets = node.numbers("sizes", sizes) if sizes is not None and 0 not in sizes.shape else None
    if (factors is None) == (targets is None):
        raise SpecError("Resize wants either scales or sizes")
    if targets is not None:
        policy = node.get("keep_aspect_ratio_policy", "stretch")
        ratios = [target / max(size[axis], 1) for axis, target in zip(axes, targets, strict=True)]
        if policy != "stretch":
            ratio = min(ratios) if policy == "not_larger" else max(ratios)
            ratios = [ratio] * len(axes)
            targets = [math.floor(ratio * size[axis] + 0.5) for axis in axes]
        for axis, target, ratio in zip(axes, targets, ratios, strict=True):
            size[axis], scale[axis] = int(target), ratio
        return size, scale
    for axis, factor in zip(axes, factors or (), strict=True):
        size[axis], scale[axis] = math.floor(size[axis] * factor), float(factor)
    return size, scale


def _region(node: OnnxNode, region: Any, axes: list[int], rank: int) -> list[float] | None:
    """Where every axis starts, then where every axis stops."""
    if node.get("coordinate_transformation_mode") != "tf_crop_and_resize" or region is None:
        return None
    given = node.numbers("roi", region) or []
    found = [0.0] * rank + [1.0] * rank
    for place, axis in enumerate(axes):
        found[axis], found[rank + axis] = given[place], given[len(axes) + place]
    return found


def _as_torch(
    node: OnnxNode, mode: str, coordinates: str, input: Any, axes: list[int], size: list[int], scale: list[float]
) -> bool:
    """Whether it is what `interpolate` does: whole images, in torch's coordinates."""
    rank = len(input.shape)
    if rank not in (3, 4, 5) or size[:2] != list(input.shape[:2]) or scale[:2] != [1.0, 1.0]:
        return False
    if mode == "nearest":
        whole = all(factor == int(factor) for factor in scale)
        return coordinates == "asymmetric" and node.get("nearest_mode") == "floor" and whole
    if any(abs(to - factor * before) > 1e-6 for to, factor, before in zip(size, scale, input.shape, strict=True)):
        return False
    if coordinates not in ("half_pixel", "pytorch_half_pixel", "align_corners") or min(size) < 2:
        return False
    return mode == "linear" or (rank == 4 and node.get("cubic_coeff_a") == -0.75)


def _interpolated(node: OnnxNode, input: Any, mode: str, coordinates: str, size: list[int], scale: list[float]) -> Any:
    if mode == "nearest":
        return ops.interpolate(input, size[2:])
    linear = {3: "linear", 4: "bilinear", 5: "trilinear"}[len(input.shape)]
    torch_mode = linear if mode == "linear" else "bicubic"
    return ops.interpolate(input, size[2:], mode=torch_mode, align_corners=coordinates == "align_corners")
