"""The receptive fields of the bundled networks against those that gradients show, in PyTorch with positive weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild.bench.peers import _function, _wants_places
from nnbuild.graph.graph import Graph, Node, Value
from nnbuild.graph.sight import Seen, sights
from nnbuild.ops import max_pool1d, max_pool2d, max_pool3d
from nnbuild.ops.op import map_tensors
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


def check(name: str, shape: tuple[int, ...]) -> None:
    import torch

    graph = nnbuild.trace(built(name), nnbuild.TensorSpec(shape))
    x = torch.rand(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    known = computed(graph, x)
    for value in compared(graph):
        index = tuple(size // 2 for size in value.shape)
        (gradient,) = torch.autograd.grad(known[value][index], x, retain_graph=True)
        for axis in range(2, len(shape)):
            places = gradient.abs().amax([other for other in range(len(shape)) if other != axis]).nonzero()
            sight = sights(graph, graph.inputs[0], axis)[value]
            assert isinstance(sight, Seen), sight
            first, last = sight.interval(index) or (0, -1)
            end = shape[axis] - 1
            unread = last >= end and int(places.max()) == end - 1  # an odd one that no window reaches
            assert (max(0, first), min(end, last) - unread) == (int(places.min()), int(places.max())), value


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
