"""What a trace records, and what it says when the shapes do not fit."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from nnbuild import nn, ops
from nnbuild.errors import ShapeError
from nnbuild.graph import trace
from nnbuild.ops import TensorSpec


class Net(nn.Module):
    """Two convolutions, one of them called twice, and a linear layer."""

    def __init__(self, features: int = 4 * 4 * 4) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True))
        self.again = nn.Conv2d(4, 4, 1)
        self.unused = nn.Linear(2, 2)
        self.fc = nn.Linear(features, 10)

    def forward(self, x: Any) -> Any:
        x = self.features(x)
        x = self.again(self.again(x))
        return self.fc(ops.flatten(x, 1))


IMAGE = TensorSpec((2, 3, 6, 6))


def test_nodes_know_their_op_module_shapes_and_cost() -> None:
    graph = trace(Net(), IMAGE)
    assert [(node.op.name, node.path, node.output.shape, node.macs) for node in graph.nodes] == [
        ("conv2d", "features.0", (2, 4, 4, 4), 2 * 4 * 4 * 4 * 3 * 9),
        ("relu", "features.1", (2, 4, 4, 4), None),
        ("conv2d", "again", (2, 4, 4, 4), 2 * 4 * 4 * 4 * 4),
        ("conv2d", "again", (2, 4, 4, 4), 2 * 4 * 4 * 4 * 4),
        ("flatten", "", (2, 64), None),
        ("linear", "fc", (2, 10), 2 * 64 * 10),
    ]
    assert graph.macs == 3456 + 2 * 512 + 1280
    assert [value.shape for value in graph.outputs] == [(2, 10)]


def test_the_tree_of_calls_marks_a_module_called_again() -> None:
    graph = trace(Net(), IMAGE)
    assert [(call.path, call.again) for call in graph.calls()] == [
        ("", False), ("features", False), ("features.0", False), ("features.1", False), ("again", False),
        ("again", True), ("fc", False),
    ]  # fmt: skip


def test_an_op_in_place_changes_what_its_input_means_from_then_on() -> None:
    class InPlace(nn.Module):
        def forward(self, x: Any) -> Any:
            y = ops.mul(x, 2)
            ops.relu(y, inplace=True)
            return ops.add(y, 1)

    graph = trace(InPlace(), TensorSpec((3,)))
    assert graph.nodes[2].inputs == [graph.nodes[1].output]
    values = np.array([-1, 0, 2], dtype=np.float32)
    assert InPlace()(values).tolist() == [1, 1, 5]


def test_several_inputs_by_position_and_name_and_nested_outputs() -> None:
    class Two(nn.Module):
        def forward(self, x: Any, mask: Any = None) -> Any:
            return {"sum": ops.add(x, mask), "pair": (x, [mask])}

    graph = trace(Two(), TensorSpec((2, 3)), mask=TensorSpec((3,)))
    assert [value.shape for value in graph.inputs] == [(2, 3), (3,)]
    assert [value.shape for value in graph.outputs] == [(2, 3), (2, 3), (3,)]
    assert graph.result["sum"] is graph.nodes[0].output


def test_a_misfit_names_layer_sizes_origin_and_fix() -> None:
    with pytest.raises(ShapeError) as caught:
        trace(Net(features=100), IMAGE)
    assert caught.value.render().splitlines() == [
        "error: Linear wants 100 input features and gets 64",
        " --> fc",
        "  = its input comes from again: (2, 4, 4, 4), flattened to 4*4*4 = 64",
        "  = help: Linear(64, 10), or LazyLinear(10)",
    ]
    assert [call.path for call in caught.value.graph.calls()][-2:] == ["again", "fc"]


def test_a_misfit_deep_inside_has_the_whole_path_eagerly_too() -> None:
    model = nn.Sequential(nn.Sequential(nn.Identity(), nn.Linear(3, 4)))
    for inputs in (np.zeros((1, 5), np.float32), TensorSpec((1, 5))):
        with pytest.raises(ShapeError, match=r"0\.1: Linear wants 3 input features and gets 5"):
            model(inputs)


def test_a_traced_model_keeps_its_hooks_quiet_and_its_weights_unmade() -> None:
    model = nn.Sequential(nn.Linear(3, 4))
    model.register_forward_hook(lambda *_: pytest.fail("a hook ran"))
    trace(model, TensorSpec((1, 3)))
    assert not model[0].weight.is_materialized


def test_shapes_and_costs_need_no_numpy() -> None:
    program = (
        "import sys, nnbuild;"
        "graph = nnbuild.trace(nnbuild.nn.Sequential(nnbuild.nn.Conv2d(3, 4, 3), nnbuild.nn.BatchNorm2d(4)),"
        " nnbuild.TensorSpec((1, 3, 8, 8)));"
        "assert graph.macs == 3888 and graph.nodes[0].ask('formula');"
        "assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_plain_array_may_be_changed_in_place() -> None:
    total = np.ones((2, 3), np.float32)

    class Adding(nn.Module):
        def forward(self, x: Any) -> Any:
            ops.add_(total, x)
            return ops.mul(total, 2)

    graph = trace(Adding(), TensorSpec((2, 3)))
    assert [node.op for node in graph.nodes] == [ops.add, ops.mul]
    assert graph.nodes[1].inputs == [graph.nodes[0].output]
    assert (total == 1).all()
