"""Receptive fields of random networks against measured ones, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnbuild import TensorSpec, nn, ops, trace
from nnbuild.errors import NnbuildError
from nnbuild.graph.sight import Seen, sights
from tests.graph.extents import measured, said

Step = Callable[[list[Any]], Any]


class Chain(nn.Module):
    """Steps, each of the values so far."""

    def __init__(self, steps: list[Step]) -> None:
        super().__init__()
        self.steps = steps

    def forward(self, x: Any) -> Any:
        values = [x]
        for step in self.steps:
            values.append(step(values))
        return values[-1]


class Maker:
    """Draws steps that fit a tensor (N, C, ...) or (C, ...) with so many axes of space."""

    def __init__(self, seed: int, padded: bool) -> None:
        self.padded = padded
        self.random = np.random.default_rng(seed)
        self.space = self.pick(1, 2)
        self.batched = bool(self.pick(0, 1))
        sizes = [self.pick(*range(14, 24)) if self.space == 1 else self.pick(8, 9, 10) for _ in range(self.space)]
        self.shape = (*(1,) * self.batched, 2, *sizes)

    def pick(self, *options: Any) -> Any:
        return options[self.random.integers(len(options))]

    def weight(self, *shape: int) -> np.ndarray:
        return self.random.uniform(0.1, 0.3, shape)

    def named(self, name: str) -> Any:
        return getattr(ops, f"{name}{self.space}d")

    def step(self, values: list[np.ndarray]) -> Step:
        kind = self.pick(
            self.conv, self.conv, self.conv, self.pool, self.up, self.pad, self.sized, self.norm, self.softmax,
            self.linear, self.cut, self.turned, self.flat, self.beside, self.sum, self.gate, self.halves, self.run,
        )  # fmt: skip
        return kind(values)

    def channels(self, x: np.ndarray) -> int:
        return x.ndim - self.space - 1

    def place(self, x: np.ndarray) -> int:
        """An axis of space."""
        return self.pick(*range(x.ndim - self.space, x.ndim))

    def conv(self, values: list[np.ndarray]) -> Step:
        count = values[-1].shape[self.channels(values[-1])]
        groups = self.pick(1, 1, count)
        kernel, stride, dilation = self.pick(1, 2, 3, 3), self.pick(1, 1, 2), self.pick(1, 1, 2)
        weight = self.weight(self.pick(2, 4) if groups == 1 else count, count // groups, *[kernel] * self.space)
        padding = self.pick(kernel // 2, "same" if stride == 1 else 1) if self.padded else 0
        return lambda v: self.named("conv")(v[-1], weight, None, stride, padding, dilation, groups)

    def up(self, values: list[np.ndarray]) -> Step:
        count, kernel, stride = values[-1].shape[self.channels(values[-1])], self.pick(2, 3, 4), self.pick(1, 2)
        weight, padding = self.weight(count, 2, *[kernel] * self.space), self.pick(0, 1)
        return lambda v: self.named("conv_transpose")(v[-1], weight, None, stride, padding)

    def pool(self, values: list[np.ndarray]) -> Step:
        kind = self.pick("max_pool", "avg_pool") if len(values) == 1 else "avg_pool"  # the input alone wins as it likes
        kernel, stride = self.pick(2, 3), self.pick(1, 2)
        return lambda v: self.named(kind)(v[-1], kernel, stride, int(self.padded))

    def pad(self, values: list[np.ndarray]) -> Step:
        sides = tuple(int(self.random.integers(0, 3)) for _ in range(2 * self.space))
        mode = self.pick("reflect", "replicate", "circular", *["constant"] * self.padded)
        return lambda v: ops.pad(v[-1], sides, mode)

    def sized(self, values: list[np.ndarray]) -> Step:
        if not self.batched:
            return self.pad(values)
        mode = self.pick("nearest", "area", "nearest-exact", {1: "linear", 2: "bilinear"}[self.space])
        size = tuple(max(2, length + self.pick(-2, 1, 3)) for length in values[-1].shape[-self.space :])
        return lambda v: ops.interpolate(v[-1], size, mode=mode)

    def norm(self, values: list[np.ndarray]) -> Step:
        if self.batched and self.pick(0, 1):
            return lambda v: ops.group_norm(v[-1], 1)
        if values[-1].shape[-1] < 4:
            return self.gate(values)
        return lambda v: ops.layer_norm(v[-1], v[-1].shape[-1:])

    def softmax(self, values: list[np.ndarray]) -> Step:
        place, greatest = self.place(values[-1]), float(np.abs(values[-1]).max())
        return lambda v: ops.softmax(v[-1] / greatest, place)

    def linear(self, values: list[np.ndarray]) -> Step:
        weight = self.weight(self.pick(6, 9), values[-1].shape[-1])
        return lambda v: ops.linear(v[-1], weight)

    def cut(self, values: list[np.ndarray]) -> Step:
        place, start, step = self.place(values[-1]), self.pick(0, 1, 3), self.pick(1, 1, 2)
        index = (slice(None),) * place + (slice(start, None, step),)
        return lambda v: v[-1][index] if isinstance(v[-1], np.ndarray) else ops.getitem(v[-1], index)

    def turned(self, values: list[np.ndarray]) -> Step:
        place, by = self.place(values[-1]), self.pick(0, 1, 3)
        return lambda v: ops.roll(v[-1], by, place) if by else ops.flip(v[-1], [place])

    def flat(self, values: list[np.ndarray]) -> Step:
        """All places as one axis, mixed with their channels, and back."""
        shape = values[-1].shape
        weight = self.weight(shape[-self.space - 1], shape[-self.space - 1])

        def step(v: list[Any]) -> Any:
            places = ops.transpose(ops.flatten(v[-1], -self.space), -1, -2)
            return ops.reshape(ops.transpose(ops.linear(places, weight), -1, -2), shape)

        return step

    def beside(self, values: list[np.ndarray]) -> Step:
        first = values[-1].ndim - self.space - 1
        return lambda v: ops.cat([v[-1], v[-1]], first)

    def sum(self, values: list[np.ndarray]) -> Step:
        same = [at for at, value in enumerate(values) if value.shape == values[-1].shape]
        at, op = self.pick(*same), self.pick(ops.add, ops.mul)
        return lambda v: op(v[-1], v[at])

    def gate(self, values: list[np.ndarray]) -> Step:
        place = self.place(values[-1])
        return lambda v: ops.mul(v[-1], ops.mean(v[-1], place, keepdim=True))

    def halves(self, values: list[np.ndarray]) -> Step:
        place = self.pick(self.channels(values[-1]), self.place(values[-1]))
        if values[-1].shape[place] % 2:
            return self.turned(values)
        first, op = self.pick(0, 1), self.pick(ops.add, None)

        def step(v: list[Any]) -> Any:
            parts = ops.chunk(v[-1], 2, place)
            return op(*parts) if op else parts[first]

        return step

    def run(self, values: list[np.ndarray]) -> Step:
        place = self.place(values[-1])
        return lambda v: ops.cumsum(v[-1], place)


def drawn(seed: int, padded: bool) -> tuple[Maker, Chain]:
    """A random network and what it is given."""
    maker = Maker(seed, padded)
    steps: list[Step] = []
    values = [maker.random.uniform(0.5, 1.5, maker.shape)]
    while len(steps) < 2 + seed % 6:
        try:
            step = maker.step(values)
            value = step(values)
        except NnbuildError:
            continue
        if value.ndim == len(maker.shape) and min(value.shape[-maker.space :]) >= 2 and value.size <= 2000:
            steps.append(step)
            values.append(value)
    return maker, Chain(steps)


def check(seed: int, padded: bool) -> None:
    """Nothing but what is said moves an element, and the size is the widest element's.

    All that is said moves it too, where nothing pads: what lies in the padding is counted as if the lines went on.
    """
    maker, model = drawn(seed, padded)
    graph = trace(model, TensorSpec(maker.shape, "float64"))
    (output,) = graph.outputs
    x = np.random.default_rng(9).uniform(0.5, 1.5, maker.shape)
    for axis in range(len(maker.shape) - maker.space, len(maker.shape)):
        sight = sights(graph, graph.inputs[0], axis)[output]
        assert isinstance(sight, Seen), sight
        claim, moved = said(sight, output.shape), measured(model, x, axis)
        assert not moved.beyond(claim).any()
        assert padded or not claim.within(maker.shape[axis]).beyond(moved).any()
        assert sight.size() == (claim.last - claim.first + 1).max()


@pytest.mark.parametrize("seed", range(60))
def test_random_networks(seed: int) -> None:
    check(seed, padded=False)


@pytest.mark.parametrize("seed", range(60))
def test_random_networks_with_padding(seed: int) -> None:
    check(seed, padded=True)
