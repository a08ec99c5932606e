"""The receptive fields of the bundled networks against those that gradients show, in PyTorch with positive weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild.bench.peers import _function, _wants_places
from nnbuild.graph.graph import Graph, Node, Value
from nnbuild.graph.sight import Seen, sights
from nnbuild.ops import max_pool1d, max_pool2d, max_pool3d
from nnbuild.ops.nests import map_tensors
from tests.zoo.expected import FACTS
from tests.zoo.test_zoo import QUICK, built

#: So many of a network's tensors are compared.
COMPARED = 4
SMALL = {"m5": (1, 1, 4000), "unet": (1, 1, 188, 188), "dcgan_discriminator": (1, 3, 64, 64), "lenet": (1, 3, 32, 32)}


def function(node: Node) -> Callable[..., Any]:
    """PyTorch's; the mean in the place of a maximum, which passes the gradient of one element only."""
    import torch

    if node.op not in (max_pool1d, max_pool2d, max_pool3d):
        return _function(node)
    window, axes = node.ask("window"), node.op.fixed["axes"]
    pool: Callable[..., Any] = getattr(torch.nn.functional, f"avg_pool{axes}d")
    kernel, stride = [slide.kernel for slide in window], [slide.stride for slide in window]
    padding, ceil = [slide.before for slide in window], window[0].ceil
    return lambda input, *args, **options: pool(input, kernel, stride, padding, ceil)


def weights(graph: Graph) -> dict[int, Any]:
    """A tensor for each parameter: positive, and so small that what passes keeps its size. Buffers are as they are."""
    import torch

    random, made = np.random.default_rng(0), {}
    for parameter in graph.model.parameters():
        fan = max(1, int(np.prod(parameter.shape[1:])))
        made[id(parameter)] = torch.from_numpy(random.uniform(0.5, 1, parameter.shape) / fan)
    for buffer in graph.model.buffers():
        tensor = torch.from_numpy(np.array(buffer.data))
        made[id(buffer)] = tensor.double() if tensor.is_floating_point() else tensor
    return made


def computed(graph: Graph, x: Any) -> dict[Value, Any]:
    """Every tensor of the graph."""
    known: dict[Any, Any] = {graph.inputs[0]: x}
    constants = weights(graph)

    def look(value: Any) -> Any:
        return known[value] if isinstance(value, Value) else constants[id(value)]

    for node in graph.nodes:
        args, options = node.called(_wants_places(node))
        result = function(node)(*map_tensors(look, args), **map_tensors(look, options))
        known.update(zip(node.outputs, result if node.returns_many else (result,), strict=True))
    return known


def compared(graph: Graph) -> Iterator[Value]:
    """Tensors from all over the network that have axes of space left."""
    values = [node.output for node in graph.nodes if node.output.ndim >= graph.inputs[0].ndim]
    yield from (values[len(values) * part // COMPARED - 1] for part in range(1, COMPARED + 1))


def centre(value: Value, seen: list[Seen]) -> list[tuple[int, ...]]:
    """The elements in the middle of the axes along which what is seen moves: all channels. One, where nothing moves."""
    moving = {axis for sight in seen for axis in sight.moves_along()} or set(range(value.ndim))
    ranges = [[size // 2] if axis in moving else range(size) for axis, size in enumerate(value.shape)]
    return list(product(*ranges))


def hull(sight: Seen, indices: list[tuple[int, ...]], end: int) -> tuple[int, int]:
    """The first and the last place, inside the axis, that these elements see."""
    found = [interval for index in indices if (interval := sight.interval(index))]
    return max(0, min(first for first, _ in found)), min(end, max(last for _, last in found))


def check(name: str, shape: tuple[int, ...]) -> None:
    import torch

    graph = nnbuild.trace(built(name), nnbuild.TensorSpec(shape))
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(shape, dtype=torch.float64, generator=generator).requires_grad_()
    known, space = computed(graph, x), range(2, len(shape))
    by_axis = {axis: sights(graph, graph.inputs[0], axis) for axis in space}
    for value in compared(graph):
        seen = {axis: sight for axis in space if isinstance(sight := by_axis[axis][value], Seen)}
        assert len(seen) == len(space), value
        indices = centre(value, list(seen.values()))
        picked = known[value][tuple(torch.tensor(indices).T)]
        weighted = (picked * torch.rand(picked.shape, dtype=torch.float64, generator=generator)).sum()
        (gradient,) = torch.autograd.grad(weighted, x, retain_graph=True)
        for axis, sight in seen.items():
            places = gradient.abs().amax([other for other in range(len(shape)) if other != axis]).nonzero()
            end = shape[axis] - 1
            first, last = hull(sight, indices, end)
            unread = last == end and int(places.max()) == end - 1  # an odd one that no window reaches
            assert (first, last - unread) == (int(places.min()), int(places.max())), value


@pytest.mark.torch
@pytest.mark.parametrize(
    "name", [name if name in QUICK[:4] else pytest.param(name, marks=pytest.mark.large) for name in FACTS]
)
def test_a_network_of_the_zoo(name: str) -> None:
    pytest.importorskip("torch")
    check(name, tuple(FACTS[name].input))


@pytest.mark.torch
@pytest.mark.parametrize("name", SMALL)
def test_a_network_beside_the_zoo(name: str) -> None:
    pytest.importorskip("torch")
    check(name, SMALL[name])
