"""Over the table of cases and the bundled specs: the engine gives what the model gives."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild import nn
from nnbuild.engine import compile
from nnbuild.ops import TensorSpec
from nnbuild.ops.nests import tensors_in
from tests.cases import Case, all_cases

ROWS = [row for row in all_cases() if not row.train]
SPECS = sorted(path.stem for path in (Path(__file__).parents[2] / "specs").glob("*.yaml"))


def compared(model: Any, inputs: list[Any], options: dict[str, Any]) -> None:
    kept = [np.array(array) for array in inputs]
    expected = tensors_in(model(*inputs, **options))
    run = compile(model, threads=2)
    for _ in range(2):
        found = tensors_in(run(*inputs, **options))
        assert len(found) == len(expected)
        for ours, theirs in zip(found, expected, strict=True):
            assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
            scale = float(np.nanmax(np.abs(theirs), initial=1e-3)) if theirs.dtype.kind == "f" else 0
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4 * scale if np.isfinite(scale) else 1e-4)
    assert all(map(np.array_equal, inputs, kept))


def inputs_of(model: Any, dtype: str | None = None) -> list[Any]:
    """Random inputs for a loaded spec. Params: dtype, of those that are fractions, the spec's own unless given."""
    random = np.random.default_rng(0)
    return [
        random.normal(size=entry.shape).astype(dtype or entry.dtype)
        if entry.dtype.startswith("float")
        else random.integers(0, 2, entry.shape).astype(entry.dtype)
        for entry in (TensorSpec(entry.sized(1), entry.dtype) for entry in model.spec.inputs)
    ]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_layers(row: Case) -> None:
    if "inplace=True" in row.layer:
        pytest.skip("writes into its input by design")
    compared(row.filled(nn), row.arrays(), row.call)


#: Small enough for every test run; `.ci/run` takes the others.
LIGHT = {"lenet", "lenet_sequential", "lenet_mnist", "linear", "conv_layer", "module_dict", "module_list", "m5"}

#: Unpooling goes by the places of largest elements, which rounding in single precision moves among equals.
EXACT = {"segnet"}


@pytest.mark.parametrize(
    "name", [name if name in LIGHT else pytest.param(name, marks=pytest.mark.large) for name in SPECS]
)
def test_bundled_specs(name: str) -> None:
    model = nnbuild.load(name).eval()
    if name in EXACT:
        model.double()
    compared(model, inputs_of(model, "float64" if name in EXACT else None), {})
