"""The laws that every layer keeps, over the table of tests/cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnbuild import nn
from nnbuild.graph import trace
from nnbuild.ops import TensorSpec
from nnbuild.ops.nests import tensors_in
from tests.cases import Case, all_cases

ROWS = all_cases()
GOLDEN = dict(np.load(Path(__file__).parent / "golden" / "layers.npz"))
#: Layers whose output in training mode is drawn at random.
RANDOM = ("Drop", "RReLU")

#: Those that PyTorch has, and those whose values are written by hand.
TORCHS, BY_HAND = ([row for row in ROWS if (row.values is None) == known] for known in (True, False))

over_the_table = pytest.mark.parametrize("row", ROWS, ids=str)
over_torchs = pytest.mark.parametrize("row", TORCHS, ids=str)


def filled(row: Case) -> Any:
    """The row's layer with its test weights."""
    return row.filled(nn)


def random(row: Case) -> bool:
    """Whether the row's values cannot be compared."""
    return row.train and any(name in row.layer for name in RANDOM)


def shapes(row: Case) -> list[tuple[int, ...]]:
    return row.output if isinstance(row.output, list) else [row.output]


@over_the_table
def test_traced_shape_is_the_tables(row: Case) -> None:
    specs = [TensorSpec(array.shape, array.dtype.name) for array in row.arrays()]
    graph = trace(row.build(nn), *specs, **row.call)
    assert [value.shape for value in graph.outputs] == shapes(row)


@over_the_table
def test_computed_shapes_and_dtypes_are_the_traced_ones(row: Case) -> None:
    layer = filled(row)
    inputs = row.arrays()
    traced = trace(layer, *inputs, **row.call).outputs
    computed = tensors_in(layer(*inputs, **row.call))
    assert [(array.shape, array.dtype.name) for array in computed] == [(value.shape, value.dtype) for value in traced]


@over_the_table
def test_inputs_are_left_as_they_are(row: Case) -> None:
    inputs = row.arrays()
    if "inplace=True" not in row.layer:
        filled(row)(*inputs, **row.call)
    assert all(np.array_equal(array, again) for array, again in zip(inputs, row.arrays(), strict=True))


@over_the_table
def test_params_are_the_tables(row: Case) -> None:
    layer = row.build(nn)
    if row.layer.startswith("Lazy"):
        trace(layer, *row.arrays(), **row.call)
    assert sum(parameter.numel() for parameter in layer.parameters()) == row.params


@over_torchs
def test_values_are_torchs(row: Case) -> None:
    if random(row):
        return
    computed = tensors_in(filled(row)(*row.arrays(), **row.call))
    golden = [GOLDEN[f"{row}#{index}"] for index in range(len(computed))]
    assert f"{row}#{len(computed)}" not in GOLDEN
    for array, expected in zip(computed, golden, strict=True):
        np.testing.assert_allclose(array, expected, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("row", BY_HAND, ids=str)
def test_values_are_those_by_hand(row: Case) -> None:
    computed = tensors_in(filled(row)(*row.arrays(), **row.call))
    for array, expected in zip(computed, row.values if isinstance(row.output, list) else [row.values], strict=True):
        np.testing.assert_allclose(array, expected, rtol=1e-6)


def test_rows_by_hand_are_not_golden() -> None:
    assert BY_HAND and not {key.rpartition("#")[0] for key in GOLDEN} & {str(row) for row in BY_HAND}


@over_the_table
def test_batch_is_one_by_one(row: Case) -> None:
    if not row.batched:
        return
    layer = filled(row)
    inputs = row.arrays()
    together = tensors_in(layer(*inputs, **row.call))
    for index in range(inputs[0].shape[0]):
        alone = tensors_in(layer(*(array[index : index + 1] for array in inputs), **row.call))
        for whole, part in zip(together, alone, strict=True):
            np.testing.assert_allclose(whole[index : index + 1], part, rtol=1e-4, atol=2e-5)


@over_the_table
def test_views_give_what_copies_give(row: Case) -> None:
    if random(row):
        return
    inputs = row.arrays()
    strided = [np.asfortranarray(np.repeat(array, 2, -1))[..., ::2] for array in inputs]
    first, second = (tensors_in(filled(row)(*given, **row.call)) for given in (inputs, strided))
    for array, other in zip(first, second, strict=True):
        np.testing.assert_allclose(array, other, rtol=1e-4, atol=2e-5)


@over_the_table
def test_double_precision_is_kept_and_close(row: Case) -> None:
    if random(row):
        return
    layer = filled(row).double()
    inputs = row.arrays()
    doubled = [array.astype(np.float64) if array.dtype == np.float32 else array for array in inputs]
    for array, single in zip(
        tensors_in(layer(*doubled, **row.call)), tensors_in(filled(row)(*inputs, **row.call)), strict=True
    ):
        assert array.dtype == (np.float64 if single.dtype == np.float32 else single.dtype)
        np.testing.assert_allclose(array, single, rtol=1e-4, atol=2e-5)


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore::UserWarning")
class TestLive:
    """The rows that PyTorch has beside an installed PyTorch."""

    @pytest.fixture(autouse=True)
    def torch(self) -> Any:
        return pytest.importorskip("torch")

    @over_torchs
    def test_repr_and_keys(self, row: Case, torch: Any) -> None:
        ours, theirs = row.build(nn), row.build(torch.nn)
        assert repr(ours) == repr(theirs)
        if not row.layer.startswith("Lazy"):
            assert [(key, array.shape, array.dtype.name) for key, array in ours.state_dict().items()] == [
                (key, tuple(tensor.shape), tensor.numpy().dtype.name) for key, tensor in theirs.state_dict().items()
            ]

    @over_torchs
    def test_default_weights(self, row: Case, torch: Any) -> None:
        nn.manual_seed(3)
        torch.manual_seed(3)
        ours, theirs = row.build(nn), row.build(torch.nn)
        if row.layer.startswith("Lazy"):
            inputs = row.arrays()
            ours(*inputs, **row.call), theirs(*map(torch.from_numpy, inputs), **row.call)
        for key, tensor in theirs.state_dict().items():
            np.testing.assert_allclose(ours.state_dict()[key], tensor.numpy(), rtol=1e-6, atol=1e-7, err_msg=key)

    @over_torchs
    def test_double_precision_values(self, row: Case, torch: Any) -> None:
        if random(row):
            return
        from tests.golden.make_layers import fill, tensors

        theirs = row.build(torch.nn)
        inputs = row.arrays()
        with torch.no_grad():
            if row.layer.startswith("Lazy"):
                theirs(*map(torch.from_numpy, inputs), **row.call)
            fill(theirs)
            doubled = [array.astype(np.float64) if array.dtype == np.float32 else array for array in inputs]
            expected = tensors(theirs.double()(*(torch.from_numpy(array.copy()) for array in doubled), **row.call))
        computed = tensors_in(filled(row).double()(*doubled, **row.call))
        for array, golden in zip(computed, expected, strict=True):
            np.testing.assert_allclose(array, golden, rtol=1e-10, atol=1e-10)
