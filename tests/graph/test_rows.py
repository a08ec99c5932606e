"""The rows of a network, and its totals."""

from __future__ import annotations

import pytest

from nnbuild import TensorSpec, nn, ops, trace
from nnbuild.graph.rows import row_tree
from nnbuild.graph.totals import totals


class Attention(nn.Module):
    """Holds a parameter and a buffer, computes itself, keeps layers in containers, and leaves one out."""

    def __init__(self):
        super().__init__()
        self.token = nn.Parameter.empty((1, 8))
        self.scale = nn.Buffer.empty((8,))
        self.query, self.key = nn.Linear(8, 8), nn.Linear(8, 8)
        self.unused = nn.Linear(3, 3)
        self.layers = nn.ModuleList([nn.Linear(8, 8) for _ in range(3)])

    def forward(self, x):
        x = ops.mul(ops.add(x, self.token), self.scale)
        x = ops.matmul(self.query(x), ops.transpose(self.key(x), 0, 1))
        for layer in self.layers:
            x = layer(ops.matmul(x, x))
        return self.query(x)


@pytest.fixture
def graph():
    return trace(nn.Sequential(Attention()), TensorSpec((8, 8)))


def test_rows(graph):
    rows = [(row.path, row.type, row.params, row.macs, row.executed, row.again) for row, _ in row_tree(graph).walk()]
    assert rows == [
        ("", "Sequential", 380, 5120, True, False),
        ("0", "Attention", 380, 5120, True, False),
        ("0.token", "Parameter", 8, None, True, False),
        ("0.scale", "Buffer", 0, None, True, False),
        ("0.query", "Linear", 72, 512, True, False),
        ("0.key", "Linear", 72, 512, True, False),
        ("0.matmul()", "op x4", 0, 2048, True, False),
        ("0.unused", "Linear", 12, None, False, False),
        ("0.layers", "ModuleList", 216, 1536, True, False),
        ("0.layers.0", "Linear", 72, 512, True, False),
        ("0.layers.1", "Linear", 72, 512, True, False),
        ("0.layers.2", "Linear", 72, 512, True, False),
        ("0.query", "Linear", 0, 512, True, True),
    ]


def test_totals(graph):
    figures = totals(graph, row_tree(graph))
    assert figures.params == sum(parameter.numel() for parameter in graph.model.parameters()) == figures.trainable
    assert figures.macs == graph.macs and figures.buffers == 8
    assert figures.parameter_bytes == 4 * 388 and figures.input_bytes == 256
    made = sum(value.nbytes for node in graph.nodes if node.op.name != "transpose" for value in node.outputs)
    assert figures.activation_bytes == made


def test_frozen_parameters_are_counted_apart():
    layer = nn.Linear(3, 2)
    layer.bias.requires_grad_(False)
    root = row_tree(trace(layer, TensorSpec((1, 3))))
    assert (root.params, root.trainable) == (8, 6)


def test_products_of_three_tensors_are_counted():
    class LowRank(nn.Module):
        def __init__(self):
            super().__init__()
            self.down, self.up = nn.Parameter.empty((64, 4)), nn.Parameter.empty((4, 32))
            self.head = nn.Linear(32, 10)

        def forward(self, x):
            return self.head(ops.einsum("ni,ir,ro->no", x, self.down, self.up))

    assert row_tree(trace(LowRank(), TensorSpec((2, 64)))).macs == 2 * 64 * 4 + 2 * 4 * 32 + 2 * 32 * 10
