"""The listings of the lecture notes, read from their source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nnbuild
from nnbuild.graph.rows import row_tree
from nnbuild.graph.totals import totals

LECTURES = Path(__file__).parent / "sources" / "lectures.py"


@pytest.mark.parametrize(
    ("name", "shape", "params", "macs", "output", "keys"),
    [
        ("LeNetSequential", (1, 3, 32, 32), 62_006, 651_720, (1, 10), ["features.0.weight", "features.0.bias"]),
        ("LeNetSequentialOrderDict", (1, 3, 32, 32), 62_006, 651_720, (1, 10), ["features.conv1.weight"]),
        ("ModuleListOfLinears", (1, 10), 2_200, 2_000, (1, 10), ["linears.0.weight", "linears.0.bias"]),
        ("AlexNet", (1, 3, 224, 224), 61_100_840, 714_188_480, (1, 1000), ["features.0.weight"]),
    ],
)
def test_a_listing(name, shape, params, macs, output, keys):
    model = nnbuild.load(f"{LECTURES}:{name}").eval()
    graph = nnbuild.trace(model, nnbuild.TensorSpec(shape))
    figures = totals(graph, row_tree(graph))
    assert (figures.params, figures.macs, graph.outputs[0].shape) == (params, macs, output)
    assert list(model.state_dict(keep_vars=True))[: len(keys)] == keys
    assert type(model).__name__ == name


def test_choices_are_arguments():
    model = nnbuild.load(f"{LECTURES}:ModuleDictOfChoices")
    x = np.ones((1, 10, 6, 6), np.float32)
    assert model(x, "conv", "prelu").shape == (1, 10, 4, 4)
    assert model(x, choice="pool", act="relu").shape == (1, 10, 2, 2)
    assert list(model.state_dict()) == ["choices.conv.weight", "choices.conv.bias", "activations.prelu.weight"]


def test_the_classes_of_the_file_are_named_where_none_is_said():
    with pytest.raises(nnbuild.SpecError, match=r"has 5 networks.*LeNetSequential, LeNetSequentialOrderDict"):
        nnbuild.load(LECTURES)
