"""Where values lie: images with their channels last, views in what they view, parts of a `cat` side by side."""

from __future__ import annotations

import operator
from math import prod

from nnbuild.engine import pooling
from nnbuild.engine.convolution import Convolution
from nnbuild.engine.fusion import Stage
from nnbuild.graph.graph import Graph, Value

_VIEWS = ("view", "reshape", "flatten", "ravel", "unflatten", "squeeze", "unsqueeze", "view_as", "reshape_as")
_CATS = ("cat", "concat", "concatenate")


class Layout:
    """The places of a graph's values.

    last: values that lie as (N, *size, C). inside: a part of a `cat` over channels, with the cat and its first channel.
    views: a value that is another's memory in another shape.
    """

    def __init__(self, graph: Graph, stages: list[Stage], fixed: set[Value]) -> None:
        self.graph = graph
        self.fixed = fixed  # inputs and outputs that are not kept in the plan's memory
        self.last: set[Value] = set()
        self.inside: dict[Value, tuple[Value, int]] = {}
        self.views: dict[Value, Value] = {}
        self._place_channels(stages)
        self._place_parts(stages)
        for stage in stages:
            if stage.kind in _VIEWS and self._is_view(stage):
                self.views[stage.output] = stage.input

    def _place_channels(self, stages: list[Stage]) -> None:
        for stage in stages:
            if windowed(stage) or (stage.kind == "affine" and stage.output.ndim > 2):
                self.last.update((stage.input, stage.output))
        for stage in stages:
            follows = stage.kind in ("affine", "elementwise")
            joins = is_channel_cat(stage) and all(value in self.last for value in stage.args["tensors"])
            if joins or (follows and stage.input in self.last):
                self.last.add(stage.output)

        for stage in reversed(stages):
            if is_channel_cat(stage) and stage.output in self.last:
                self.last.update(stage.args["tensors"])

    def _place_parts(self, stages: list[Stage]) -> None:
        """The later and larger first: a cat that begins another one is part of it. Inputs are written before all."""
        kept_apart = self.fixed.union(self.graph.inputs)
        for stage in reversed(stages):
            if not is_channel_cat(stage) or stage.output not in self.last:
                continue
            parts = stage.args["tensors"]
            if not self._begins_another(stage, stages):
                offset = 0
                for part in parts:
                    if part not in self.inside and part not in kept_apart and part is not stage.output:
                        self.inside[part] = (stage.output, offset)
                    offset += part.shape[1]

    def _begins_another(self, stage: Stage, stages: list[Stage]) -> bool:
        parts = stage.args["tensors"]
        if stage.output in self.fixed or stage.output in self.inside:
            return False
        for other in reversed(stages):
            if other is stage:
                return False
            joins = other.args["tensors"] if is_channel_cat(other) and other.output in self.last else []
            if len(joins) > len(parts) and all(map(operator.is_, parts, joins)):
                self.inside[stage.output] = (other.output, 0)
                return True
        return False

    def _is_view(self, stage: Stage) -> bool:
        source, output = stage.input, stage.output
        if output in self.last or output in self.fixed or source in self.fixed or source in self.inside:
            return False
        return source not in self.last or prod(source.shape[2:]) == 1

    def root(self, value: Value) -> Value:
        """The value in whose memory this one lies."""
        while value in self.views or value in self.inside:
            value = self.views[value] if value in self.views else self.inside[value][0]
        return value

    def physical(self, value: Value) -> tuple[int, ...]:
        """The shape of its memory."""
        shape = value.shape
        return (shape[0], *shape[2:], shape[1]) if value in self.last else shape


def is_channel_cat(stage: Stage) -> bool:
    """Whether this joins images of one dtype over their channels."""
    if stage.kind not in _CATS:
        return False
    tensors, output = stage.args["tensors"], stage.output
    axis = stage.args["dim"] % output.ndim
    return (
        axis == 1
        and output.ndim > 2
        and all(
            isinstance(value, Value) and value.ndim == output.ndim and value.dtype == output.dtype for value in tensors
        )
    )


def windowed(stage: Stage) -> bool:
    """Whether a fast form slides windows over images here."""
    if stage.output.dtype not in ("float32", "float64"):
        return False
    if stage.kind == "chain":
        return True
    if stage.kind.startswith("conv"):
        return Convolution.of(stage) is not None
    return (
        "pool" in stage.kind and stage.kind.split("_")[-2:][0] != "lp" and "axes" in stage.args and pooling.fits(stage)
    )


def is_view_op(stage: Stage) -> bool:
    """Whether this only gives the same elements another shape."""
    return stage.kind in _VIEWS
