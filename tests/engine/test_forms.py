"""The list of forms, and stages that no fast form does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild import nn, ops
from nnbuild.engine import compile
from nnbuild.engine.forms import listing
from tests.engine.test_compile import agree, drawn

ENGINE = Path(nnbuild.__file__).parent / "engine"


def test_every_file_of_a_form_is_in_the_list() -> None:
    listed = {type(form).__module__.rpartition(".")[2] for form in listing.FORMS}
    shared = {"__init__", "form", "convolution", "listing"}
    assert listed == {path.stem for path in (ENGINE / "forms").glob("*.py")} - shared


class Steps(nn.Module):
    """Layers and functions one after the other."""

    def __init__(self, *steps: Any) -> None:
        super().__init__()
        self.steps = steps
        self.layers = nn.ModuleList([step for step in steps if isinstance(step, nn.Module)])

    def forward(self, x: Any) -> Any:
        for step in self.steps:
            x = step(x)
        return x


def computed_bias(x: Any) -> Any:
    weight = np.linspace(-1, 1, 4 * 3 * 9, dtype=np.float32).reshape(4, 3, 3, 3)
    return ops.conv2d(x, weight, ops.mean(x, (0, 2, 3))[[0, 1, 2, 0]])


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (Steps(nn.Conv2d(3, 4, 3), nn.Linear(7, 5), nn.ReLU()), (2, 3, 9, 9)),
        (Steps(nn.Conv2d(3, 4, 3), nn.Linear(7, 5), nn.ReLU(), nn.Conv2d(4, 4, 3)), (2, 3, 9, 9)),
        (Steps(nn.Linear(9, 5, bias=False), nn.GELU(), nn.Conv2d(3, 4, 3)), (2, 3, 9, 9)),
        (Steps(nn.Conv2d(3, 4, 3), ops.relu), (3, 9, 9)),
        (Steps(nn.ConvTranspose1d(3, 4, 3, 2), ops.sigmoid), (3, 9)),
        (Steps(computed_bias, nn.BatchNorm2d(4), nn.ReLU()), (2, 3, 9, 9)),
        (Steps(nn.BatchNorm2d(3), nn.ReLU(), computed_bias), (2, 3, 9, 9)),
        (Steps(lambda x: ops.clip(x, -0.5, 1)), (2, 3)),
    ],
)
def test_what_is_folded_into_a_stage_is_done_by_the_plain_op_too(
    model: Any, shape: tuple[int, ...], threads: int
) -> None:
    inputs = drawn(*shape)
    run = compile(model.eval(), inputs, threads=threads)
    agree(run, model, inputs)
    assert "plain op" in [step.algorithm for step in run.plan(inputs).steps]  # type: ignore[union-attr]
