"""What a summary shows of a network's rows."""

from __future__ import annotations

from nnbuild import TensorSpec, nn, trace
from nnbuild.report.quantities import with_bytes, with_prefix
from nnbuild.report.summary import summary
from nnbuild.report.table import guides
from nnbuild.report.texts import render


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
