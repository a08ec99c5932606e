"""The facts behind a summary."""

from __future__ import annotations

import pytest

from nnbuild import TensorSpec, nn, ops, trace
from nnbuild.report.facts import facts
from nnbuild.report.formats import render
from nnbuild.report.statistics import totals, with_bytes, with_prefix
from nnbuild.report.summary import summary
from nnbuild.report.table import guides


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
    rows = [(row.path, row.type, row.params, row.macs, row.executed, row.again) for row, _ in facts(graph).walk()]
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
    figures = totals(graph, facts(graph))
    assert figures.params == sum(parameter.numel() for parameter in graph.model.parameters()) == figures.trainable
    assert figures.macs == graph.macs and figures.buffers == 8
    assert figures.parameter_bytes == 4 * 388 and figures.input_bytes == 256
    made = sum(value.nbytes for node in graph.nodes if node.op.name != "transpose" for value in node.outputs)
    assert figures.activation_bytes == made


def test_frozen_parameters_are_counted_apart():
    layer = nn.Linear(3, 2)
    layer.bias.requires_grad_(False)
    root = facts(trace(layer, TensorSpec((1, 3))))
    assert (root.params, root.trainable) == (8, 6)


def test_a_layer_alone_is_its_own_row():
    graph = trace(nn.Linear(3, 2), TensorSpec((1, 3)))
    data = summary(graph, "alone").data
    assert [layer["path"] for layer in data["layers"]] == [""] and data["totals"]["params"] == 8


def test_nothing_counted_is_a_dash():
    graph = trace(nn.Sequential(nn.ReLU()), TensorSpec((1, 3)))
    report = summary(graph, "relu")
    assert report.data["totals"]["macs"] is None and report.data["layers"][0]["macs"] is None
    line = next(line for line in render(report, "plain").splitlines() if line.startswith("Total"))
    assert line.split() == ["Total", "-", "-"]


def test_trees_are_drawn():
    assert guides([0, 1, 2, 2, 1, 2]) == ["", "├─ ", "│  ├─ ", "│  └─ ", "└─ ", "   └─ "]


def test_figures_for_people():
    assert [with_bytes(count) for count in (0, 1023, 1024, 244_403_360)] == ["0 B", "1023 B", "1.00 KiB", "233.08 MiB"]
    assert [with_prefix(count) for count in (9_999, 10_000, 714_188_480)] == ["9,999", "10.00 k", "714.19 M"]
